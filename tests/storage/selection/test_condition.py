"""A filter as SQL means what it means in words: compared on leads and filters of any kind."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any as Anything
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select

from campaigns.crm.model import CustomField
from campaigns.crm.values import FieldType
from campaigns.selection.fields import Kind
from campaigns.selection.holds import Fact, holds
from campaigns.selection.known import KNOWN
from campaigns.selection.text import text_of
from campaigns.selection.turning import in_time
from campaigns.selection.words import (
    All,
    Any,
    Before,
    Compare,
    Empty,
    Filter,
    How,
    Not,
    OneOf,
    Tagged,
    Value,
    Within,
)
from storage.customers.indexing import write_values
from storage.engine import Store
from storage.ids import new_id
from storage.selection.columns import OF_CUSTOMER, OF_LEAD
from storage.selection.condition import asks_customers, condition, moments_of
from storage.selection.turning import answered, turns
from storage.tables.contacts import CONTACT_POINTS
from storage.tables.crm import CUSTOMER_TAGS, TAGS
from storage.tables.people import CUSTOMERS, LEADS
from storage.tables.timeline import TOUCHES

INSTANT = timedelta(microseconds=1)
NOW = datetime(2026, 11, 20, 10, 0, 0, 123457, UTC)
OWN = {
    "custom.industry": CustomField(
        name="industry", type=FieldType.CHOICE, choices=("制造业", "零售"), indexed=True
    ),
    "custom.remark": CustomField(name="remark", type=FieldType.TEXT, indexed=True),
    "custom.budget": CustomField(name="budget", type=FieldType.NUMBER, indexed=True),
    "custom.vip": CustomField(name="vip", type=FieldType.YES_NO, indexed=True),
    "custom.next-fair": CustomField(name="next-fair", type=FieldType.TIME, indexed=True),
}
KINDS = {name: f.kind for name, f in KNOWN.items()} | {
    "custom.industry": Kind.TEXT,
    "custom.remark": Kind.TEXT,
    "custom.budget": Kind.NUMBER,
    "custom.vip": Kind.FLAG,
    "custom.next-fair": Kind.MOMENT,
    "lead.city": Kind.TEXT,
    "attempts.no_answer": Kind.NUMBER,
}
TREE = ("trade", "trade/machines", "trade/machines/lathes", "trades", "贸易/机械")

TEXTS = ["", "a", "A", "ab", "a%", "a_b", "Straße", "STRASSE", "北京", "北", "o'x; --", '"\\', " "]
TEXT = st.sampled_from(TEXTS)
WHOLE = st.integers(-3, 3)
AMOUNTS = [Decimal(n) for n in ("0", "0.000001", "0.5", "-1.25", "50000", "9000000000000")]
MONEY = st.sampled_from(AMOUNTS)
AGO = st.sampled_from([0, 1, 59, 60, 61, 1440, 10080]).map(lambda n: timedelta(minutes=n))
MOMENT = AGO.map(lambda ago: NOW - ago) | AGO.map(lambda ago: NOW + ago)
TOUCHED = st.lists(st.tuples(st.sampled_from(["purchase", "visit", "note"]), MOMENT), max_size=3)


@dataclass
class Person:
    """A customer with a lead, as facts: what is not there is None."""

    facts: dict[str, Fact]
    tags: list[str]
    touched: list[tuple[str, datetime]] = field(default_factory=list)


@st.composite
def people(draw: st.DrawFn) -> Person:
    texts = ("list", "reference", "segment", "last_outcome", "last_disposition", "name", "company")
    facts: dict[str, Fact] = {name: draw(TEXT) for name in texts}
    facts |= {name: draw(TEXT | st.none()) for name in ("stage", "owner", "intent")}
    facts |= {name: draw(TEXT) for name in ("region", "line_type", "carrier", "verdict")}
    facts |= {name: Decimal(draw(WHOLE)) for name in ("priority", "score", "attempts")}
    facts["conversations"] = Decimal(draw(WHOLE))
    facts["validity"] = draw(st.none() | WHOLE.map(Decimal))
    facts |= {name: draw(MOMENT) for name in ("added", "known_since", "idle")}
    maybe = ("last_attempt", "last_call", "last_conversation", "last_follow_up")
    facts |= {name: draw(MOMENT | st.none()) for name in maybe}
    facts["do_not_call"] = draw(st.booleans())
    facts["lead.city"] = draw(TEXT | st.none())
    facts["attempts.no_answer"] = Decimal(draw(st.integers(0, 2)))
    facts |= draw(own_facts())
    person = Person(facts, draw(st.lists(st.sampled_from(TREE), unique=True)), draw(TOUCHED))
    for kind, count, last in (("purchase", "purchases", "last_purchase"),
                              ("visit", "visits", "last_visit")):  # fmt: skip
        moments = [at for its, at in person.touched if its == kind]
        facts[count] = Decimal(len(moments))
        facts[last] = max(moments, default=None)
    return person


def own_facts() -> st.SearchStrategy[dict[str, Fact]]:
    return st.fixed_dictionaries(
        {
            "custom.industry": st.sampled_from([None, "制造业", "零售"]),
            "custom.remark": (TEXT | st.none()).map(lambda text: text or None),
            "custom.budget": MONEY | st.none(),
            "custom.vip": st.booleans() | st.none(),
            "custom.next-fair": MOMENT | st.none(),
        }
    )


def of_kind(kind: Kind) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(name for name, its in KINDS.items() if its is kind))


def questions(kind: Kind, hows: set[How], values: st.SearchStrategy[Anything]) -> Anything:
    some = st.lists(values, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Compare, of_kind(kind), st.sampled_from(sorted(hows)), values, st.just(1)),
        st.builds(OneOf, of_kind(kind), some, st.just(1)),
        st.builds(Empty, of_kind(kind), st.just(1)),
    )


ANY_ORDER = set(How) - {How.CONTAINS, How.BEGINS}
NUMBER = WHOLE.map(Decimal) | MONEY | st.sampled_from([Decimal("0.5"), Decimal(10**15) - 1])
LEAVES = st.one_of(
    questions(Kind.TEXT, {How.EQUAL, How.OTHER, How.CONTAINS, How.BEGINS}, TEXT),
    questions(Kind.NUMBER, ANY_ORDER, NUMBER),
    questions(Kind.FLAG, {How.EQUAL, How.OTHER}, st.booleans()),
    st.builds(Within, of_kind(Kind.MOMENT), AGO, st.just(1)),
    st.builds(Before, of_kind(Kind.MOMENT), AGO, st.just(1)),
    st.builds(Empty, of_kind(Kind.MOMENT), st.just(1)),
    st.builds(Tagged, st.sampled_from([*TREE, "贸易", "tr"]), st.just(1)),
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(Not, inner)
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: All(tuple(parts)))
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: Any(tuple(parts)))
    ),
    max_leaves=8,
)


class TakenBackError(Exception):
    """Ends a transaction that is to leave nothing behind."""


@contextmanager
def taken_back(store: Store) -> Iterator[Connection]:
    with suppress(TakenBackError), store.writing() as connection:
        yield connection
        raise TakenBackError


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(people(), min_size=1, max_size=3), st.lists(FILTERS, min_size=1, max_size=4))
def test_sql_and_words_agree(store: Store, these: list[Person], filters: list[Filter]) -> None:
    with taken_back(store) as connection:
        put = {put_person(connection, n, person): person for n, person in enumerate(these)}
        for filter_ in filters:
            expected = {
                lead
                for lead, person in put.items()
                if holds(filter_, person.facts | {"number": number(lead, put)}, person.tags, NOW)
            }
            assert found(connection, filter_) == expected


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(people(), st.lists(FILTERS, min_size=1, max_size=4))
def test_a_filter_turns_round_when_it_is_said_to(
    store: Store, person: Person, filters: list[Filter]
) -> None:
    with taken_back(store) as connection:
        lead = put_person(connection, 0, person)
        facts = person.facts | {"number": number(lead, {lead: person})}
        for filter_ in filters:
            found = turns_of(connection, filter_)
            moments = {NOW, *found, *(at - INSTANT for at in found)}
            moments |= {NOW + timedelta(minutes=n) for n in (1, 60, 1440, 1441, 20160)}
            for at in moments - {at for at in moments if at < NOW}:
                turned = bool(sum(turn <= at for turn in found) % 2)
                true = holds(filter_, facts, person.tags, at)
                assert true is (holds(filter_, facts, person.tags, NOW) is not turned)
                assert not true or holds(in_time(filter_), facts, person.tags, NOW)


def turns_of(connection: Connection, filter_: Filter) -> tuple[datetime, ...]:
    text = text_of(filter_)
    query = select(LEADS.c.id).join(CUSTOMERS, CUSTOMERS.c.id == LEADS.c.customer_id)
    row = connection.execute(answered(query, text), moments_of(filter_, NOW)).one()
    return turns(text, row, NOW)


COMPARED: list[tuple[str, How, Value]] = [
    *((field, how, value) for field in ("company", "region", "lead.city", "custom.remark")
      for how in (How.EQUAL, How.OTHER, How.CONTAINS, How.BEGINS) for value in TEXTS),
    *((field, how, value) for field in ("validity", "conversations", "custom.budget")
      for how in sorted(ANY_ORDER) for value in (*AMOUNTS, Decimal(1), Decimal(-1), Decimal(2))),
]  # fmt: skip


def test_every_comparison_of_every_value_with_every_other(store: Store) -> None:
    these = [fixed(n) for n in range(len(TEXTS))]
    with taken_back(store) as connection:
        put = {put_person(connection, n, person): person for n, person in enumerate(these)}
        for field_, how, value in COMPARED:
            asked = Compare(field_, how, value, 1)
            expected = {lead for lead, each in put.items() if holds(asked, each.facts, (), NOW)}
            assert found(connection, asked) == expected, asked


def fixed(n: int) -> Person:
    """One of as many as there are texts, with values from all over."""
    whole, amount = Decimal(n % 5 - 2), AMOUNTS[n % len(AMOUNTS)]
    values: dict[Kind, Fact] = {
        Kind.TEXT: TEXTS[n],
        Kind.NUMBER: whole,
        Kind.FLAG: False,
        Kind.MOMENT: NOW,
    }
    facts: dict[str, Fact] = {name: values[kind] for name, kind in KINDS.items()}
    own: dict[str, Fact] = {
        "custom.remark": TEXTS[n] or None,
        "custom.industry": None,
        "custom.vip": None,
    }
    none: dict[str, Fact] = {"attempts.no_answer": Decimal(0), "list": f"list {n}"}
    return Person(facts | own | none | {"custom.budget": amount if n % 4 else None}, [])


def found(connection: Connection, filter_: Filter) -> set[UUID]:
    """The leads that SQL finds."""
    query = select(LEADS.c.id).where(condition(filter_))
    if asks_customers(filter_):
        query = query.join(CUSTOMERS, CUSTOMERS.c.id == LEADS.c.customer_id)
    return set(connection.execute(query, moments_of(filter_, NOW)).scalars())


def number(lead: UUID, put: Mapping[UUID, Person]) -> str:
    return f"+4930100{list(put).index(lead):05}"


def put_person(connection: Connection, n: int, person: Person) -> UUID:
    """Into the tables, each fact where it lies; the lead's id."""
    facts, customer, lead, its = person.facts, new_id(), new_id(), f"+4930100{n:05}"
    own = {name: facts[name] for name in OWN if facts[name] is not None}
    row = {
        **dict.fromkeys(("name", "company", "stage", "owner", "intent", "do_not_call")),
        **{name: facts[name] for name in OF_CUSTOMER if name in CUSTOMERS.c},
        "id": customer, "number": its, "external_ref": "", "version": 1,
        "created_at": facts["known_since"], "updated_at": NOW, "idle_since": facts["idle"],
        "last_attempt_at": facts["last_call"], "last_contact_at": facts["last_conversation"],
        "last_follow_up_at": facts["last_follow_up"],
        "contacts": int(as_decimal(facts["conversations"])),
        "last_outcome": "", "last_disposition": "",
        "fields": {OWN[name].name: as_json(value) for name, value in own.items()} or None,
    }  # fmt: skip
    connection.execute(insert(CUSTOMERS), row)
    write_values(connection, [(customer, OWN[n], as_json(value)) for n, value in own.items()])
    city, tries = facts["lead.city"], int(as_decimal(facts["attempts.no_answer"]))
    connection.execute(
        insert(LEADS),
        {
            "id": lead, "list_name": facts["list"], "customer_id": customer, "number": its,
            "name": "", "external_ref": facts["reference"], "segment": facts["segment"],
            "rank": -int(as_decimal(facts["priority"])), "skills": [], "zones": "",
            "score_rank": -int(as_decimal(facts["score"])), "state": "ready", "next_at": NOW,
            "fields": {} if city is None else {"city": city},
            "tries": {"no_answer": tries} if tries else {},
            "attempts_total": int(as_decimal(facts["attempts"])),
            "last_attempt_at": facts["last_attempt"], "last_outcome": facts["last_outcome"],
            "last_disposition": facts["last_disposition"], "created_at": facts["added"],
        },
    )  # fmt: skip
    put_beside(connection, person, customer, its)
    return lead


