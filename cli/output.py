"""How commands answer: tables and lines for people, JSON on `--json` and then nothing else."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cli.text import plain

Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, and nothing else.")]
WIDE = 160  # columns of a table that goes into a file or a pipe


def examples(*lines: str) -> str:
    """The epilog of a command's help."""
    return "\n".join(["[bold]Examples[/bold]", *(escape(f"  {line}") for line in lines)])


def console(stderr: bool = False) -> Console:
    """Where people read. Colours only on a terminal; wide where there is none."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else int(os.environ.get("COLUMNS") or WIDE)
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


def emit(value: Any) -> None:
    """One JSON object on stdout."""
    sys.stdout.write(json.dumps(value, default=_jsonable, ensure_ascii=False) + "\n")


def emit_lines(values: Iterable[Any]) -> None:
    """One JSON object a line on stdout; of no values, nothing."""
    for value in values:
        emit(value)


def stream(value: Any) -> None:
    """One JSON object on stdout that whoever reads gets at once, through a pipe as well."""
    emit(value)
    sys.stdout.flush()


def say(text: str) -> None:
    """A line for people on stdout."""
    sys.stdout.write("\n".join(plain(line) for line in text.splitlines()) + "\n")


def warn(text: str) -> None:
    """A line for people on stderr."""
    sys.stderr.write("\n".join(plain(line) for line in text.splitlines()) + "\n")


def teller(as_json: bool) -> Callable[[str], None]:
    """How a command that runs on tells a sentence: at once, with its time in JSON."""

    def tell(text: str) -> None:
        if as_json:
            stream({"at": datetime.now(UTC), "told": text})
        else:
            say(text)
            sys.stdout.flush()

    return tell


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> Table:
    """A table of plain cells; columns that begin with '#' are numbers. Telephone numbers are never
    cut off, however narrow the terminal."""
    made = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        numeric, whole = column.startswith("#"), column == "number"
        name = column.lstrip("#")
        made.add_column(name, justify="right" if numeric else "left", no_wrap=whole)
    for row in rows:
        made.add_row(*(Text(shown(cell)) for cell in row))
    return made


def show(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "", none: str = ""
) -> None:
    """Print a table; of no rows, that there are none: with `none`, in these words."""
    cells = list(rows)
    if cells:
        console().print(table(columns, cells, title))
    else:
        say(none or f"{title or columns[0].lstrip('#')}: none")


def details(facts: Sequence[tuple[str, Any]]) -> None:
    """Print names and values, one a line."""
    made = Table.grid(padding=(0, 2))
    for name, value in facts:
        made.add_row(Text(name, style="bold"), Text(shown(value)))
    console().print(made)


def shown(value: Any) -> str:
    """A value in a table: times in UTC to the second, nothing as '-'."""
    if value is None or value in ("", [], {}, ()):
        return "-"
    how = next((how for kinds, how in _SHOWN if isinstance(value, kinds)), str)
    return plain(how(value))


def _is_amount(number: float) -> bool:
    """Money is shown as it is, and so is what is large; a share of something need not be."""
    return round(number, 2) == number or abs(number) >= 1000


_SHOWN: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (datetime, lambda at: f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"),
    (bool, lambda yes: "yes" if yes else "no"),
    (Enum, lambda member: str(member.value)),
    (dict, lambda pairs: ", ".join(f"{k} {shown(v)}" for k, v in pairs.items())),
    ((list, tuple, set, frozenset), lambda values: ", ".join(map(shown, values))),
    (float, lambda number: f"{number:.15g}" if _is_amount(number) else f"{number:g}"),
)


def _jsonable(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, UUID):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return list(value) if isinstance(value, set | frozenset | tuple) else str(value)
