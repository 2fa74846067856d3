"""What installing would change: file by file, as people read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from enum import StrEnum


class Kind(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    REMOVED = "removed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Change:
    """Of one file. `lines`: those of a unified diff, without line ends; none where it is the same.
    `by_hand`: what is there now is not what was written."""

    name: str
    kind: Kind
    lines: tuple[str, ...] = ()
    by_hand: bool = False


def changes(
    has: Mapping[str, str], wanted: Mapping[str, str], by_hand: Sequence[str] = ()
) -> list[Change]:
    """From what is there to what is wanted, in the order of the names."""
    names = sorted({*has, *wanted, *by_hand})
    return [_change(name, has.get(name), wanted.get(name), name in by_hand) for name in names]


def _change(name: str, has: str | None, wanted: str | None, by_hand: bool) -> Change:
    kind = _kind(has, wanted)
    lines = () if kind is Kind.SAME else _lines(name, has or "", wanted or "")
    return Change(name, kind, lines, by_hand)


def _kind(has: str | None, wanted: str | None) -> Kind:
    if has == wanted:
        return Kind.SAME
    if has is None:
        return Kind.NEW
    return Kind.REMOVED if wanted is None else Kind.CHANGED


def _lines(name: str, has: str, wanted: str) -> tuple[str, ...]:
    old, new = has.splitlines(), wanted.splitlines()
    return tuple(unified_diff(old, new, f"{name} (installed)", f"{name} (rendered)", lineterm=""))
