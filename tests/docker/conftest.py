"""What `docker/prepare.sh` makes: a folder as its user gets it, once for all tests."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

DOCKER = Path(__file__).parents[2] / "docker"
DIALPLANE = Path(sys.executable).with_name("dialplane")


@dataclass(frozen=True)
class Prepared:
    """`folder` holds what docker/ does, and site/ and .env besides."""

    folder: Path

    @property
    def site(self) -> Path:
        return self.folder / "site"

    @property
    def environ(self) -> dict[str, str]:
        return assignments(self.site / "dialplane.env")


@pytest.fixture(scope="session")
def docker() -> Path:
    """The folder docker/ of the project."""
    return DOCKER


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Prepared for both PBXs."""
    folder = copied(tmp_path_factory.mktemp("prepared") / "docker")
    ran = prepare(folder, "asterisk", "freeswitch")
    assert (ran.returncode, ran.stderr) == (0, "")
    return Prepared(folder)


def copied(target: Path) -> Path:
    """A copy of docker/ as it is in the repository: nobody's own site."""
    shutil.copytree(DOCKER, target, ignore=shutil.ignore_patterns("site", "site.new", ".env"))
    return target


def prepare(folder: Path, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run the script there."""
    return subprocess.run(
        [folder / "prepare.sh", *words],
        env={**os.environ, "DIALPLANE": str(DIALPLANE), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def assignments(path: Path) -> dict[str, str]:
    """NAME=VALUE lines."""
    return dict(line.split("=", 1) for line in path.read_text().splitlines())
