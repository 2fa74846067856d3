"""What was said before need not be said again: sounds in a folder, by what they are made of."""

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from speech.files import ENDING, write_whole
from speech.wav import is_playable

MOST = 500_000_000
"""Bytes; about nine hours of 8 kHz."""
LIFE = 7 * 86_400.0
"""Seconds for which a sound that nobody wants stays: it may hold what is known of a customer."""
IN_USE = 600.0
"""Seconds for which a sound that was wanted stays, whatever the bounds: a call may play it yet."""
EVERY = 50
"""So many sounds are made between two looks at the bounds."""
_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed, and what is left; sizes in bytes."""

    files: int
    size: int
    left: int
    left_size: int


@dataclass(frozen=True, slots=True)
class _Kept:
    path: Path
    used: float
    size: int


def key_of(*made_of: str) -> str:
    """The name of a sound: the same for the same parts, and for no others."""
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()


class Cache:
    """A folder of WAV files. Several processes may share it. Other files in it are left alone.

    `most`: bytes; beyond them those go that have not been wanted for the longest time. `life`:
    seconds; who has not been wanted for so long goes anyway, when somebody looks.
    """

    def __init__(
        self,
        folder: Path,
        most: int = MOST,
        now: Callable[[], float] = time.time,
        life: float = LIFE,
    ) -> None:
        self.folder = folder
        self._most = most
        self._life = life
        self._now = now
        self._made = 0
        self._counting = Lock()

    def path(self, key: str) -> Path:
        """Where the sound is, or is to be."""
        return self.folder / f"{key}.wav"

    def get(self, key: str, make: Callable[[], bytes]) -> Path:
        """The sound's file, which is made where there is none, or none that is whole.

        Raises what `make` raises, and `OSError` where the folder cannot be written.
        """
        path = self.path(key)
        if is_playable(path):
            with suppress(OSError):  # another user's: it is as good as before
                os.utime(path, (self._now(), self._now()))
            return path
        write_whole(path, make())
        os.utime(path, (self._now(), self._now()))
        if self._is_time():
            with suppress(OSError):  # the sound is there; room is the next one's matter
                self.shrink()
        return path

    def shrink(self, most: int | None = None, life: float | None = None) -> Removed:
        """Remove what is beyond the bounds, and what writers that were killed have left."""
        bound = self._most if most is None else most
        dead = self._now() - (self._life if life is None else life)
        kept = sorted(self._kept(), key=lambda each: each.used, reverse=True)
        old, left_size, left = self._now() - IN_USE, 0, 0
        gone: list[_Kept] = []
        for each in kept:
            unwanted = each.used < dead or left_size + each.size > bound
            if each.used < old and unwanted:
                gone.append(each)
                continue
            left, left_size = left + 1, left_size + each.size
        for path in [*(each.path for each in gone), *self._abandoned(old)]:
            path.unlink(missing_ok=True)
        return Removed(len(gone), sum(each.size for each in gone), left, left_size)

    def _is_time(self) -> bool:
        with self._counting:
            self._made += 1
            return self._made % EVERY == 0

    def _kept(self) -> Iterator[_Kept]:
        for path in self.folder.glob("*.wav"):
            with suppress(FileNotFoundError):  # somebody else has just removed it
                told = path.stat()
                if _KEY.fullmatch(path.stem):
                    yield _Kept(path, told.st_mtime, told.st_size)

    def _abandoned(self, old: float) -> Iterator[Path]:
        for path in self.folder.glob(f".*.wav.*{ENDING}"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < old:
                    yield path
