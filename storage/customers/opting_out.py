"""Callers who want no more calls: their numbers are on the do-not-call list at once, and their
customers are noted, for the job that heeds changes to forbid.

Whoever stores what calls tell holds leads and campaigns' leases, and waits for no customer's row;
so the customer follows some moments later. The list is what claims ask.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from storage.customers.changes import By, Change, write_changes
from storage.tables.contacts import CONTACT_POINTS, ContactKind
from storage.tables.people import CUSTOMERS

_C, _P = CUSTOMERS.c, CONTACT_POINTS.c


def note_opt_outs(connection: Connection, numbers: Collection[str], by: By, at: datetime) -> None:
    """Note it of the customers of these numbers who may still be called, in the transaction that
    lists the numbers."""
    if not numbers:
        return
    query = (
        select(_C.id, _P.value)
        .join(CONTACT_POINTS, _P.customer_id == _C.id)
        .where(_P.kind == ContactKind.PHONE.value, _P.value.in_(numbers), ~_C.do_not_call)
        .order_by(_P.value)
    )
    found = connection.execute(query).all()
    told = [Change(row.id, "opt_out", None, {"number": row.value}) for row in found]
    write_changes(connection, told, by, at)
