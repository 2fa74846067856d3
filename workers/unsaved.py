"""Results that could not be stored before their worker had to end: kept in a file, not lost.

`unsaved/<campaign>.jsonl` in the home folder is stored by whoever dials the campaign next on this
machine; storing a result twice does no harm. `rejected/<campaign>.jsonl` holds rows that the
database would not take, with its reason, for people to look at.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from pydantic import TypeAdapter

from campaigns.effects import AgentChanged, AttemptDisposed, AttemptEnded, AttemptNoted, Effect

Kept: TypeAlias = AttemptEnded | AttemptDisposed | AttemptNoted | AgentChanged
KINDS: dict[str, type[Kept]] = {
    kind.__name__: kind for kind in (AttemptEnded, AttemptDisposed, AttemptNoted, AgentChanged)
}


def save(home: Path, campaign: str, effects: Iterable[Effect]) -> int:
    """Put `effects` at the end of the campaign's file; how many there were worth keeping."""
    lines = [_line(effect) for effect in effects if type(effect).__name__ in KINDS]
    _append(home / "unsaved" / f"{campaign}.jsonl", lines)
    return len(lines)


def load(home: Path, campaign: str) -> list[Kept]:
    """What was saved for a campaign, oldest first. `forget` it once it is stored.

    A line that cannot be read (its writer was killed in the middle) goes to `rejected`.
    """
    path = home / "unsaved" / f"{campaign}.jsonl"
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        try:
            found.append(_read(line))
        except (ValueError, KeyError, TypeError):
            _reject(home, campaign, "it cannot be read", line)
    return found


def forget(home: Path, campaign: str) -> None:
    """It is stored now."""
    (home / "unsaved" / f"{campaign}.jsonl").unlink(missing_ok=True)


def reject(home: Path, campaign: str, effect: Effect, why: str) -> None:
    """Put one row aside that the database would not take."""
    _reject(home, campaign, why, repr(effect))


def _line(effect: Effect) -> str:
    value = TypeAdapter(type(effect)).dump_python(effect, mode="json")
    return json.dumps({"kind": type(effect).__name__, "value": value})


def _read(line: str) -> Kept:
    row = json.loads(line)
    effect: Kept = TypeAdapter(KINDS[row["kind"]]).validate_python(row["value"])
    return effect


def _reject(home: Path, campaign: str, why: str, row: str) -> None:
    _append(home / "rejected" / f"{campaign}.jsonl", [json.dumps({"why": why, "row": row})])


def _append(path: Path, lines: list[str]) -> None:
    if not lines:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
