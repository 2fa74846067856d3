"""A CSV file of leads, read row by row; every bad row gets its line, its column and a reason."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from campaigns.numbers import BadNumber, normalise, zones_of
from cli.errors import InputError
from connectors.calls import TOKEN
from storage.lead_rows import NewLead, why_refused

COLUMNS: dict[str, str] = {
    "number": "number",
    "phone": "number",
    "telephone": "number",
    "name": "name",
    "priority": "priority",
    "segment": "segment",
    "skills": "skills",
    "timezone": "timezone",
    "time_zone": "timezone",
    "reference": "reference",
    "external_ref": "reference",
}
"""Header -> what it holds; any other column is kept as a field of the lead."""

_SEPARATORS = ",;\t|"
_LONGEST_LINE = 1_000_000
Cells: TypeAlias = list[str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not imported. `line`: where it begins in the file, from 1."""

    line: int
    column: str
    reason: str
    cells: tuple[str, ...] = ()


@dataclass(slots=True)
class LeadsFile:
    """An open file: `rows` gives leads and bad rows, in order. `header` as it was written."""

    path: Path
    region: str | None = None
    header: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()  # of each column: a value of COLUMNS, or ""
    rows_seen: int = field(default=0)
    without_zone: int = field(default=0)

    def rows(self, text: TextIO) -> Iterator[NewLead | BadRow]:
        """Read the header, then each row. Raises `InputError` for a file that is no list."""
        first = text.readline(_LONGEST_LINE)
        if not first.strip():
            raise InputError(f"{self.path}: the file is empty; expected a header and leads")
        separator = max(_SEPARATORS, key=first.count)
        self._read_header(next(csv.reader([first], delimiter=separator)))
        yield from self._leads(text, separator)
        if not self.rows_seen:
            raise InputError(f"{self.path}: there are no leads after the header")

    def _read_header(self, cells: Cells) -> None:
        names = [cell.strip() for cell in cells]
        self.header = tuple(names)
        self.kinds = tuple(COLUMNS.get(n.lower().replace(" ", "_"), "") for n in names)
        if "number" not in self.kinds:
            raise InputError(
                f"{self.path}:1: no column 'number' or 'phone' in the header "
                f"({', '.join(repr(n[:30]) for n in names[:8])}); "
                "the first line must name the columns"
            )
        self._no_name_twice(names)

    def _no_name_twice(self, names: list[str]) -> None:
        spoken = [kind or name.lower() for kind, name in zip(self.kinds, names, strict=True)]
        for at, (name, word) in enumerate(zip(names, spoken, strict=True), start=1):
            if not word:
                raise InputError(f"{self.path}:1: column {at} has no name")
            if word in spoken[: at - 1]:
                raise InputError(f"{self.path}:1: there are two columns {name!r:.40}")

    def _leads(self, text: TextIO, separator: str) -> Iterator[NewLead | BadRow]:
        reader = csv.reader(_lines(self.path, text), delimiter=separator, strict=True)
        while True:
            line = reader.line_num + 2  # after the header; where the next row begins
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as broken:
                self.rows_seen += 1
                yield BadRow(line, "", _broken(broken))
                continue
            if any(cells):
                self.rows_seen += 1
                yield self._row(line, cells)

    def _row(self, line: int, cells: Cells) -> NewLead | BadRow:
        if len(cells) != len(self.header):
            reason = f"expected {len(self.header)} cells, as in the header (got {len(cells)})"
            return BadRow(line, "", reason, tuple(cells))
        try:
            lead = self._lead(cells)
        except _BadCell as wrong:
            return BadRow(line, wrong.column, str(wrong), tuple(cells))
        refused = why_refused(lead)
        if refused is not None:
            return BadRow(line, "", refused, tuple(cells))
        self.without_zone += not lead.zones
        return lead

    def _lead(self, cells: Cells) -> NewLead:
        known = {kind: (name, cell.strip()) for kind, name, cell in self._cells(cells) if kind}
        number = _number(*known["number"], self.region)
        return NewLead(
            number=number,
            name=known.get("name", ("", ""))[1],
            priority=_priority(*known.get("priority", ("", ""))),
            segment=_token(*known.get("segment", ("", ""))),
            skills=_skills(*known.get("skills", ("", ""))),
            zones=_zones(*known.get("timezone", ("", ""))) or zones_of(number),
            external_ref=known.get("reference", ("", ""))[1],
            fields={name: cell for kind, name, cell in self._cells(cells) if not kind and cell},
        )

    def _cells(self, cells: Cells) -> Iterator[tuple[str, str, str]]:
        return zip(self.kinds, self.header, cells, strict=True)


class _BadCell(ValueError):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


def _lines(path: Path, text: TextIO) -> Iterator[str]:
    number = 1
    while line := text.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE and not line.endswith("\n"):
            raise InputError(f"{path}:{number}: a line is longer than {_LONGEST_LINE} characters")
        yield line


def _number(column: str, cell: str, region: str | None) -> str:
    try:
        return normalise(cell, region)
    except BadNumber as wrong:
        raise _BadCell(column, str(wrong)) from wrong


def _priority(column: str, cell: str) -> int:
    try:
        return int(cell) if cell else 0
    except ValueError:
        raise _BadCell(column, "expected a whole number") from None


def _token(column: str, cell: str) -> str:
    if cell and not TOKEN.fullmatch(cell):
        raise _BadCell(column, "expected a name of letters, digits, '-' and '_', at most 64")
    return cell


def _skills(column: str, cell: str) -> tuple[str, ...]:
    words = cell.replace(";", " ").replace(",", " ").replace("|", " ").split()
    return tuple(_token(column, word) for word in words)


def _zones(column: str, cell: str) -> tuple[str, ...]:
    names = cell.replace(";", " ").replace(",", " ").replace("|", " ").split()
    for name in names:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise _BadCell(column, "expected an IANA time zone such as Europe/Berlin") from None
    return tuple(names)


def _broken(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "a quote is opened and never closed; this row and all after it were not read"
    if "field larger than" in str(error):
        return "a cell is too long; perhaps a quote is opened and never closed"
    return f"the row is no CSV: {error}"
