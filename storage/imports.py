"""Import a list of leads: in batches, once per number and list, whatever is in the file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from connectors.calls import TOKEN
from storage.bulk import insert_new, insert_rows
from storage.customers.numbers import add_points, bare_row, owners
from storage.engine import Store
from storage.errors import Refused
from storage.ids import new_id
from storage.lead_rows import NewLead, RefusedLead, to_row, why_refused
from storage.tables.people import CUSTOMERS, LEADS

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the leads of one import; `duplicates` were on the list, or given twice."""

    added: int
    duplicates: int
    refused: tuple[RefusedLead, ...] = ()


def import_leads(store: Store, list_name: str, leads: Iterable[NewLead], now: datetime) -> Imported:
    """Put leads on a list; they may be dialled at once. One bad lead hinders no other.

    Each thousand is a transaction of its own, and an import that broke off is simply run
    again. Raises `Refused` when the name of the list is not a token.
    """
    if not TOKEN.fullmatch(list_name):
        raise Refused("The name of a list is a token: letters, digits, _ and -, at most 64")
    added, given = 0, 0
    refused: list[RefusedLead] = []
    for batch in _batches(leads):
        good = _sort_out(batch, given, refused)
        given += len(batch)
        with store.writing() as connection:
            added += _insert(connection, [to_row(lead, list_name, now) for lead in good], now)
    return Imported(added, given - added - len(refused), tuple(refused))


def _sort_out(batch: list[NewLead], given: int, refused: list[RefusedLead]) -> list[NewLead]:
    reasons = [why_refused(lead) for lead in batch]
    refused += [RefusedLead(given + n, why) for n, why in enumerate(reasons, 1) if why]
    return [lead for lead, why in zip(batch, reasons, strict=True) if why is None]


def _insert(connection: Connection, rows: list[dict[str, Any]], now: datetime) -> int:
    customers = _customers(connection, rows, now)
    for row in rows:
        row["customer_id"] = customers[row["number"]]
    return len(insert_new(connection, LEADS, rows, ["list_name", "number"]))


def _customers(
    connection: Connection, rows: Sequence[dict[str, Any]], now: datetime
) -> dict[str, UUID]:
    """The customer of each number; those not known yet are made."""
    if not rows:
        return {}
    firsts = {row["number"]: row for row in reversed(rows)}
    known = owners(connection, list(firsts))
    new = [_customer(number, row, now) for number, row in firsts.items() if number not in known]
    if not new:
        return known
    # whose the contact point is, whose the number is: others who make it wait here
    of = {c["number"]: firsts[c["number"]]["zones"] for c in new}
    points = [bare_row(c["id"], c["number"], of[c["number"]], now) for c in new]
    mine = add_points(connection, points)
    made = {point["customer_id"] for point in points if point["id"] in mine}
    insert_rows(connection, CUSTOMERS, [c for c in new if c["id"] in made])
    return owners(connection, list(firsts))


def _customer(number: str, row: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "number": number,
        "name": row["name"],
        "external_ref": row["external_ref"],
        "created_at": now,
        "updated_at": now,
        "idle_since": now,
        "last_outcome": "",
        "last_disposition": "",
        "contacts": 0,
        "do_not_call": False,
    }


def _batches(leads: Iterable[NewLead]) -> Iterator[list[NewLead]]:
    rest = iter(leads)
    while batch := list(islice(rest, BATCH)):
        yield batch
