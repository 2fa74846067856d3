"""A sheet of an XLSX workbook, read as a stream.

A formula is refused, not computed: what it last came to may be old, or not be there at all. So is
an error such as #N/A. What a workbook may unpack to is bounded before any of it is.
"""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import error as BadDeflate

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from cli.errors import InputError
from cli.files import open_bytes
from cli.sheet import (
    FORMULA,
    LONGEST_CELL,
    MOST_COLUMNS,
    BadRow,
    Row,
    checked_header,
    why_nothing,
    wrong_width,
)

MOST_ROWS = 1_048_576  # of a sheet
LARGEST_SHEET = 4 << 30  # bytes, unpacked
LARGEST_PART = 512 << 20  # of the others, which are held in memory
_SHEET = re.compile(r"xl/worksheets/.*\.xml", re.IGNORECASE)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_BROKEN = (
    BadZipFile, BadDeflate, SyntaxError, InvalidFileException, KeyError, ValueError, TypeError,
    AttributeError, IndexError, EOFError, NotImplementedError, OverflowError,
)  # fmt: skip
"""What openpyxl raises for files that are no workbooks, or broken ones: it checks little. Bad XML
is a `SyntaxError`, whether lxml reads it, where that is installed, or Python's own."""


class BadCell(Exception):
    """Why a cell is no value. `shown`: what stands for it where its row is written down."""

    def __init__(self, why: str, shown: str) -> None:
        super().__init__(why)
        self.shown = shown


@contextmanager
def open_xlsx(path: Path, what: str, name: str | None = None) -> "Iterator[XlsxSheet]":
    """See `cli.sheet.open_sheet`."""
    with open_bytes(path) as raw:  # ours to close, whatever is in it
        try:
            _check_sizes(path)
            book = load_workbook(raw, read_only=True, data_only=False, keep_links=False)
        except _BROKEN as wrong:
            raise _unreadable(path, wrong) from wrong
        try:
            yield XlsxSheet(path, _chosen(path, book, name), what)
        finally:
            book.close()


class XlsxSheet:
    """See `cli.sheet.Sheet`."""

    encoding = ""

    def __init__(self, path: Path, sheet: Any, what: str) -> None:
        self.path = path
        self.unread: Collection[int] = ()
        self._sheet = sheet
        self._of = sheet.max_row
        self._at = 0
        sheet.reset_dimensions()  # whoever made the file may have told anything
        cells = _texts(next(self._raw(1, MOST_COLUMNS + 1), ()))[0]
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            raise InputError(f"{path}: the sheet is empty; expected a header and {what}")
        self.header = checked_header(path, cells)

    def rows(self) -> Iterator[Row | BadRow]:
        """See `Sheet.rows`."""
        wide = len(self.header)
        raw = self._raw(MOST_ROWS, wide + 1)
        for line, cells in enumerate(islice(raw, 1, None), start=2):
            self._at = line
            texts, wrong = _texts(cells, self.unread)
            if not any(texts):
                continue
            row = (texts + [""] * wide)[:wide] + [t for t in texts[wide:] if t]
            if len(row) != wide:
                yield wrong_width(line, wide, row)
            elif wrong:
                yield BadRow(line, self.header[wrong[0]], wrong[1], tuple(row))
            else:
                yield Row(line, row)

    def progress(self) -> tuple[int, int | None]:
        """See `Sheet.progress`: in rows."""
        return self._at, self._of

    def _raw(self, rows: int, columns: int) -> Iterator[Any]:
        try:
            yield from self._sheet.iter_rows(max_row=rows, max_col=columns)
        except _BROKEN as wrong:
            raise _unreadable(self.path, wrong) from wrong


def _texts(cells: Any, unread: Collection[int] = ()) -> tuple[list[str], tuple[int, str] | None]:
    """The cells as text; and which of those that are read is no value, and why."""
    texts, wrong = list[str](), None
    for at, cell in enumerate(cells):
        try:
            texts.append(_text(cell))
        except BadCell as bad:
            texts.append(bad.shown)
            wrong = wrong or (None if at in unread else (at, str(bad)))
    while texts and not texts[-1]:
        texts.pop()
    return texts, wrong


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        raise BadCell(why_nothing(FORMULA), FORMULA)
    if cell.data_type == "e":
        raise BadCell(why_nothing(str(value)), str(value))
    if isinstance(value, str):
        return _unescaped(value)
    return str(_OTHERS.get(type(value), str)(value))


def _unescaped(text: str) -> str:
    """What XML cannot hold stands there as its code: `_x0001_`."""
    if len(text) > LONGEST_CELL:
        raise BadCell(f"it is longer than {LONGEST_CELL} characters", text[:LONGEST_CELL])
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _number(value: float) -> str:
    """A spreadsheet knows no whole numbers: a telephone number comes as 13912345678.0."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _moment(value: datetime) -> str:
    """A date where there is no time."""
    return value.date().isoformat() if value.time() == time() else value.isoformat()


_OTHERS: dict[type, Any] = {
    bool: lambda value: "true" if value else "false",
    float: _number,
    datetime: _moment,
    date: date.isoformat,
    time: time.isoformat,
}


def _check_sizes(path: Path) -> None:
    with ZipFile(path) as packed:
        for part in packed.infolist():
            most = LARGEST_SHEET if _SHEET.fullmatch(part.filename) else LARGEST_PART
            if _size(part) > most:
                raise InputError(
                    f"{path}: it unpacks to more than {most >> 20} MB; save it as CSV, or in parts"
                )


def _size(part: ZipInfo) -> int:
    return part.file_size


def _chosen(path: Path, book: Any, name: str | None) -> Any:
    sheets = [sheet for sheet in book.worksheets if hasattr(sheet, "reset_dimensions")]
    if name is None and sheets:
        return sheets[0]
    found = next((sheet for sheet in sheets if sheet.title == name), None)
    if found is None:
        there = ", ".join(repr(sheet.title[:40]) for sheet in sheets[:10]) or "none"
        raise InputError(f"{path}: there is no sheet {name!r:.40}; there are: {there}")
    return found


def _unreadable(path: Path, wrong: Exception) -> InputError:
    if isinstance(wrong, InputError):
        return wrong
    return InputError(
        f"{path}: it is no workbook that can be read ({type(wrong).__name__}); save it anew"
    )
