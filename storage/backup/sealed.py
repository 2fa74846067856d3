"""Files of lines, compressed and sealed (gzip in age), as streams of any length.

A file gets its name when all of it is on the disk. What is read is only good when its end has
been read too: `unsealed` raises at its end for a file that was cut short or changed.
"""

import gzip
import os
import secrets
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

import pyrage

from storage.backup.errors import BackupError, BackupUnreadable, NotWritten
from storage.backup.keys import Identity, Recipient

_LEVEL = 3  # of compression: faster than a disk, and a third larger than the best
_PIECE = 1 << 18
_CUT = "{}: it is damaged or cut short; take another copy of it, or another backup"
_SENTENCES = (
    ("No matching keys", "{}: it cannot be opened with this key; name the key file that belongs to "
     "the recipient it was made for"),
    ("", "{}: it is not a backup made by Dialplane, or only the beginning of one"),
)  # fmt: skip


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
        _settle(path.parent)
    except OSError as wrong:
        raise NotWritten(f"{path}: it cannot be written: {wrong.strerror or wrong}") from wrong
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return size


@contextmanager
def unsealed(path: Path, identities: Sequence[Identity]) -> Iterator[BinaryIO]:
    """The lines of a file. Raises `BackupUnreadable`, at the latest at the end."""
    opener = _Opener(path, identities)
    try:
        with opener as plain:
            yield plain
            while plain.read(_PIECE):  # to its end, where age and gzip judge the whole
                pass
    except (EOFError, zlib.error, gzip.BadGzipFile) as wrong:
        raise opener.trouble or BackupUnreadable(_CUT.format(path)) from wrong
    except BackupError as wrong:  # half a file makes no sense, and that is why
        raise opener.trouble or wrong from wrong.__cause__
    if opener.trouble:
        raise opener.trouble


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


class _Sink:
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


class _Opener(threading.Thread):
    """Decrypts in a thread of its own into a pipe, whose other end is read meanwhile."""

    def __init__(self, path: Path, identities: Sequence[Identity]) -> None:
        super().__init__(name="unseal", daemon=True)
        self._path, self._identities = path, identities
        self.trouble: BackupUnreadable | None = None

    def __enter__(self) -> BinaryIO:
        try:
            self._sealed = self._path.open("rb")
        except OSError as wrong:
            raise BackupUnreadable(f"{self._path}: {wrong.strerror}") from wrong
        reading, self._writing = os.pipe()
        self._pipe = os.fdopen(reading, "rb", buffering=_PIECE)
        self.start()
        return gzip.GzipFile(fileobj=self._pipe)  # type: ignore[return-value]

    def __exit__(self, *_: object) -> None:
        self._pipe.close()  # one that still writes is told so
        self.join()
        self._sealed.close()

    def run(self) -> None:
        with os.fdopen(self._writing, "wb", buffering=0) as pipe:
            sink = _Sink(pipe)
            try:
                pyrage.decrypt_io(self._sealed, sink, list(self._identities))
            except pyrage.DecryptError as wrong:
                found = next(words for known, words in _SENTENCES if known in str(wrong))
                self.trouble = BackupUnreadable(found.format(self._path))
            except OSError:
                if sink.trouble is None:
                    self.trouble = BackupUnreadable(_CUT.format(self._path))


def _encrypt(source: _Source, file: IO[bytes], recipients: Sequence[Recipient]) -> None:
    """Whatever went wrong is looked for in what was read and written: of the last piece of a file
    age itself does not tell that it could not be written."""
    sink = _Sink(file)
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


def _settle(folder: Path) -> None:
    """The name itself is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
