"""Rows into a new file, CSV or XLSX, as they come: no cell of it is a formula to a spreadsheet.

A cell that would be one gets an apostrophe before it, which importing takes away again; so does one
that begins with such an apostrophe. Telephone numbers with '+' stay as they are: digits alone do
no harm, and whatever reads them has to know them again.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from cli.errors import InputError
from cli.files import unwritable

_FORMULA = re.compile(r"'*[=+\-@＝＋－＠\t\r\n\0]")
_NUMBER = re.compile(r"\+[0-9 ()./-]*", re.ASCII)
_NOT_XML = re.compile("[\0-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
MOST_ROWS = 1_048_576
Write = Callable[[Iterable[str]], None]


def quoted(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; `sheet.unquoted` gives it back."""
    if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


@contextmanager
def new_sheet(path: Path) -> Iterator[Write]:
    """Rows that are given to it are in the file `path` in the end; where anything raises, there is
    no such file. Raises `InputError` where it cannot be written, or is there already."""
    kind = path.suffix.lower()
    if kind not in _KINDS:
        raise InputError(f"{path}: expected a file that ends in .csv or .xlsx")
    if path.exists():
        raise InputError(f"{path}: it is there already; move it away, or name another file")
    hidden: Path | None = None
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as made:
            hidden = Path(made.name)
        with _KINDS[kind](hidden) as write:
            yield lambda cells: write([quoted(cell) for cell in cells])
        hidden.rename(path)
    except OSError as wrong:
        raise unwritable(path, wrong) from wrong
    finally:
        if hidden is not None:
            with suppress(FileNotFoundError):
                hidden.unlink()


@contextmanager
def _csv(path: Path) -> Iterator[Callable[[list[str]], Any]]:
    """With a mark of byte order: without one Excel does not know UTF-8."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        yield csv.writer(stream).writerow


@contextmanager
def _xlsx(path: Path) -> Iterator[Callable[[list[str]], Any]]:
    from openpyxl import Workbook  # noqa: PLC0415 - slow, and seldom needed
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet("customers")
    count = 0

    def write(cells: list[str]) -> None:
        nonlocal count
        count += 1
        if count > MOST_ROWS:
            raise InputError(f"{path.name}: a sheet has at most {MOST_ROWS} rows; export .csv")
        row = []
        for text in cells:
            cell = WriteOnlyCell(sheet, _NOT_XML.sub(_code, text))
            cell.data_type = "s"
            row.append(cell)
        sheet.append(row)

    try:
        yield write
    finally:
        book.save(path)  # also where it breaks off: else its own files would lie around


def _code(found: "re.Match[str]") -> str:
    return f"_x{ord(found[0]):04X}_"


_KINDS: dict[str, Any] = {".csv": _csv, ".xlsx": _xlsx}
