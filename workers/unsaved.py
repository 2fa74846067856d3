"""Results that could not be stored before their worker had to end: kept in a file, not lost.

`unsaved/<campaign>.jsonl` in the home folder is stored by whoever dials the campaign on this
machine, now or next; storing a result twice does no harm. While that goes on it is called
`<campaign>.storing.jsonl`, and others may begin a new one. `rejected/<campaign>.jsonl` holds rows
that the database would not take, with its reason, for people to look at.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias, get_args

from pydantic import TypeAdapter

from campaigns.effects import (
    AgentChanged,
    AttemptDisposed,
    AttemptEnded,
    AttemptNoted,
    Effect,
    InboundDisposed,
    InboundEnded,
    InboundNoted,
)
from campaigns.flow_effects import FlowKept

Result: TypeAlias = (
    AttemptEnded
    | AttemptDisposed
    | AttemptNoted
    | InboundEnded
    | InboundDisposed
    | InboundNoted
    | FlowKept
)
"""What may be told late; what agents did is told by whoever dials by then."""
Kept: TypeAlias = Result | AgentChanged
KINDS: dict[str, type[Kept]] = {kind.__name__: kind for kind in get_args(Kept)}


def save(home: Path, campaign: str, effects: Iterable[Effect]) -> int:
    """Put `effects` at the end of the campaign's file; how many there were worth keeping."""
    lines = [_line(effect) for effect in effects if type(effect).__name__ in KINDS]
    _append(_fresh(home, campaign), lines)
    return len(lines)


def load(home: Path, campaign: str) -> list[Kept]:
    """What was saved for a campaign, oldest first. `forget` it once it is stored.

    A line that cannot be read (its writer was killed in the middle) goes to `rejected`.
    """
    path, fresh = _storing(home, campaign), _fresh(home, campaign)
    if fresh.exists() and not path.exists():
        with _alone(fresh.parent):
            fresh.rename(path)
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
    """What was loaded is stored now."""
    _storing(home, campaign).unlink(missing_ok=True)


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
    with _alone(path.parent), path.open("a", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other process appends to a file of the folder, or renames one, meanwhile."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _fresh(home: Path, campaign: str) -> Path:
    return home / "unsaved" / f"{campaign}.jsonl"


def _storing(home: Path, campaign: str) -> Path:
    """No campaign's own file: names hold no dots."""
    return home / "unsaved" / f"{campaign}.storing.jsonl"
