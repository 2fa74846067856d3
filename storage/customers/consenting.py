"""What many customers have allowed, told at once: only what they have not said before is kept."""

from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import select

from storage.bulk import among, insert_rows
from storage.customers.changing import Changing
from storage.customers.consents import ANY, CALL
from storage.ids import new_id
from storage.tables.timeline import CONSENTS

Word: TypeAlias = tuple[UUID, str, str, bool]
"""Of a customer: channel, purpose, whether it is allowed."""
_C = CONSENTS.c


def write_words(pen: Changing, words: Sequence[Word], source: str) -> None:
    """Keep those words that differ from the last ones. Who takes back that we may call, for any
    purpose, is not to be called any more."""
    if not words:
        return
    said = _said(pen, {word[0] for word in words})
    rows = []
    for customer, channel, purpose, given in words:
        if said.get((customer, channel, purpose)) is given:
            continue
        said[customer, channel, purpose] = given
        about = {"channel": channel, "purpose": purpose, "given": given}
        who = {"at": pen.at, "source": source, "who": pen.by.who, "evidence": ""}
        rows.append({"id": new_id(), "customer_id": customer, **about, **who})
        pen.note(customer, "consent", None, about)
        if not given and (channel, purpose) == (CALL, ANY):
            pen.forbid(customer)
    insert_rows(pen.connection, CONSENTS, rows)


def _said(pen: Changing, customers: set[UUID]) -> dict[tuple[UUID, str, str], bool]:
    """The last word of each about each; the later ones come over those before."""
    query = select(_C.customer_id, _C.channel, _C.purpose, _C.given)
    query = query.where(among(pen.connection, _C.customer_id, customers))
    rows = pen.connection.execute(query.order_by(_C.at, _C.id))
    return {(row.customer_id, row.channel, row.purpose): row.given for row in rows}
