"""What customers have allowed, and taken back. Each word is kept; the last one counts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

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
    said = [word for word in words(store, customer_id) if word.channel == channel]
    for wanted in dict.fromkeys((purpose, ANY)):
        last = next((word for word in said if word.purpose == wanted), None)
        if last is not None:
            expired = last.expires_at is not None and last.expires_at <= now
            return None if expired and last.given else last.given
    return None
