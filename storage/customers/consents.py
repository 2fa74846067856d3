"""What customers have allowed, and taken back. Each word is kept; the last one counts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select
from sqlmodel import col
from sqlmodel import select as rows_of

from connectors.calls import TOKEN
from storage.bulk import insert_rows
from storage.customers.changes import By
from storage.customers.changing import changing
from storage.engine import Store
from storage.errors import Refused
from storage.ids import new_id
from storage.tables.timeline import CONSENTS, Consent

CALL, ANY = "call", "any"
_C = CONSENTS.c


@dataclass(frozen=True, slots=True)
class Word:
    """What a customer has said. `channel`: call, sms, email, recording, ...; `purpose`: any, or a
    word such as sales; `evidence`: what proves it, in words."""

    customer_id: UUID
    given: bool
    channel: str = CALL
    purpose: str = ANY
    expires_at: datetime | None = None
    evidence: str = ""
    source: str = "ours"


def tell(store: Store, word: Word, by: By, at: datetime) -> UUID:
    """Keep a customer's word; its id. Who takes back that we may call, for any purpose, is
    not to be called any more. Raises `Refused`, `NotThere`."""
    if not all(TOKEN.fullmatch(t) for t in (word.channel[:25], word.purpose, word.source)):
        raise Refused("Channel, purpose and source are tokens: letters, digits, _ and -")
    if len(word.channel) > 24:
        raise Refused("A channel has at most 24 characters")
    customer = word.customer_id
    row = {name: getattr(word, name) for name in word.__slots__}
    row |= {"id": new_id(), "at": at, "who": by.who}
    with changing(store, by, at) as pen:
        pen.hold([customer])
        insert_rows(pen.connection, CONSENTS, [row])
        told = {"channel": word.channel, "purpose": word.purpose, "given": word.given}
        pen.note(customer, "consent", None, told)
        if not word.given and (word.channel, word.purpose) == (CALL, ANY):
            pen.forbid(customer)
    return UUID(str(row["id"]))


def words(store: Store, customer_id: UUID) -> list[Consent]:
    """Everything a customer has said, the latest first."""
    query = rows_of(Consent).where(col(Consent.customer_id) == customer_id)
    with store.session() as session:
        return list(session.exec(query.order_by(col(Consent.at).desc(), col(Consent.id).desc())))


def allowed(
    store: Store, customer_id: UUID, now: datetime, channel: str = CALL, purpose: str = ANY
) -> bool | None:
    """Whether a customer has allowed it, by the last word about that purpose, or else any; None:
    nothing was said, or it has expired."""
    return _verdict([w for w in words(store, customer_id) if w.channel == channel], now, purpose)


def calls_allowed(
    connection: Connection, customers: Collection[UUID], now: datetime
) -> dict[tuple[UUID, str], bool | None]:
    """The same about calls, of several customers and all the purposes that each has spoken of."""
    query = select(CONSENTS).where(_C.customer_id.in_(customers), _C.channel == CALL)
    rows = connection.execute(query.order_by(_C.at.desc(), _C.id.desc())).all()
    said: dict[UUID, list[Any]] = {}
    for row in rows:
        said.setdefault(row.customer_id, []).append(row)
    return {
        (customer, purpose): _verdict(its, now, purpose)
        for customer, its in said.items()
        for purpose in {ANY, *(word.purpose for word in its)}
    }


def _verdict(said: Sequence[Any], now: datetime, purpose: str) -> bool | None:
    """By words about one channel, the latest first."""
    for wanted in dict.fromkeys((purpose, ANY)):
        last = next((word for word in said if word.purpose == wanted), None)
        if last is not None:
            expired = last.expires_at is not None and last.expires_at <= now
            return None if expired and last.given else bool(last.given)
    return None
