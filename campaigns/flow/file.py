"""The text of a flow file, made a `Flow`; or everything that is wrong with it, at once."""

from collections.abc import Iterable

from campaigns.flow.checks import findings
from campaigns.flow.flow import FLOW, Flow
from campaigns.flow.world import World
from campaigns.spec.errors import Finding
from campaigns.spec.loading import Doc, load_as


def load(source: bytes | str, file: str = "flow.yaml", world: World | None = None) -> Flow:
    """The flow that `source` describes. Raises `SpecError` with every problem found.

    `file` is the name that the problems are told with; `world` what the flow is checked against.
    """
    around = world or World()
    return load_as(FLOW, source, file, lambda doc: findings(doc, around))


def load_alone(source: bytes | str, file: str) -> Flow:
    """The same without a look at where its ways lead: for a flow that another one calls."""
    return load_as(FLOW, source, file, _no_findings)


def _no_findings(_: Doc) -> Iterable[Finding]:
    return ()
