"""A file of rows, CSV or XLSX, read row by row whatever is in it: the one way for all imports.

The first row names the columns. A row that cannot be read, or has cells too few or too many, is
told with its line and a reason, and the rows after it are read. What a spreadsheet holds comes as
the text that people see there; what it could not work out is no text.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cli.errors import InputError
from cli.files import open_bytes

OURS = frozenset({"reject_line", "reject_reason"})
"""Columns of a rejects file that are no part of a row."""

MOST_COLUMNS = 500
LONGEST_CELL = 131_072  # characters
FORMULA = "#FORMULA!"
"""What stands for a formula in a rejects file: whoever has not mended it is told again."""

_ERRORS = frozenset(
    ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
)
_UNSAID = _ERRORS | {FORMULA}
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_QUOTED = re.compile(r"'(?='*[=+\-@＝＋－＠\t\r\n\0])")
"""What keeps a spreadsheet from taking a cell for a formula; `rejects.harmless` puts it there."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not imported. `line`: where it begins in the file, from 1."""

    line: int
    column: str
    reason: str
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """As many cells as the header has, as they stand in the file."""

    line: int
    cells: list[str]


class Sheet(Protocol):
    """An open file. `header`: the names of its columns; `encoding`: of a CSV file; `unread`: the
    places of columns that nobody reads, in which no cell is a reason not to take its row."""

    path: Path
    header: tuple[str, ...]
    encoding: str
    unread: Collection[int]

    def rows(self) -> Iterator[Row | BadRow]:
        """The rows after the header that are not empty, in their order; once."""

    def progress(self) -> tuple[int, int | None]:
        """How far it is, and of how much, where that is known."""


@contextmanager
def open_sheet(
    path: Path, what: str, encoding: str | None = None, name: str | None = None
) -> Iterator[Sheet]:
    """The file at `path`, by its first bytes a workbook or CSV. Raises `InputError`.

    `what`: what its rows are, such as leads; `encoding`: of a CSV file, told and not guessed;
    `name`: the sheet of a workbook, else the first.
    """
    with open_bytes(path) as raw:
        begins = raw.read(4)
    if begins == _OLE:
        raise InputError(
            f"{path}: it is a workbook of Excel before 2007, or has a password; save it as .xlsx "
            "without one"
        )
    if begins == _ZIP:
        from cli.sheet_xlsx import open_xlsx  # noqa: PLC0415 - slow, and seldom needed

        with open_xlsx(path, what, name) as sheet:
            yield sheet
        return
    if name is not None:
        raise InputError(f"{path}: it is no .xlsx workbook, so leave out --sheet")
    from cli.sheet_csv import open_csv  # noqa: PLC0415 - it needs the names above

    with open_csv(path, what, encoding) as text:
        yield text


def checked_header(path: Path, cells: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns, without blanks around them, and without what kept one from being
    taken for a formula. Raises `InputError`."""
    names = tuple(unquoted(cell.strip()) for cell in cells)
    if len(names) > MOST_COLUMNS:
        raise InputError(f"{path}:1: it has more than {MOST_COLUMNS} columns")
    return names


def no_name_twice(
    path: Path, names: Sequence[str], meant: Sequence[str] = (), nameless: bool = False
) -> None:
    """Each column has a name, but for `nameless` ones, and no two the same; `meant`: what each is
    taken for, where that is something of ours. Raises `InputError`."""
    spoken = [m or name.lower() for m, name in zip(meant or [""] * len(names), names, strict=True)]
    for at, (name, word) in enumerate(zip(names, spoken, strict=True), start=1):
        if not word and not nameless:
            raise InputError(f"{path}:1: column {at} has no name")
        if word and word in spoken[: at - 1]:
            raise InputError(f"{path}:1: there are two columns {name!r:.40}")


def unquoted(cell: str) -> str:
    """A cell without what kept it from being taken for a formula."""
    return cell[1:] if cell.startswith("'") and _QUOTED.match(cell) else cell


def said_nothing(cells: Sequence[str], unread: Collection[int] = ()) -> tuple[int, str] | None:
    """The first cell that is read and is what a spreadsheet shows in the place of a value, and what
    it is."""
    if _UNSAID.isdisjoint(cells):
        return None
    found = (n for n, cell in enumerate(cells) if cell in _UNSAID and n not in unread)
    return next(((n, why_nothing(cells[n])) for n in found), None)


def why_nothing(shown: str) -> str:
    """Why what a spreadsheet shows is no value."""
    if shown == FORMULA:
        return "it is a formula; copy the column and paste its values in its place"
    return f"it is an error of the spreadsheet: {shown[:20]}"


def wrong_width(line: int, wanted: int, cells: Sequence[str]) -> BadRow:
    """A row of another width than the header."""
    reason = f"expected {wanted} cells, as in the header (got {len(cells)})"
    return BadRow(line, "", reason, tuple(cells))