def put_beside(connection: Connection, person: Person, customer: UUID, its: str) -> None:
    facts, score = person.facts, person.facts["validity"]
    told = {name: facts[name] for name in ("region", "line_type", "carrier", "verdict")}
    point = {"id": new_id(), "customer_id": customer, "kind": "phone", "value": its, "zones": "",
             "score": None if score is None else int(as_decimal(score)), "why": "",
             "created_at": NOW}  # fmt: skip
    connection.execute(insert(CONTACT_POINTS), point | told)
    known = {row.path: row.id for row in connection.execute(select(TAGS.c.path, TAGS.c.id))}
    for path in person.tags:
        if path not in known:
            known[path] = new_id()
            new = {"id": known[path], "path": path, "created_at": NOW}
            connection.execute(insert(TAGS), new)
        has = {"customer_id": customer, "tag_id": known[path], "source": "crm", "at": NOW}
        connection.execute(insert(CUSTOMER_TAGS), has)
    for kind, at in person.touched:
        touch = {"id": new_id(), "customer_id": customer, "at": at, "kind": kind, "item": "",
                 "text": "", "currency": "", "source": "crm", "who": "crm"}  # fmt: skip
        connection.execute(insert(TOUCHES), touch)


def as_decimal(fact: Fact) -> Decimal:
    assert isinstance(fact, Decimal)
    return fact


def as_json(fact: Fact) -> Anything:
    """As `campaigns.crm.values.value_of` has it."""
    if isinstance(fact, datetime):
        return fact.isoformat()
    if isinstance(fact, Decimal):
        return int(fact) if fact == fact.to_integral_value() else float(fact)
    return fact


def test_each_field_that_may_be_asked_lies_somewhere() -> None:
    assert {*OF_LEAD, *OF_CUSTOMER} == set(KNOWN)
