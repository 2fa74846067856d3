"""A CSV file of leads, read row by row; every bad row gets its line, its column and a reason."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from typing import TextIO, TypeAlias

from campaigns.numbers import zones_of
from cli.errors import InputError
from cli.leads_cells import BadCell, number_in, skills_in, token_in, whole_in, zones_in
from cli.long_lines import LONGEST_LINE, Lines, TooLong
from storage.lead_rows import NewLead, why_refused

COLUMNS: dict[str, str] = {
    "number": "number",
    "phone": "number",
    "telephone": "number",
    "name": "name",
    "priority": "priority",
    "score": "score",
    "segment": "segment",
    "skills": "skills",
    "timezone": "timezone",
    "time_zone": "timezone",
    "reference": "reference",
    "external_ref": "reference",
    "reject_line": "reject_line",
    "reject_reason": "reject_reason",
}
"""Header -> what it holds; any other column is kept as a field of the lead."""

OURS = frozenset({"reject_line", "reject_reason"})
"""Columns of a rejects file that are no part of the lead."""

_QUOTED = re.compile(r"'(?=[=+\-@\t\r\0])")
"""What keeps a spreadsheet from taking a cell for a formula; `rejects.harmless` puts it there."""

_SEPARATORS = ",;\t|"
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
    """An open file: `rows` gives leads and bad rows, in order. `names`: its header, as written."""

    path: Path
    region: str | None = None
    names: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()  # of each column: a value of COLUMNS, or ""
    rows_seen: int = field(default=0)

    @property
    def header(self) -> tuple[str, ...]:
        """The columns that are a lead's."""
        return self._without_ours(self.names)

    def rows(self, text: TextIO) -> Iterator[NewLead | BadRow]:
        """Read the header, then each row. Raises `InputError` for a file that is no list."""
        first = text.readline(LONGEST_LINE)
        if not first.strip():
            raise InputError(f"{self.path}: the file is empty; expected a header and leads")
        separator = max(_SEPARATORS, key=first.count)
        self._read_header(next(csv.reader([first], delimiter=separator)))
        yield from self._leads(text, separator)
        if not self.rows_seen:
            raise InputError(f"{self.path}: there are no leads after the header")

    def _read_header(self, cells: Cells) -> None:
        names = [cell.strip() for cell in cells]
        self.names = tuple(names)
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
        lines = Lines(text, read=1)
        reader = csv.reader(lines, delimiter=separator, strict=True)
        while True:
            line = lines.read + 1  # where the next row begins
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, TooLong) as broken:
                self.rows_seen += 1
                yield BadRow(line, "", f"{_broken(broken)}; mend {self.path} itself")
                continue
            if any(cells):
                self.rows_seen += 1
                yield self._row(line, cells)

    def _row(self, line: int, cells: Cells) -> NewLead | BadRow:
        kept = self._without_ours(cells)
        if len(cells) != len(self.names):
            reason = f"expected {len(self.names)} cells, as in the header (got {len(cells)})"
            return BadRow(line, "", reason, kept)
        try:
            lead = self._lead(cells)
        except BadCell as wrong:
            return BadRow(line, wrong.column, str(wrong), kept)
        refused = why_refused(lead)
        if refused is not None:
            return BadRow(line, "", refused, kept)
        return lead

    def _without_ours(self, cells: Iterable[str]) -> tuple[str, ...]:
        """Cells beyond the header stay: they are what is wrong with their row."""
        kinds = chain(self.kinds, repeat(""))
        return tuple(cell for cell, kind in zip(cells, kinds, strict=False) if kind not in OURS)

    def _lead(self, cells: Cells) -> NewLead:
        known = {kind: (name, cell.strip()) for kind, name, cell in self._cells(cells) if kind}
        number = number_in(*known["number"], self.region)
        return NewLead(
            number=number,
            name=known.get("name", ("", ""))[1],
            priority=whole_in(*known.get("priority", ("", ""))),
            score=whole_in(*known.get("score", ("", ""))),
            segment=token_in(*known.get("segment", ("", ""))),
            skills=skills_in(*known.get("skills", ("", ""))),
            zones=zones_in(*known.get("timezone", ("", ""))) or zones_of(number),
            external_ref=known.get("reference", ("", ""))[1],
            fields={name: cell for kind, name, cell in self._cells(cells) if not kind and cell},
        )

    def _cells(self, cells: Cells) -> Iterator[tuple[str, str, str]]:
        unquoted = (
            _QUOTED.sub("", cell, count=1) if _QUOTED.match(cell) else cell for cell in cells
        )
        return zip(self.kinds, self.names, unquoted, strict=True)


def _broken(error: csv.Error | TooLong) -> str:
    if isinstance(error, TooLong):
        return str(error)
    if "unexpected end of data" in str(error):
        return "a quote is opened and never closed; this row and all after it were not read"
    if "field larger than" in str(error):
        return "a cell is too long; perhaps a quote is opened and never closed"
    return f"the row is no CSV: {error}"
