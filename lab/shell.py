"""Runs a tool of the machine to its end."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.account import Account
from lab.errors import LabError


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    account: Account | None = None,
) -> str:
    """What the tool printed. Raises `LabError` with its last complaint when it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - every command line of the lab is written in the lab
            [str(word) for word in argv],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            **(account.drop_to() if account else {}),
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise LabError(f"'{argv[0]}' is not on this machine") from None
    if done.returncode:
        raise LabError(f"'{argv[0]}' failed: {_last_complaint(done.stderr or done.stdout)}")
    return done.stdout


def _last_complaint(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("E:")]
    return (errors or lines or ["it gave no reason"])[-1]
