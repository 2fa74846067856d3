"""The servers that the lab can fetch by itself, each into a folder of its own.

python -m lab.parts asterisk [FOLDER]
python -m lab.parts postgres [FOLDER]
python -m lab.parts espeak [FOLDER]
python -m lab.parts mariadb [FOLDER]
"""

import fcntl
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.apt import Deb, PrivateApt, Source, unpack, wrap
from lab.errors import LabError
from lab.mirrors import System, mirrors, this_system

# Wanted only by maintainer scripts, or by modules that the lab does not load. A name that no
# longer exists here costs nothing; one that is missing costs a few bytes.
FOR_SCRIPTS = (
    "adduser", "base-", "debconf", "gnupg", "gpg", "dirmngr", "libassuan", "libdebconf",
    "libgdbm", "libgpgme", "libksba", "libnpth", "libpam-", "libperl", "libpython3", "libsemanage",
    "libsepol", "login", "mailcap", "media-types", "netbase", "passwd", "perl", "pinentry",
    "python3", "readline", "sensible-utils", "ssl-cert", "tzdata", "ucf",
)  # fmt: skip
FOR_OTHER_MODULES = (
    "freetds", "libasound", "libcodec2", "libgconv", "libc-gconv", "libical", "libiksemel",
    "libjack", "libneon", "libpci", "libportaudio", "libradcli", "libsensors", "libsnmp",
    "libsybdb", "libwrap", "pci.ids",
)  # fmt: skip
FOR_JIT = ("libllvm", "libz3", "postgresql-client-common", "postgresql-common")

RECIPE = 1  # raise it when the same packages would be unpacked differently


@dataclass(frozen=True)
class Part:
    """A server: its packages, the suite that has it, and the programs of it that we start."""

    name: str
    title: str
    packages: tuple[str, ...]
    unwanted: tuple[str, ...]
    programs: tuple[str, ...]
    size: str
    debian_suite: str | None = None


ASTERISK = Part(
    name="asterisk",
    title="Asterisk and SIPp",
    packages=("asterisk", "sip-tester"),
    unwanted=FOR_SCRIPTS + FOR_OTHER_MODULES,
    programs=("usr/sbin/asterisk", "usr/bin/sipp"),
    size="50 MB",
    debian_suite="sid",  # no stable release since bullseye has an asterisk package
)
POSTGRES = Part(
    name="postgres",
    title="PostgreSQL",
    packages=("postgresql",),
    unwanted=FOR_SCRIPTS + FOR_JIT,
    programs=("usr/lib/postgresql/*/bin/postgres", "usr/lib/postgresql/*/bin/initdb"),
    size="30 MB",
)
ESPEAK = Part(
    name="espeak",
    title="eSpeak NG",
    packages=("espeak-ng",),
    unwanted=FOR_SCRIPTS,
    programs=("usr/bin/espeak-ng",),
    size="13 MB",
)
MARIADB = Part(
    name="mariadb",
    title="MariaDB",
    packages=("mariadb-server-core",),
    unwanted=FOR_SCRIPTS,
    programs=("usr/sbin/mariadbd",),
    size="20 MB",
)
PARTS = {part.name: part for part in (ASTERISK, POSTGRES, ESPEAK, MARIADB)}


def installed(part: Part, prefix: Path | None = None) -> Path:
    """The root folder of `part`, fetched first where it is not there yet.

    `prefix` defaults to the environment's DIALPLANE_ASTERISK_PREFIX (of another part, its name),
    then `.asterisk` in a checkout, then the user's cache. Processes that ask at
    the same time wait for the first. Raises `LabError` when it cannot be had.
    """
    folder = (prefix or default_prefix(part)).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / ".lock"):
        if not _finished(part, folder):
            _install(part, folder)
    return folder / "root"


def default_prefix(part: Part) -> Path:
    if named := os.environ.get(f"DIALPLANE_{part.name.upper()}_PREFIX"):
        return Path(named)
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "pyproject.toml").exists():
        return checkout / f".{part.name}"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "dialplane" / part.name


def main(words: list[str]) -> int:
    if not words or words[0] not in PARTS or len(words) > 2:
        _tell(__doc__)
        return 2
    try:
        sys.stdout.write(f"{installed(PARTS[words[0]], Path(words[1]) if words[1:] else None)}\n")
    except LabError as error:
        _tell(f"error: {error}")
        return 1
    return 0


def _install(part: Part, folder: Path) -> None:
    for tool in ("apt-get", "dpkg-deb", "tar"):
        if not shutil.which(tool):
            raise LabError(f"{part.title} cannot be fetched: '{tool}' is not on this machine")
    _tell(f"fetching {part.title} into {folder} ({part.size}, once)")
    work = folder / ".work"
    try:
        debs = _fetch(part, this_system(), work)
        unpack(work / "debs", [deb.file for deb in debs], folder / "root.new")
        _make_programs(part, folder / "root.new")
        shutil.rmtree(folder / "root", ignore_errors=True)
        (folder / "root.new").rename(folder / "root")
        _stamp(folder).write_text(json.dumps(_recipe(part) | {"debs": [asdict(d) for d in debs]}))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _fetch(part: Part, system: System, work: Path) -> list[Deb]:
    suite = part.debian_suite if system.label == "Debian" and part.debian_suite else system.release
    complaints = []
    for mirror in mirrors(system):
        apt = PrivateApt(work, Source(mirror, suite, system.components, system.keyring))
        try:
            apt.update()
            return apt.fetch(apt.needed(part.packages, part.unwanted))
        except LabError as error:
            complaints.append(str(error))
    raise LabError(
        f"{part.title} cannot be fetched from this machine's package mirror "
        f"({'; '.join(complaints)}): is the network up?"
    )


def _make_programs(part: Part, root: Path) -> None:
    for pattern in part.programs:
        for binary in sorted(root.glob(pattern)):
            wrap(root, binary)
    voices = root / "usr/share/asterisk/sounds"
    if voices.exists() and not (voices / "en").exists():
        (voices / "en").symlink_to("en_US_f_Allison")  # as the package's own script would


def _tell(sentence: str | None) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


def _recipe(part: Part) -> dict[str, object]:
    return {"recipe": RECIPE, "packages": list(part.packages), "unwanted": list(part.unwanted)}


def _finished(part: Part, folder: Path) -> bool:
    if not _stamp(folder).exists() or not (folder / "root").is_dir():
        return False
    stamp: dict[str, object] = json.loads(_stamp(folder).read_text())
    return _recipe(part).items() <= stamp.items()


def _stamp(folder: Path) -> Path:
    return folder / "stamp.json"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
