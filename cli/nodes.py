"""PBX nodes that campaigns and agents name, beside those that the settings know."""

from collections.abc import Iterable

from cli.errors import StateError
from workers.settings import FILE_NAME, Settings


def unknown(nodes: Iterable[str], settings: Settings) -> list[str]:
    """Those of `nodes` that the settings do not know."""
    return [node for node in nodes if node not in settings.pbx]


def why_unknown(nodes: Iterable[str], settings: Settings) -> str:
    """A phrase for people, with what there is."""
    named = ", ".join(f"'{node}'" for node in nodes)
    there = ", ".join(sorted(settings.pbx)) or "none"
    return f"no PBX {named} under [pbx] in {settings.home / FILE_NAME} (there are: {there})"


def url_of(node: str, settings: Settings) -> str:
    """Raises `StateError` where the settings do not know it."""
    if node not in settings.pbx:
        raise StateError(f"There is {why_unknown([node], settings)}")
    return settings.pbx_url(node)
