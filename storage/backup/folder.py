"""A folder that is followed: whole backups, and between them segments, all numbered in a row.

`00000012-full.age` holds everything up to a moment that came after that of segment 12,
`00000013.age` what has changed since segment 12. To restore: the newest whole one, then every
segment of a higher number.
"""

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from storage.backup.errors import BackupError, BackupUnreadable, NotWritten

_NAME = re.compile(r"(\d{8,})(-full)?\.age")
_PART = re.compile(r"\.\d{8,}(-full)?\.age\.[0-9a-f]+\.part")


@dataclass(frozen=True, slots=True)
class Chain:
    """What a restore reads, in this order. Of a single file: that, and no segments."""

    full: Path
    segments: tuple[Path, ...] = ()

    @property
    def number(self) -> int:
        return number_of(self.full)


def full_name(number: int) -> str:
    return f"{number:08}-full.age"


def segment_name(number: int) -> str:
    return f"{number:08}.age"


def number_of(path: Path) -> int:
    """The number of a file's name; 0 of one that is not ours."""
    found = _NAME.fullmatch(path.name)
    return int(found[1]) if found else 0


def chain_at(path: Path) -> Chain:
    """A backup by its file, or the newest of a folder. Raises `BackupUnreadable`."""
    if not path.is_dir():
        return Chain(path)
    fulls, segments = listed(path)
    if not fulls:
        raise BackupUnreadable(
            f"{path}: there is no whole backup in this folder; expected a file such as "
            f"{full_name(1)}"
        )
    later = [segment for segment in segments if number_of(segment) > number_of(fulls[-1])]
    _require_whole(fulls[-1], later)
    return Chain(fulls[-1], tuple(later))


def listed(folder: Path) -> tuple[list[Path], list[Path]]:
    """Whole backups and segments, by number. Raises `BackupError`."""
    with _in_words(folder):
        ours = [path for path in folder.iterdir() if _NAME.fullmatch(path.name)]
    ours.sort(key=number_of)  # the eight digits of a name become nine one day
    fulls = [path for path in ours if path.name.endswith("-full.age")]
    return fulls, [path for path in ours if path not in set(fulls)]


def clear_up(folder: Path) -> None:
    """Remove what one that was killed had only begun to write. Raises `BackupError`."""
    with _in_words(folder):
        for path in folder.iterdir():
            if _PART.fullmatch(path.name):
                path.unlink(missing_ok=True)


def is_there(path: Path) -> bool:
    """Whether there is a file of this name. Raises `BackupError`."""
    with _in_words(path):
        return path.exists()


def forget_before(folder: Path, number: int) -> None:
    """Remove what is older than the whole backup of this number. Raises `BackupError`."""
    for path in (path for paths in listed(folder) for path in paths):
        if number_of(path) < number:
            with _in_words(path):
                path.unlink(missing_ok=True)


@contextmanager
def only_one_in(folder: Path) -> Iterator[None]:
    """Nobody else follows into the folder, which is made if need be. Raises `NotWritten`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as wrong:
        raise NotWritten(f"{folder}: the folder cannot be used: {wrong.strerror}") from wrong
    try:
        _lock(handle, folder)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as wrong:
        raise NotWritten(f"{folder}: another process follows into this folder already") from wrong
    except OSError as wrong:
        raise NotWritten(f"{folder}: the folder cannot be locked: {wrong.strerror}") from wrong


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as wrong:
        raise BackupError(f"{path}: it cannot be looked at or removed: {wrong.strerror}") from wrong


def _require_whole(full: Path, segments: Sequence[Path]) -> None:
    for expected, path in enumerate(segments, number_of(full) + 1):
        if number_of(path) != expected:
            raise BackupUnreadable(
                f"{full.parent}: {segment_name(expected)} is missing, and what comes after it "
                "cannot be restored without it; bring it back, or move the files of higher "
                "numbers away to do without what they hold"
            )
