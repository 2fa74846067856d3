"""Customers as the rows of a file, by a mapping: imported again they change nothing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from campaigns.crm.model import CustomField
from campaigns.crm.values import FieldType
from campaigns.importing.cells import joined
from campaigns.importing.headers import plain
from campaigns.importing.mapping import Columns, ConsentColumn, Mapping, NumberColumn
from storage.bulk import among
from storage.customers.definitions import Definitions
from storage.customers.listing import Wanted, page
from storage.customers.plan import require_declared
from storage.engine import Store
from storage.errors import Refused
from storage.tables.timeline import CONSENTS

PAGE = 1000
NUMBERS, EMAILS = 3, 2  # columns of each, without a mapping
_C = CONSENTS.c
_READ = (
    *("id", "external_ids", "name", "company", "number", "numbers", "emails", "stage", "owner"),
    *("tags", "do_not_call", "fields"),
)
RESULTS = (
    *("intent", "last_outcome", "last_disposition", "contacts"),
    *("last_attempt_at", "last_contact_at"),
)
"""What came of calls, as columns: an import passes over them."""
Words = Table[tuple[UUID, str, str], bool]


@dataclass(slots=True)
class Export:
    """How customers become rows. `results`: these columns, too; `left_out`: numbers and addresses
    without a column."""

    mapping: Mapping
    known: Definitions
    columns: tuple[str, ...]
    results: tuple[str, ...] = ()
    left_out: int = field(default=0)

    @property
    def header(self) -> tuple[str, ...]:
        return (*self.columns, *self.results)

    def rows(self, store: Store, wanted: Wanted) -> Iterator[list[str]]:
        """A row for each customer, a page at a time. Raises `Refused`, `StorageError`."""
        after: str | None = None
        while True:
            found = page(store, wanted, PAGE, after, (*_READ, *self.results))
            words = self._words(store, [each["id"] for each in found.customers])
            for each in found.customers:
                yield self._row(each, words)
            after = found.after
            if after is None:
                return

    def _row(self, customer: Table[str, Any], words: Words) -> list[str]:
        cells = dict.fromkeys(self.columns, "")
        columns, mapping = self.mapping.columns, self.mapping
        told: dict[str | None, str] = {
            columns.external_id: customer["external_ids"].get(mapping.source, ""),
            columns.name: customer["name"],
            columns.company: customer["company"] or "",
            columns.stage: _word(mapping.stages, self._stage(customer)),
            columns.owner: _word(mapping.owners, customer["owner"]),
            columns.do_not_call: "yes" if customer["do_not_call"] else "",
            **dict(self._listed(customer)),
            **{column: self._value(name, customer) for name, column in columns.fields.items()},
            **{each.column: _said(words, customer["id"], each) for each in columns.consent},
        }
        cells.update({column: cell for column, cell in told.items() if column})
        return [*cells.values(), *(_written(customer[name]) for name in self.results)]

    def _listed(self, customer: Table[str, Any]) -> Iterator[tuple[str, str]]:
        columns = self.mapping.columns
        main = [customer["number"]] if customer["number"] else []
        numbers = main + [n["number"] for n in customer["numbers"] if n["number"] not in main]
        yield from self._paired([each.column for each in columns.numbers], numbers)
        yield from self._paired(columns.emails, customer["emails"])
        if columns.tags:
            yield columns.tags[0], joined([tag["path"] for tag in customer["tags"]])

    def _paired(self, columns: Sequence[str], values: Sequence[str]) -> list[tuple[str, str]]:
        self.left_out += max(0, len(values) - len(columns))
        return list(zip(columns, values, strict=False))

    def _stage(self, customer: Table[str, Any]) -> str | None:
        """One that is not declared any more is told of no more."""
        stage: str | None = customer["stage"]
        return stage if stage in self.known.stages else None

    def _value(self, name: str, customer: Table[str, Any]) -> str:
        declared = self.known.fields.get(name)
        return _text(declared, customer["fields"].get(name)) if declared else ""

    def _words(self, store: Store, ids: Sequence[UUID]) -> Words:
        if not self.mapping.columns.consent or not ids:
            return {}
        query = select(_C.customer_id, _C.channel, _C.purpose, _C.given).order_by(_C.at, _C.id)
        with store.reading() as connection:
            rows = connection.execute(query.where(among(connection, _C.customer_id, ids)))
            return {(row.customer_id, row.channel, row.purpose): row.given for row in rows}


def export_of(
    mapping: Mapping | None, known: Definitions, source: str = "file", results: bool = False
) -> Export:
    """By a mapping; without one all that it could have, under names that are known again.

    `results`: with what came of calls. Raises `Refused` for a field that is not declared, whose
    column would be empty whatever there is, and for a column that two things would go into.
    """
    chosen = mapping or whole(known, source)
    require_declared(chosen.columns, known)
    columns = _header(chosen.columns)
    once = {name for name, times in Counter(columns).items() if times == 1}
    for name in columns:
        if name not in once:
            raise Refused(f"two things would go into the column '{name}'; give each its own")
    twice = [name for name in RESULTS if results and name in once]
    if twice:
        raise Refused(
            f"the column '{twice[0]}' is one of what came of calls, too; name it otherwise in a "
            "mapping, or leave the results out"
        )
    return Export(chosen, known, columns, RESULTS if results else ())


def whole(known: Definitions, source: str = "file") -> Mapping:
    """A mapping of everything that a customer has. A field of the site's own that is called as one
    of ours is under `custom.NAME`."""
    counted = range(2, NUMBERS + 1)
    names = ["number", *(f"number_{n}" for n in counted)]
    ours = Columns(
        external_id="external_id",
        name="name",
        company="company",
        numbers=tuple(NumberColumn(column=name) for name in names),
        emails=("email", *(f"email_{n}" for n in range(2, EMAILS + 1))),
        stage="stage" if known.stages else None,
        owner="owner",
        tags=("tags",),
        do_not_call="do_not_call",
        consent=(ConsentColumn(column="consent"),),
    )
    taken = {plain(column) for column in (*_header(ours), "stage", *RESULTS)}
    fields = {name: f"custom.{name}" if plain(name) in taken else name for name in known.fields}
    return Mapping(source=source, columns=ours.model_copy(update={"fields": fields}))


def _header(columns: Columns) -> tuple[str, ...]:
    one = (columns.external_id, columns.name, columns.company)
    reached = (*(each.column for each in columns.numbers), *columns.emails)
    rest = (columns.region, columns.stage, columns.owner, *columns.tags, columns.do_not_call)
    consent = (each.column for each in columns.consent)
    names = (*one, *reached, *rest, *consent, *columns.fields.values())
    return tuple(name for name in names if name)


def _written(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _word(words: Table[str, str], meant: str | None) -> str:
    """What the file calls it: a word that means it, where the mapping has one."""
    return next((word for word, means in words.items() if means == meant), meant or "")


def _said(words: Words, customer: UUID, of: ConsentColumn) -> str:
    said = words.get((customer, of.channel, of.purpose))
    return "" if said is None else "yes" if said else "no"


def _text(declared: CustomField, value: Any) -> str:
    if value is None or (declared.type is FieldType.CHOICE and value not in declared.choices):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
