"""Files in a PBX's own folder: what would change, and the change, each file in one step.

A file that somebody has changed, or made, is never replaced unless that is asked for; then what it
held is kept beside it, under a name that no PBX includes. Nobody but the owner, and the group of a
file that was there, may read what is written: it holds secrets.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from dialplan_templates.changes import Change, Kind, changes
from dialplan_templates.stamp import Stamp, stamp_of, stamped


@dataclass(frozen=True, slots=True)
class Plan:
    """`changes`: in the order of the names, no lines in them; `wanted`: stamped texts by path."""

    root: Path
    changes: tuple[Change, ...]
    wanted: Mapping[str, str]

    @property
    def by_hand(self) -> list[str]:
        """Those that would be replaced or removed, and are not as we have written them."""
        return [c.name for c in self.changes if c.by_hand and c.kind is not Kind.SAME]


def plan(root: Path, files: Mapping[str, str], owned: Sequence[str]) -> Plan:
    """What writing `files`, by path below `root`, would change. Raises `OSError`.

    `owned`: patterns of paths that are ours; what is there, was ours, and is wanted no more goes.
    """
    wanted = {path: stamped(path, text) for path, text in files.items()}
    has = {path: text for path in wanted if (text := _text(root / path)) is not None}
    for path in _found(root, owned):
        text = _text(root / path)
        if path not in wanted and text is not None and stamp_of(text) is not Stamp.NONE:
            has[path] = text
    by_hand = [path for path, text in has.items() if stamp_of(text) is not Stamp.WHOLE]
    told = changes(has, wanted, by_hand)
    return Plan(root, tuple(Change(c.name, c.kind, (), c.by_hand) for c in told), wanted)


def carry_out(planned: Plan) -> list[Path]:
    """Write and remove; what is kept of files that were changed by hand. Raises `OSError`."""
    kept = []
    for change in planned.changes:
        path = planned.root / change.name
        if change.by_hand and change.kind is not Kind.SAME:
            kept.append(_keep(path))
        if change.kind is Kind.REMOVED:
            path.unlink()
        elif change.kind is not Kind.SAME:
            _write(path, planned.wanted[change.name])
    return kept


def _found(root: Path, owned: Sequence[str]) -> list[str]:
    folders = {Path(pattern).parent for pattern in owned}
    names = [
        str(folder / path.name)
        for folder in sorted(folders)
        if (root / folder).is_dir()
        for path in sorted((root / folder).iterdir())
    ]
    return [name for name in names if any(fnmatch(name, pattern) for pattern in owned)]


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None


def _keep(path: Path) -> Path:
    """A copy of a file that is to be replaced, beside it."""
    number = 1
    while (copy := path.with_name(f"{path.name}.kept-{number}")).exists():
        number += 1
    _create(copy, path.read_bytes(), path)
    return copy


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        _create(fresh, text.encode("utf-8", "surrogateescape"), path)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _create(path: Path, content: bytes, like: Path) -> None:
    """A new file for its owner alone; where `like` is there, for its group too, if it was so."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        if like.exists():
            was = like.stat()
            os.fchown(file.fileno(), was.st_uid, was.st_gid)
            os.fchmod(file.fileno(), (was.st_mode & 0o640) | 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
