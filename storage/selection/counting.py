"""How many leads a filter means, and whether a site can answer it at all."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from campaigns.selection.known import require_answerable
from campaigns.selection.reader import read
from campaigns.selection.words import Filter
from storage.customers import definitions
from storage.engine import Store
from storage.selection.condition import moments, only
from storage.tables.people import LEADS, LeadState

_L = LEADS.c


@dataclass(frozen=True, slots=True)
class Counted:
    """Leads of one list. `ready`: those that wait to be called, now or later."""

    list: str
    leads: int
    ready: int


def checked(store: Store, text: str) -> Filter:
    """The filter of a text, which this site can answer: its CRM file has the stages and fields.
    Raises `BadFilter`."""
    filter_, known = read(text), definitions.read(store)
    require_answerable(filter_, tuple(known.stages), known.intents, known.fields)
    return filter_


def count(store: Store, text: str | None, now: datetime, lists: str | None = None) -> list[Counted]:
    """The leads that a filter (that was checked) means, list by list; `lists`: of one alone."""
    ready = func.sum(case((_L.state == LeadState.READY.value, 1), else_=0))
    query = select(_L.list_name, func.count(), ready).group_by(_L.list_name)
    if lists is not None:
        query = query.where(_L.list_name == lists)
    with store.looking() as connection:
        rows = connection.execute(
            only(query.order_by(_L.list_name), text), moments(text, now)
        ).all()
    return [Counted(name, leads, int(ready)) for name, leads, ready in rows]
