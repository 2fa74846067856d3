"""Which Asterisk the lab runs."""

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lab.errors import LabError
from lab.parts import ASTERISK, installed
from lab.shell import run

# Where distributions and a build from source put what the program needs.
MODULES = ("usr/lib/*/asterisk/modules", "usr/lib*/asterisk/modules")
DATA = ("usr/share/asterisk", "var/lib/asterisk")


@dataclass(frozen=True)
class Build:
    """An Asterisk: the program, its modules, its sounds."""

    program: Path
    modules: Path
    data: Path

    @property
    def voices(self) -> Path:
        """The folder of the stock prompts."""
        return self.data / "sounds/en"

    @cached_property
    def version(self) -> tuple[int, int]:
        """As in (22, 10)."""
        told = run([self.program, "-V"])
        found = re.search(r"Asterisk (\d+)\.(\d+)", told)
        if not found:
            raise LabError(f"'{self.program}' is no Asterisk that the lab knows: {told.strip()}")
        return int(found[1]), int(found[2])

    @property
    def event_filters_by_name(self) -> bool:
        """Whether manager.conf takes `eventfilter(action(include),name(...))`."""
        series, release = self.version
        return series >= 22 or release >= {18: 25, 20: 10, 21: 5}.get(series, 1_000)


def find_build() -> Build:
    """The program named by DIALPLANE_ASTERISK, else the one that the lab fetches by itself.

    Raises `LabError` when there is neither.
    """
    if named := os.environ.get("DIALPLANE_ASTERISK"):
        if not os.access(named, os.X_OK):
            raise LabError(f"DIALPLANE_ASTERISK names '{named}', which is not a program")
        return _build(Path(named), _root_of(Path(named)))
    root = installed(ASTERISK)
    return _build(root / "usr/sbin/asterisk", root)


def _build(program: Path, root: Path) -> Build:
    return Build(program, _folder(root, MODULES), _folder(root, DATA))


def _root_of(program: Path) -> Path:
    """The machine's root, or the folder that the lab once fetched this program into."""
    above = program.resolve().parents
    return above[2] if len(above) > 2 and any(above[2].glob(MODULES[0])) else Path("/")


def _folder(root: Path, patterns: tuple[str, ...]) -> Path:
    for pattern in patterns:
        if found := sorted(root.glob(pattern)):
            return found[0]
    raise LabError(f"no folder {' or '.join(patterns)} in {root}: is that Asterisk whole?")
