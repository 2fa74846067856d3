"""Who is calling: what the tables know of a number, before anybody picks up."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from storage.campaigns import Broken, get
from storage.dnc import in_force
from storage.engine import Store
from storage.errors import NotThere
from storage.tables.attempts import ATTEMPTS
from storage.tables.lists import DO_NOT_CALL
from storage.tables.people import CUSTOMERS


@dataclass(frozen=True, slots=True)
class Caller:
    """`campaign`: the one that has called the number last; `line`: its first line for callers;
    both empty where there is none. `do_not_call`: the number is on the list, for that campaign."""

    known: bool
    campaign: str = ""
    line: str = ""
    do_not_call: bool = False


def look_up(store: Store, number: str, now: datetime) -> Caller:
    """Raises `StorageError`."""
    last = (
        select(ATTEMPTS.c.campaign)
        .where(ATTEMPTS.c.number == number)
        .order_by(ATTEMPTS.c.placed_at.desc())
        .limit(1)
    )
    known = select(CUSTOMERS.c.id).where(CUSTOMERS.c.number == number)
    with store.reading() as connection:
        campaign = str(connection.execute(last).scalar() or "")
        listed = select(DO_NOT_CALL.c.number).where(
            DO_NOT_CALL.c.number == number, in_force(campaign, now)
        )
        is_known = connection.execute(known).first() is not None
        is_listed = connection.execute(listed).first() is not None
    return Caller(is_known, campaign, _line(store, campaign), is_listed)


def _line(store: Store, campaign: str) -> str:
    if not campaign:
        return ""
    try:
        found = get(store, campaign)
    except NotThere:
        return ""
    if isinstance(found, Broken) or found.spec.inbound is None:
        return ""
    return found.spec.inbound.lines[0]
