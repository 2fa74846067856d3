"""A file of leads, read row by row; every bad row gets its line, its column and a reason."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, repeat
from pathlib import Path
from typing import TypeAlias

from campaigns.numbers import zones_of
from cli.errors import InputError
from cli.leads_cells import BadCell, number_in, skills_in, token_in, whole_in, zones_in
from cli.sheet import OURS, BadRow, Row, Sheet, no_name_twice, unquoted
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

Cells: TypeAlias = list[str]


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

    def rows(self, sheet: Sheet) -> Iterator[NewLead | BadRow]:
        """What the header says, then each row. Raises `InputError` for a file that is no list."""
        self._read_header(sheet.header)
        for row in sheet.rows():
            self.rows_seen += 1
            if isinstance(row, Row):
                yield self._row(row.line, row.cells)
            else:
                yield replace(row, cells=self._without_ours(row.cells))
        if not self.rows_seen:
            raise InputError(f"{self.path}: there are no leads after the header")

    def _read_header(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.kinds = tuple(COLUMNS.get(n.lower().replace(" ", "_"), "") for n in names)
        if "number" not in self.kinds:
            raise InputError(
                f"{self.path}:1: no column 'number' or 'phone' in the header "
                f"({', '.join(repr(n[:30]) for n in names[:8])}); "
                "the first line must name the columns"
            )
        no_name_twice(self.path, names, self.kinds)

    def _row(self, line: int, cells: Cells) -> NewLead | BadRow:
        kept = self._without_ours(cells)
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
        return zip(self.kinds, self.names, map(unquoted, cells), strict=True)
