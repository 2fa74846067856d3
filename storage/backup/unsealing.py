"""Reading what `sealing` wrote. It is only good when its end has been read too: a file that was
cut short or changed is found out there at the latest."""

import gzip
import os
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyrage

from storage.backup.errors import BackupError, BackupUnreadable
from storage.backup.keys import Identity
from storage.backup.sealing import Sink

_PIECE = 1 << 18
_CUT = "{}: it is damaged or cut short; take another copy of it, or another backup"
_SENTENCES = (
    ("No matching keys", "{}: it cannot be opened with this key; name the key file that belongs to "
     "the recipient it was made for"),
    ("", "{}: it is not a backup made by Dialplane, or only the beginning of one"),
)  # fmt: skip


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
            sink = Sink(pipe)
            try:
                pyrage.decrypt_io(self._sealed, sink, list(self._identities))
            except pyrage.DecryptError as wrong:
                found = next(words for known, words in _SENTENCES if known in str(wrong))
                self.trouble = BackupUnreadable(found.format(self._path))
            except OSError:
                if sink.trouble is None:
                    self.trouble = BackupUnreadable(_CUT.format(self._path))
