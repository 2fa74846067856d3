"""Files that a command is given: read whole, or said in one sentence why not."""

from codecs import getincrementaldecoder
from pathlib import Path
from typing import BinaryIO, TextIO

from cli.errors import InputError

_CHUNK = 1 << 20


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises `InputError`."""
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise unreadable(path, wrong) from wrong


def open_text(path: Path) -> TextIO:
    """The file as text, all of which is UTF-8, so that nothing stops half-way for it.

    Raises `InputError`. A mark of byte order at its beginning is passed over.
    """
    try:
        with path.open("rb") as raw:
            _check_utf8(path, raw)
        return path.open(encoding="utf-8-sig", newline="")
    except OSError as wrong:
        raise unreadable(path, wrong) from wrong


def _check_utf8(path: Path, stream: BinaryIO) -> None:
    decoder, line = getincrementaldecoder("utf-8")(), 1
    while True:
        chunk = stream.read(_CHUNK)
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as wrong:
            line += wrong.object.count(b"\n", 0, wrong.start)
            byte = f"0x{wrong.object[wrong.start]:02x}"
            raise InputError(
                f"{path}:{line}: expected UTF-8 (got the byte {byte}); save the file as UTF-8"
            ) from wrong
        if not chunk:
            return
        line += chunk.count(b"\n")


def unreadable(path: Path, wrong: OSError) -> InputError:
    """Why a file cannot be read."""
    reasons = {
        FileNotFoundError: "there is no such file",
        IsADirectoryError: "it is a folder, not a file",
        PermissionError: "you may not read it",
    }
    return InputError(f"{path}: {reasons.get(type(wrong), wrong.strerror)}")
