"""A CSV file as a sheet: any of four separators, any encoding, no line or cell without end."""

import csv
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import TextIO

from cli.encodings import known_encoding
from cli.errors import InputError
from cli.files import open_text
from cli.long_lines import LONGEST_LINE, Lines, TooLong
from cli.sheet import BadRow, Row, checked_header, said_nothing, wrong_width

_SEPARATORS = ",;\t|"


@contextmanager
def open_csv(path: Path, what: str, encoding: str | None = None) -> "Iterator[CsvSheet]":
    """See `cli.sheet.open_sheet`."""
    told = known_encoding(encoding) if encoding else None
    with open_text(path, told) as text:
        yield CsvSheet(path, text, what)


class CsvSheet:
    """See `cli.sheet.Sheet`."""

    def __init__(self, path: Path, text: TextIO, what: str) -> None:
        self.path = path
        self.encoding = text.encoding
        self.unread: Collection[int] = ()
        self._text = text
        self._size = path.stat().st_size
        first = text.readline(LONGEST_LINE)
        if not first.strip():
            raise InputError(f"{path}: the file is empty; expected a header and {what}")
        separator = max(_SEPARATORS, key=first.count)
        self._lines = Lines(text, read=1)
        lines = chain([first], self._lines)
        self._reader = csv.reader(lines, delimiter=separator, strict=True)
        self.header = checked_header(path, _header(path, self._reader))

    def rows(self) -> Iterator[Row | BadRow]:
        """See `Sheet.rows`."""
        lines, wanted = self._lines, len(self.header)
        while True:
            line = lines.read + 1  # where the next row begins
            lines.quoted = False
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except (csv.Error, TooLong) as broken:
                yield BadRow(line, "", self._broken(line, broken))
                continue
            if not any(cells):
                continue
            yield (
                self._row(line, cells) if len(cells) == wanted else wrong_width(line, wanted, cells)
            )

    def _row(self, line: int, cells: list[str]) -> Row | BadRow:
        nothing = said_nothing(cells, self.unread)
        if nothing is None:
            return Row(line, cells)
        return BadRow(line, self.header[nothing[0]], nothing[1], tuple(cells))

    def _broken(self, line: int, why: csv.Error | TooLong) -> str:
        """What is wrong with the row that begins in `line`. Of a cell without end the rest is
        passed over: what stands in it is no row, though it may look like one."""
        if _is_endless(why):
            while self._lines.quoted:
                with suppress(TooLong):
                    if next(self._lines, None) is None:
                        break
        to = f" (lines {line} to {self._lines.read})" if self._lines.read > line else ""
        return f"{_broken(why)}{to}; mend {self.path} itself"

    def progress(self) -> tuple[int, int | None]:
        """See `Sheet.progress`: in bytes."""
        return self._text.buffer.tell(), self._size


def _header(path: Path, reader: Iterator[list[str]]) -> list[str]:
    try:
        return next(reader)
    except (csv.Error, TooLong) as broken:
        raise InputError(f"{path}:1: {_broken(broken)}; expected a header") from broken


def _is_endless(error: csv.Error | TooLong) -> bool:
    return isinstance(error, TooLong) or "field larger than" in str(error)


def _broken(error: csv.Error | TooLong) -> str:
    if isinstance(error, TooLong):
        return str(error)
    if "unexpected end of data" in str(error):
        return "a quote is opened and never closed; this row and all after it were not read"
    if "field larger than" in str(error):
        return "a cell is too long; perhaps a quote is opened and never closed"
    return f"the row is no CSV: {error}"
