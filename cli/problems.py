"""What is wrong with a file that people write, for people or as JSON."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import typer

from campaigns.spec.errors import Problem, SpecError
from cli.errors import ExitCode
from cli.files import Unreadable
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


@contextmanager
def problems_as_json(file: Path, as_json: bool) -> Iterator[None]:
    """What is wrong with `file`, or with what goes with it, as one object on stdout where JSON is
    wanted; else it goes on to be told in words."""
    try:
        yield
    except SpecError as wrong:
        _told_as_json(file, wrong.problems, wrong, as_json)
    except Unreadable as wrong:
        problems = [Problem(str(file), 1, 1, "file", wrong.reason)]
        _told_as_json(file, problems, wrong, as_json)


def _told_as_json(file: Path, problems: Iterable[Problem], wrong: Exception, as_json: bool) -> None:
    """Raises `wrong` again, or ends the command."""
    if not as_json:
        raise wrong
    tell_problems(file, problems, as_json)
    raise typer.Exit(ExitCode.BAD_INPUT) from None
