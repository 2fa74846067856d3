"""Debian packages unpacked into a folder: no root, no chroot, nothing of the machine touched.

apt runs on private folders with an empty record of what is installed, so it resolves the whole
tree of dependencies down to the C library; signatures and checksums are verified as ever. The
packages are unpacked without their maintainer scripts. Programs run on the folder's own loader
and libraries through wrappers in their place, so that one which starts another by its path (as
`initdb` starts `postgres`) finds a wrapper too.
"""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.shell import run

NOT_UNPACKED = ("doc", "man", "locale", "info", "bug", "lintian")

LIBRARIES = ("usr/lib/*-linux-gnu*", "usr/lib/*-linux-gnu*/pulseaudio")

# Mirrors are often snapshots, and a snapshot's index is past its date; signatures still hold.
APT_CONF = """\
APT::Install-Recommends "false"; APT::Sandbox::User "root";
Acquire::Languages "none"; Acquire::Retries "3";
Acquire::Check-Valid-Until "false"; Acquire::Check-Date "false";
Dir::Etc::sourcelist "{home}/sources.list"; Dir::Etc::sourceparts "{home}/parts";
Dir::Etc::preferences "/dev/null"; Dir::Etc::preferencesparts "{home}/parts";
Dir::State "{home}/state"; Dir::State::status "{home}/state/status";
Dir::State::Lists "{home}/lists"; Dir::Cache "{home}"; Dir::Cache::archives "{home}/archives";
Debug::NoLocking "true";
"""

WRAPPER = """\
#!/bin/sh
# runs {name} on this folder's own C library; what it starts by System() uses the machine's
h=$(cd "$(dirname "$(readlink -f "$0")")/{up}" && pwd)
exec "$h/{loader}" --argv0 "$h/{binary}" --library-path "{libraries}" "$h/{binary}.elf" "$@"
"""


@dataclass(frozen=True)
class Source:
    """One archive: where it is, which suite of it, and the keys that sign it."""

    mirror: str
    suite: str
    components: str
    keyring: Path

    def line(self) -> str:
        signed = f"[signed-by={self.keyring}] " if self.keyring.exists() else ""
        return f"deb {signed}{self.mirror} {self.suite} {self.components}\n"


@dataclass(frozen=True)
class Deb:
    """A package as it was fetched."""

    file: str
    size: int
    checksum: str


class PrivateApt:
    """apt-get on folders below `home`."""

    def __init__(self, home: Path, source: Source) -> None:
        self.home = home
        self._env = {"APT_CONFIG": str(home / "apt.conf"), "LC_ALL": "C"}
        for folder in ("parts", "lists/partial", "archives/partial", "state", "debs"):
            (home / folder).mkdir(parents=True, exist_ok=True)
        (home / "state/status").touch()
        (home / "sources.list").write_text(source.line())
        (home / "apt.conf").write_text(APT_CONF.format(home=home))

    def update(self) -> None:
        run(["apt-get", "-qq", "-o", "APT::Update::Error-Mode=any", "update"], env=self._env)

    def needed(self, packages: Iterable[str], unwanted: tuple[str, ...]) -> list[str]:
        """All packages that `packages` need, less those whose names start with an unwanted."""
        plan = run(["apt-get", "-s", "install", *packages], env=self._env)
        names = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
        return sorted(name for name in names if not name.startswith(unwanted))

    def fetch(self, names: Sequence[str]) -> list[Deb]:
        listing = run(["apt-get", "--print-uris", "download", *names], env=self._env)
        run(["apt-get", "-qq", "download", *names], cwd=self.home / "debs", env=self._env)
        return [_deb(line) for line in listing.splitlines() if line.startswith("'")]


def unpack(debs: Path, names: Iterable[str], root: Path) -> None:
    """Unpack `names`, files of `debs`, into a fresh `root`."""
    shutil.rmtree(root, ignore_errors=True)
    for folder in ("lib", "lib64", "bin", "sbin"):
        (root / "usr" / folder).mkdir(parents=True)
        (root / folder).symlink_to(f"usr/{folder}")
    for name in names:
        _unpack_one(debs / name, root)
    run(["chmod", "-R", "u+rwX,go+rX", root])


def wrap(root: Path, binary: Path) -> None:
    """Put a wrapper in the place of `binary`, which lies somewhere below `root`."""
    elf = binary.with_name(binary.name + ".elf")
    binary.rename(elf)
    relative = binary.relative_to(root)
    libraries = [path.relative_to(root) for each in LIBRARIES for path in sorted(root.glob(each))]
    text = WRAPPER.format(
        name=binary.name,
        up="/".join([".."] * (len(relative.parts) - 1)),
        loader=_loader(root).relative_to(root),
        binary=relative,
        libraries=":".join(f"$h/{path}" for path in libraries),
    )
    binary.write_text(text)
    binary.chmod(0o755)


def _deb(line: str) -> Deb:
    _, file, size, checksum = line.split()
    return Deb(file, int(size), checksum)


def _unpack_one(deb: Path, root: Path) -> None:
    archive = root / "data.tar"
    skipped = [f"--exclude=./usr/share/{folder}/*" for folder in NOT_UNPACKED]
    with_links = ["--keep-directory-symlink", "--no-same-owner"]
    run(["sh", "-c", 'dpkg-deb --fsys-tarfile "$0" > "$1"', deb, archive])
    run(["tar", "-x", "-f", archive, "-C", root, *with_links, *skipped])
    archive.unlink()


def _loader(root: Path) -> Path:
    for pattern in ("usr/lib64/ld-linux-*.so.*", "usr/lib/ld-linux-*.so.*", "lib*/ld-linux-*"):
        if found := sorted(root.glob(pattern)):
            return found[0]
    raise LabError(f"the packages unpacked into {root} brought no C library: unpack them afresh")
