"""What a flow is checked against, and cannot know by itself. It is handed in: nothing is read."""

from collections.abc import Callable
from dataclasses import dataclass

from campaigns.flow.flow import Flow


def _none(name: str) -> str:
    return f"no other flow is at hand ('{name}' is not)"


@dataclass(frozen=True, slots=True)
class World:
    """`has_file`: whether a prompt's file is there; None where files are not looked for.

    `flow`: another flow by its name, or why there is none, in a phrase. `contexts` and
    `extensions`: names that are taken on the PBX, which no flow and no step may have.
    `dispositions` and `teams`: those of the campaign whose calls go through the flow; None where
    it is looked at by itself.
    """

    has_file: Callable[[str], bool] | None = None
    flow: Callable[[str], Flow | str] = _none
    contexts: frozenset[str] = frozenset()
    extensions: frozenset[str] = frozenset()
    dispositions: frozenset[str] | None = None
    teams: frozenset[str] | None = None
