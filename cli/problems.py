"""What is wrong with a file that people write, for people or as JSON."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from campaigns.spec.errors import Problem
from cli.output import emit, say, warn


def tell_problems(file: Path, problems: Iterable[Problem], as_json: bool) -> None:
    """Each on a line, or all in one object."""
    if as_json:
        emit({"file": str(file), "ok": False, "problems": [asdict(p) for p in problems]})
        return
    for problem in problems:
        say(str(problem))


def tell_warnings(warnings: Iterable[Problem]) -> None:
    """Each on a line of stderr: the file is right, and yet it may not do what is wanted."""
    for each in warnings:
        warn(f"warning: {each}")
