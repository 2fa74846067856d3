"""What of ours lies in a PBX's folder: generations of files, one of which the PBX reads.

Theory. All files of a generation come to be at once, and are never changed again. A symbolic link
names the one that the PBX reads: taking another one is replacing that link, which is one step of
the file system's. So whoever is killed, at whatever moment, leaves the old files or the new ones,
and never some of each. `manifest.json` tells what was written: a file that is no longer so was
changed by hand. A generation that was changed by hand is never removed.

    dialplane/generations/0007/dialplane-flow-survey.conf, manifest.json
    dialplane/current -> generations/0007

Flows have generations of their own, and so has what calls without a flow pass through (below
`dialplane/calls`): going back with the one leaves the other as it is.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dialplan_templates.stamp import Stamp, stamp_of

KEPT = 10
"""Generations, besides those changed by hand."""
MANIFEST = "manifest.json"
_NAME = re.compile(r"[0-9]{4,9}", re.ASCII)


class Broken(Exception):
    """A sentence: the link to what the PBX reads is none of ours, or leads nowhere."""


class Busy(Exception):
    """Somebody else is changing the folder at this moment."""


@dataclass(frozen=True, slots=True)
class Generation:
    """`files`: what they hold now, by name; `by_hand`: those that hold something else than what was
    written, are not there any more, or were added. `before`: the one that the PBX read as this one
    was written; 0: none. `at`: where they are."""

    number: int
    files: Mapping[str, str]
    by_hand: tuple[str, ...] = ()
    before: int = 0
    at: Path = Path()


@dataclass(frozen=True, slots=True)
class Folder:
    """The PBX's configuration folder, such as /etc/asterisk. `part`: which generations of it."""

    root: Path
    part: str = ""

    @property
    def home(self) -> Path:
        return self.root / "dialplane" / self.part

    def current(self) -> Generation | None:
        """The generation that the PBX reads; None: there is none yet. Raises `Broken`."""
        number = self._pointed()
        return None if number is None else self.read(number)

    def find(self, number: int) -> Generation | None:
        """The generation of that number, if there is one."""
        return self.read(number) if number in self._numbers() else None

    def before(self, generation: Generation) -> Generation | None:
        """What the PBX read before it, if that is still there. One that it never took, or that was
        gone back from, is not."""
        return self.find(generation.before)

    def read(self, number: int) -> Generation:
        """A generation as it is now."""
        folder = self.path(number)
        written, before = _manifest(folder)
        found = {p.name: p for p in folder.iterdir() if p.name != MANIFEST and p.is_file()}
        files = {name: _text(path) for name, path in sorted(found.items())}
        names = sorted({*written, *files})
        by_hand = [n for n in names if n not in files or _hash(files[n]) != written.get(n)]
        return Generation(number, files, tuple(by_hand), before, folder)

    def texts(self) -> dict[str, list[str]]:
        """What is in all generations, by the files' names."""
        found: dict[str, list[str]] = {}
        for number in self._numbers():
            for name, text in self.read(number).files.items():
                found.setdefault(name, []).append(text)
        return found

    def write(self, files: Mapping[str, str], by_hand: Collection[str] = ()) -> int:
        """A new generation, which the PBX does not read yet; its number. Of the files those that
        are somebody's work count as changed by hand. Raises `OSError`."""
        number = max(self._numbers(), default=0) + 1
        target = self.path(number)
        self._make(target.parent)
        made = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
        try:
            sums = {n: "" if n in by_hand else _hash(text) for n, text in files.items()}
            manifest = json.dumps({"files": sums, "before": self._pointed() or 0}, indent=1)
            for name, text in {**files, MANIFEST: f"{manifest}\n"}.items():
                _write(made / name, text, self._group)
            made.chmod(0o750)
            os.chown(made, -1, self._group)
            made.rename(target)
            _sync(target.parent)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
        return number

    def point(self, number: int | None) -> None:
        """Have the PBX read this generation from its next reload on; None: none at all."""
        link = self.home / "current"
        if number is None:
            link.unlink(missing_ok=True)
        else:
            fresh = self.home / f".current-{os.getpid()}"
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(Path("generations") / _name(number))
            fresh.replace(link)
        _sync(self.home)

    def prune(self) -> None:
        """Remove old generations, and what a killed command has left.

        One that goes has another name first: half of one would count as changed by hand.
        """
        generations, pointed = self.path(0).parent, self._pointed()
        kept = {pointed, self.read(pointed).before if pointed else 0}
        for number in self._numbers()[:-KEPT]:
            if number not in kept and not self.read(number).by_hand:
                self.path(number).rename(generations / f".old-{_name(number)}")
        for left in (*generations.glob(".new-*"), *generations.glob(".old-*")):
            shutil.rmtree(left, ignore_errors=True)
        for link in self.home.glob(".current-*"):
            link.unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else changes the folder meanwhile. Raises `Busy`, or `OSError`."""
        self._make(self.home)
        with (self.home / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy(f"{self.home}: another command is changing it; wait for it") from None
            yield

    def is_strange(self, name: str, text: str) -> bool:
        """Whether the entrance is there and neither this text nor another one of our making."""
        path = self.root / name
        has = _text(path) if path.exists() else text
        return has != text and stamp_of(has) is not Stamp.WHOLE

    def entrance(self, name: str, text: str) -> None:
        """The one file outside of the generations, by which the PBX finds them."""
        path = self.root / name
        for left in path.parent.glob(f".{path.name}-[0-9]*"):
            left.unlink(missing_ok=True)  # of one that was killed
        if path.exists() and _text(path) == text:
            return
        self._make(path.parent)
        fresh = path.with_name(f".{path.name}-{os.getpid()}")
        _write(fresh, text, self._group)
        fresh.replace(path)
        _sync(path.parent)

    @property
    def _group(self) -> int:
        """Whose group the folder is: the PBX's, on the machines that keep secrets from others."""
        return self.root.stat().st_gid

    def _make(self, folder: Path) -> None:
        for path in (*reversed(folder.parents), folder):
            if path.is_relative_to(self.root) and not path.exists():
                path.mkdir(mode=0o750)
                os.chown(path, -1, self._group)

    def _pointed(self) -> int | None:
        link = self.home / "current"
        if not os.path.lexists(link):
            return None
        name = link.readlink().name if link.is_symlink() else ""
        if not (_NAME.fullmatch(name) and self.path(int(name)).is_dir()):
            raise Broken(
                f"{link} is no link to one of {self.home / 'generations'}; move it away, and "
                "install the flows anew. Nothing was changed."
            )
        return int(name)

    def _numbers(self) -> list[int]:
        folder = self.home / "generations"
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        return sorted(int(name) for name in names if _NAME.fullmatch(name))

    def path(self, number: int) -> Path:
        """Where the files of a generation are."""
        return self.home / "generations" / _name(number)


def _name(number: int) -> str:
    return f"{number:04d}"


def _manifest(folder: Path) -> tuple[dict[str, str], int]:
    """What was written, by name: its hash; and the number of the generation before. Nothing where
    that itself was changed by hand. Earlier versions wrote the hashes alone."""
    try:
        told = json.loads(_text(folder / MANIFEST))
        if all(isinstance(value, str) for value in told.values()):
            return dict(told), 0
        return dict(told["files"]), int(told["before"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}, 0


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", errors="replace")).hexdigest()


def _write(path: Path, text: str, group: int) -> None:
    with path.open("x", encoding="utf-8", newline="") as file:
        os.fchmod(file.fileno(), stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP)
        os.fchown(file.fileno(), -1, group)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Names in a folder outlive a power cut only once the folder itself is written."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
