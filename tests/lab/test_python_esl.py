"""python-ESL is left out only where nobody could build it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "python_esl.sh"


@pytest.mark.parametrize(
    ("compiler", "headers", "code", "words"),
    [
        (True, True, 1, "was not built"),
        (False, True, 0, "is left out"),
        (True, False, 0, "is left out"),
    ],
)
def test_a_build_that_fails_is_an_error_where_there_is_a_compiler(
    tmp_path: Path, compiler: bool, headers: bool, code: int, words: str
) -> None:
    venv, tools = tmp_path / "venv", tmp_path / "tools"
    include = tmp_path / "include"
    for folder in (venv / "bin", tools, include):
        folder.mkdir(parents=True)
    _program(  # installs SWIG, has no ESL, and cannot build it
        venv / "bin" / "python",
        f'case "$*" in *sysconfig*) echo {include};; *swig*) ;; *) exit 1;; esac',
    )
    for name in ("sh", "dirname", "pwd"):
        (tools / name).symlink_to(shutil.which(name) or name)
    if compiler:
        _program(tools / "g++", "exit 0")
    if headers:
        (include / "Python.h").touch()
    ran = subprocess.run(
        ["sh", SCRIPT, venv],
        env={**os.environ, "PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, words in ran.stderr) == (code, True), ran.stderr


def _program(path: Path, does: str) -> None:
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
