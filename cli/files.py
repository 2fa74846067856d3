"""Files that a command is given, or writes: read whole, or said in one sentence why not."""

import stat
from pathlib import Path
from typing import BinaryIO, TextIO

from cli.encodings import encoding_of
from cli.errors import InputError


class Unreadable(InputError):
    """A file that cannot be read; `reason`: why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.reason = reason


def read_bytes(path: Path, most: int) -> bytes:
    """The bytes of a regular file, but no more than `most` and one. Raises `Unreadable`."""
    try:
        _require_regular(path)
        with path.open("rb") as raw:
            return raw.read(most + 1)
    except OSError as wrong:
        raise unreadable(path, wrong) from wrong


def open_bytes(path: Path) -> BinaryIO:
    """A regular file, to be read as it is. Raises `Unreadable`."""
    try:
        _require_regular(path)
        return path.open("rb")
    except OSError as wrong:
        raise unreadable(path, wrong) from wrong


def open_text(path: Path, encoding: str | None = None) -> TextIO:
    """The file as text, all of which is of one encoding, so that nothing stops half-way for it.

    `encoding`: told; else it is guessed (`cli.encodings`). Raises `InputError`. A mark of byte
    order at its beginning is passed over.
    """
    try:
        _require_regular(path)
        with path.open("rb") as raw:
            found = encoding_of(path, raw, encoding)
        return path.open(encoding=found, newline="")
    except OSError as wrong:
        raise unreadable(path, wrong) from wrong


def _require_regular(path: Path) -> None:
    """A device may have no end, and a pipe may wait for ever for somebody to write."""
    kind = path.stat().st_mode
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        raise Unreadable(path, "it is a device or a pipe; expected a file, so save it as one")


def unreadable(path: Path, wrong: OSError) -> Unreadable:
    """Why a file cannot be read."""
    reasons = {
        FileNotFoundError: "there is no such file",
        IsADirectoryError: "it is a folder, not a file",
        PermissionError: "you may not read it",
    }
    return Unreadable(path, str(reasons.get(type(wrong), wrong.strerror)))


def unwritable(path: Path, wrong: OSError, instead: str = "") -> InputError:
    """Why a file cannot be written; `instead`: what to do about it."""
    reasons = {
        FileNotFoundError: "there is no such folder",
        NotADirectoryError: "its folder is a file",
        IsADirectoryError: "it is a folder, not a file",
        PermissionError: "you may not write there",
    }
    end = f"; {instead}" if instead else ""
    return InputError(
        f"{path}: it cannot be written: {reasons.get(type(wrong), wrong.strerror)}{end}"
    )
