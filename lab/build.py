"""Which Asterisk the lab runs."""

import os
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.parts import ASTERISK, installed

# Where distributions and a build from source put what the program needs.
MODULES = ("usr/lib/*/asterisk/modules", "usr/lib*/asterisk/modules")
DATA = ("usr/share/asterisk", "var/lib/asterisk")


@dataclass(frozen=True)
class Build:
    """An Asterisk: the program, its modules, its sounds."""

    program: Path
    modules: Path
    data: Path


def find_build() -> Build:
    """The program named by DIALPLANE_ASTERISK, else the one that the lab fetches by itself.

    Raises `LabError` when there is neither.
    """
    if named := os.environ.get("DIALPLANE_ASTERISK"):
        if not os.access(named, os.X_OK):
            raise LabError(f"DIALPLANE_ASTERISK names '{named}', which is not a program")
        return _build(Path(named), Path("/"))
    root = installed(ASTERISK)
    return _build(root / "usr/sbin/asterisk", root)


def _build(program: Path, root: Path) -> Build:
    return Build(program, _folder(root, MODULES), _folder(root, DATA))


def _folder(root: Path, patterns: tuple[str, ...]) -> Path:
    for pattern in patterns:
        if found := sorted(root.glob(pattern)):
            return found[0]
    raise LabError(f"no folder {' or '.join(patterns)} in {root}: is that Asterisk whole?")
