"""What rules would do, before anybody switches them on: nothing is written.

Of each rule two things are told. What it would have done about the changes of the last days: they
are noted, so they are looked at again, with the customers as they are now. And whom it is about
today: those who are in that stage, have that tag, or whom nobody has followed up; of these it
would act for whoever nobody follows up at once, and for the others when they come to be so again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, exists, select

from campaigns.crm.rules.deciding import Standing, awake, is_meant
from campaigns.crm.rules.file import words_of
from campaigns.crm.rules.happening import compares, is_so
from campaigns.crm.rules.model import (
    AddToCampaign,
    OnDoNotCall,
    OnField,
    OnIdle,
    OnStage,
    OnTagAdded,
    Rule,
)
from campaigns.spec.campaign import Campaign
from storage.customers.changes import By, Change, TakenChange
from storage.customers.definitions import Definitions, current
from storage.customers.tags import within
from storage.engine import Store
from storage.rules.heeding import occasion_of, occasions
from storage.rules.idle import due_customers
from storage.rules.leads import Placer, list_of
from storage.rules.seeing import Sight
from storage.tables.changes import CUSTOMER_CHANGES
from storage.tables.crm import CUSTOMER_TAGS, TAGS
from storage.tables.people import CUSTOMERS

_C, _N, _T, _CT = CUSTOMERS.c, CUSTOMER_CHANGES.c, TAGS.c, CUSTOMER_TAGS.c
MOST = 20_000  # changes, and customers of one rule, that are looked at
PAGE = 500
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Example:
    """One customer whom a rule would act for. `would`: each action, and what would come of it."""

    customer_id: UUID
    name: str
    number: str | None
    would: tuple[str, ...]


@dataclass(slots=True)
class Tried:
    """What a rule would do. `past`: how often it would have acted in the last days. `today`: for
    how many customers it would, or might, act as they are; None where a customer's being so is
    nothing that lasts. `at_once`: whether it would as soon as it is on. `comes`: of those whom a
    campaign would call, what would become of each. `more`: not all were looked at. `told`: of whom
    `comes` and `examples` tell."""

    rule: Rule
    past: int = 0
    today: int | None = None
    at_once: bool = False
    comes: dict[str, int] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)
    more: bool = False
    told: set[UUID] = field(default_factory=set)


def try_rules(
    store: Store,
    rules: Sequence[Rule],
    campaigns: Mapping[str, Campaign],
    now: datetime,
    days: float = 7,
) -> list[Tried]:
    """What each of the rules would do on the data that is there."""
    with store.reading() as connection:
        known = current(connection)
        tried = [Tried(rule) for rule in rules]
        seen = _Seen(connection, known, campaigns, now)
        _past(seen, tried, now - timedelta(days=days))
        for each in tried:
            _today(seen, each)
    return tried


@dataclass(frozen=True, slots=True)
class _Seen:
    connection: Connection
    known: Definitions
    campaigns: Mapping[str, Campaign]
    now: datetime

    def meant(self, rule: Rule, ids: Sequence[UUID], as_it_is: bool = False) -> list[UUID]:
        """Those of the customers whom the rule's `if` means; `as_it_is`: and whose field is so."""
        sight = Sight(self.connection, ids, self.known.fields)
        there = [each for each in ids if each in sight.rows]
        if as_it_is and isinstance(trigger := rule.when, OnField):
            fields = {each: sight.rows[each]["fields"] or {} for each in there}
            there = [each for each in there if is_so(trigger, fields[each].get(trigger.field))]
        return [each for each in there if is_meant(rule, sight.of(each, rule), self.now)]


def _past(seen: _Seen, tried: Sequence[Tried], since: datetime) -> None:
    """Changes are noted in order of time; the newest are looked at."""
    query = select(CUSTOMER_CHANGES).where(_N.at >= since).order_by(_N.seq.desc()).limit(MOST)
    rows = seen.connection.execute(query).all()
    groups = occasions(_taken(row) for row in reversed(rows))
    for each in tried:
        each.more = len(rows) >= MOST
        roused = [g for g in groups if awake([Standing(each.rule)], occasion_of(g))]
        whose = [group[0].change.customer_id for group in roused]
        meant = set(seen.meant(each.rule, list(dict.fromkeys(whose))))
        hit = [customer for customer in whose if customer in meant]
        each.past = len(hit)
        _tell(seen, each, list(dict.fromkeys(reversed(hit))))


def _today(seen: _Seen, tried: Tried) -> None:
    condition = _is_so(tried.rule, seen.known)
    if condition is None:
        return
    tried.today = 0
    tried.at_once = isinstance(tried.rule.when, OnIdle)
    looked = 0
    for ids in _pages(seen, tried.rule, condition):
        looked += len(ids)
        meant = seen.meant(tried.rule, ids, as_it_is=True)
        tried.today += len(meant)
        _tell(seen, tried, meant)
    tried.more |= looked >= MOST


def _tell(seen: _Seen, tried: Tried, customers: Sequence[UUID]) -> None:
    """What would come of it: of all for whom a campaign is named, and as examples of a few."""
    new = [each for each in customers if each not in tried.told]
    tried.told.update(new)
    placer = Placer.of(seen.connection, new, seen.campaigns, seen.now)
    for customer in new:
        person = placer.people[customer]
        would = tuple(_would(seen, placer, customer, action, tried) for action in tried.rule.do)
        if len(tried.examples) < EXAMPLES:
            tried.examples.append(Example(customer, person.name, person.number, would))


def _would(seen: _Seen, placer: Placer, customer: UUID, action: Any, tried: Tried) -> str:
    words = words_of(action)
    if not isinstance(action, AddToCampaign):
        return words
    campaign = seen.campaigns.get(action.campaign)
    on = None if campaign is None else list_of(action, campaign)
    if campaign is None or on is None:
        return f"{words}: not done, the campaign is not there"
    placed = placer.look(customer, action, campaign, on)
    tried.comes[placed.how] = tried.comes.get(placed.how, 0) + 1
    return f"{words}: {placed.how}{f', {placed.why}' if placed.why else ''}"


def _pages(seen: _Seen, rule: Rule, condition: ColumnElement[bool]) -> Iterator[list[UUID]]:
    if isinstance(rule.when, OnIdle):
        rows = due_customers(seen.connection, rule, seen.now, MOST)
        ids: Iterator[UUID] = iter([row.id for row in rows])
    else:
        query = select(_C.id).where(condition).order_by(_C.id).limit(MOST)
        ids = iter(list(seen.connection.execute(query).scalars()))
    while page := list(islice(ids, PAGE)):
        yield page


def _is_so(rule: Rule, known: Definitions) -> ColumnElement[bool] | None:
    """Of customers who are as the trigger has it, today; None: nobody is so for long. Of a field
    it is asked afterwards what its value is."""
    found: ColumnElement[bool] | None = None
    match rule.when:
        case OnStage(stage=move) if move.to:
            found = _C.stage.in_(move.to)
        case OnTagAdded(tag_added=path):
            these = select(_T.id).where(within(path))
            found = exists().where(_CT.customer_id == _C.id, _CT.tag_id.in_(these))
        case OnField(field=name) as trigger if compares(trigger) and name in known.fields:
            found = _C.fields[name].as_string().is_not(None)
        case OnDoNotCall():
            found = _C.do_not_call.is_(True)
        case OnIdle():
            found = _C.idle_since.is_not(None)
    return found


def _taken(row: Any) -> TakenChange:
    change = Change(row.customer_id, row.what, row.old, row.new)
    return TakenChange(row.seq, row.at, change, By(row.who, row.origin), row.tries)
