"""Writing a file of lines, compressed and sealed (gzip in age), of any length.

It gets its name when all of it is on the disk.
"""

import os
import secrets
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import pyrage

from storage.backup.errors import NotWritten
from storage.backup.keys import Recipient

_LEVEL = 3  # of compression: faster than a disk, and a third larger than the best
_PIECE = 1 << 18


def seal(path: Path, lines: Iterable[bytes], recipients: Sequence[Recipient]) -> int:
    """Write a new file that only its owner and the recipients can read; its size in bytes.

    Raises `NotWritten`, and what `lines` raises; then there is no file.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        if path.exists():
            raise NotWritten(f"{path}: there is a file already; name another one")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _encrypt(_Source(_compressed(lines)), file, recipients)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        part.rename(path)
        _settle(path)
    except OSError as wrong:
        raise NotWritten(f"{path}: it cannot be written: {wrong.strerror or wrong}") from wrong
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return size


class _Source:
    """What age reads from. It keeps the error that it is stopped by, which age would only quote."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""
        self.trouble: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            while not self._rest:
                self._rest = next(self._pieces)
        except StopIteration:
            return b""
        except BaseException as wrong:
            self.trouble = wrong
            raise
        some, self._rest = self._rest[:size], self._rest[size:]
        return some


class Sink:
    """What age writes to, as `_Source` is what it reads from."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.trouble: BaseException | None = None

    def write(self, some: bytes) -> int:
        try:
            return self._file.write(some)
        except BaseException as wrong:
            self.trouble = wrong
            raise

    def flush(self) -> None:
        self._file.flush()


def _encrypt(source: _Source, file: IO[bytes], recipients: Sequence[Recipient]) -> None:
    """Whatever went wrong is looked for in what was read and written: of the last piece of a file
    age itself does not tell that it could not be written."""
    sink = Sink(file)
    wrong: Exception | None = None
    try:
        pyrage.encrypt_io(source, sink, list(recipients))
    except (pyrage.EncryptError, OSError) as told:
        wrong = told
    if trouble := source.trouble or sink.trouble or wrong:
        raise trouble from None


def _compressed(lines: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(_LEVEL, wbits=31)
    held: list[bytes] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= _PIECE:
            yield packer.compress(b"".join(held))
            held, size = [], 0
    yield packer.compress(b"".join(held))
    yield packer.flush()


def _settle(path: Path) -> None:
    """The name itself is on the disk; or else nothing has it, as it could be gone tomorrow."""
    try:
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError:
        path.unlink(missing_ok=True)
        raise
