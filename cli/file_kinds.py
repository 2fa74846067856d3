"""A file of another kind than the one that is wanted: told in one sentence, not key by key."""

from pathlib import Path
from typing import Any

from campaigns.flow.flow import FLOW
from campaigns.spec.document import plain, read
from campaigns.spec.errors import Problem, SpecError
from campaigns.spec.guard import MAX_BYTES
from campaigns.spec.schema import CAMPAIGN
from cli.files import read_bytes
from dialplan_templates.pbx_file.pbx import PBX_FILE

_TRAITS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    FLOW.word: (frozenset({"steps"}), frozenset()),
    CAMPAIGN.word: (frozenset({"leads", "mode"}), frozenset({"steps"})),
    PBX_FILE.word: (
        frozenset({"phones", "transports", "trunks", "event_socket"}),
        frozenset({"steps", "leads", "mode", "name"}),
    ),
}
"""Keys of which a file of this kind has one, and those of which it has none."""


def kind_of(path: Path) -> str:
    """What kind of file it is, by its own keys; nothing where they do not tell. Raises `SpecError`
    for what is no YAML, `InputError` for what cannot be read."""
    return _kind(_keys(path))


def is_campaign(path: Path) -> bool:
    """By its own keys. Raises as `kind_of` does."""
    return kind_of(path) == CAMPAIGN.word


def require_kind(path: Path, *wanted: str) -> None:
    """Raises `SpecError`, with one problem, for a file that is of another kind."""
    keys = _keys(path)
    kind = _kind(keys)
    if kind and kind not in wanted:
        message = f"expected a {' or a '.join(wanted)} (got a {kind})"
        raise SpecError([Problem(str(path), 1, 1, "file", message, _hint(kind, keys))])


def _keys(path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = plain(read(read_bytes(path, MAX_BYTES), str(path), FLOW))
    return found


def _kind(keys: dict[Any, Any]) -> str:
    return next((k for k, (some, none) in _TRAITS.items() if some & keys.keys()
                 and not none & keys.keys()), "")  # fmt: skip


def _hint(kind: str, keys: dict[Any, Any]) -> str:
    flow = keys.get("flow")
    if kind == CAMPAIGN.word and isinstance(flow, str) and flow.isprintable():
        return f"its flow is flows/{flow[:64]}.yaml beside it, or {flow[:64]}.yaml"
    return _COMMANDS[kind]


_COMMANDS = {
    FLOW.word: "'dialplane flow check' is for flows",
    CAMPAIGN.word: "'dialplane campaign validate' is for campaigns",
    PBX_FILE.word: "'dialplane pbx files' is for PBX files",
}
