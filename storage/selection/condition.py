"""A filter as a condition on leads, for any query. Values are bound, names come from tables.

Theory. SQL knows three truths and a filter two: what SQL calls unknown is false here. In a WHERE,
and within `and` and `or`, unknown does as false does; under a NOT it would not, so there, and only
there, it is made false. Elsewhere nothing stands around a question, or no index would be used.
"""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any as Anything
from typing import TypeAlias

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, not_, or_, true
from sqlalchemy import select as choose

from campaigns.crm.values import MILLIONTHS, folded
from campaigns.selection.known import CUSTOM
from campaigns.selection.reader import read
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
    leaves,
)
from storage.columns import clean
from storage.customers.tags import within
from storage.selection import values
from storage.selection.columns import column_of, holds_text, is_of_customer
from storage.selection.values import Condition, Test
from storage.tables.crm import CUSTOMER_TAGS, FIELD_VALUES, TAGS
from storage.tables.people import CUSTOMERS, LEADS

_C, _L, _V, _CT = CUSTOMERS.c, LEADS.c, FIELD_VALUES.c, CUSTOMER_TAGS.c
Asked: TypeAlias = Compare | OneOf | Within | Before


def condition(filter_: Filter) -> Condition:
    """For a query over `leads`, with `customers` joined where `asks_customers`, and with the
    `moments` as its parameters."""
    match filter_:
        case Not(Not(part)):  # or a row of them would be nested deeper than SQL can be written
            return condition(part)
        case Not(part):
            return not_(func.coalesce(condition(part), false()))
        case All(parts) | Any(parts):
            return (and_ if isinstance(filter_, All) else or_)(*map(condition, parts))
        case Tagged(path):
            return _tagged(path)
        case Empty(field):
            return _empty(field)
        case _:
            return _asked(filter_)


def asks_customers(filter_: Filter) -> bool:
    """Whether the query has to join `customers`."""
    return any(not isinstance(q, Tagged) and is_of_customer(q.field) for q in leaves(filter_))


def moments_of(filter_: Filter, now: datetime) -> dict[str, datetime]:
    """What `within` and `before` mean at `now`, by the names of the query's parameters."""
    agos = (q.ago for q in leaves(filter_) if isinstance(q, Within | Before))
    return {values.name_of(ago): now - ago for ago in agos}


@lru_cache(maxsize=256)
def compiled(text: str) -> Condition:
    """The condition of a campaign's filter, made once: claims wait for it, and SQLAlchemy knows
    again what it has seen."""
    return condition(read(text))


def only(query: Select[Anything], text: str | None) -> Select[Anything]:
    """A query over leads, kept to those that the filter of this text means. To be run with
    `moments`."""
    return query if text is None else that(query, read(text), compiled(text))


def that(
    query: Select[Anything], filter_: Filter, made: Condition | None = None
) -> Select[Anything]:
    """The same of a filter; `made`: its condition, where that is at hand."""
    if asks_customers(filter_):
        query = query.join(CUSTOMERS, _C.id == _L.customer_id)
    return query.where(condition(filter_) if made is None else made)


def meant(text: str | None) -> ColumnElement[bool]:
    """The same as a column of a query over leads that has `customers` joined: true or false."""
    return true() if text is None else case((compiled(text), true()), else_=false())


def moments(text: str | None, now: datetime) -> dict[str, datetime]:
    """The parameters of a query with `only` or `meant`."""
    return {} if text is None else moments_of(read(text), now)


def _tagged(path: str) -> Condition:
    these = choose(TAGS.c.id).where(within(path))
    return exists().where(_CT.customer_id == _L.customer_id, _CT.tag_id.in_(these))


def _empty(field: str) -> Condition:
    if field.startswith(CUSTOM):
        return ~_has_own(field)
    column = column_of(field)
    return (func.nullif(column, "") if holds_text(field) else column).is_(None)


def _asked(leaf: Asked) -> Condition:
    if not leaf.field.startswith(CUSTOM):
        return _test(leaf)(column_of(leaf.field))
    if not _is_text(leaf):
        return _has_own(leaf.field, _test(leaf, MILLIONTHS)(_own_column(leaf)))
    # by what is indexed, which knows no case and only a text's beginning; then letter by letter
    found = _has_own(leaf.field, *_findable(leaf))
    return and_(found, _test(leaf)(_C.fields[_name(leaf.field)].as_string()))


def _test(leaf: Asked, scale: int = 1) -> Test:
    match leaf:
        case Within(ago=ago):
            return values.since(ago)
        case Before(ago=ago):
            return values.before(ago)
        case OneOf(values=choices):
            some = [_compared(How.EQUAL, value, scale) for value in choices]
            return lambda column: or_(*(test(column) for test in some))
        case Compare(how=how, value=value):
            return _compared(how, value, scale)


def _compared(how: How, value: Value, scale: int) -> Test:
    if isinstance(value, bool):  # the site's own are kept as numbers
        return values.flag(how, value) if scale == 1 else values.number(how, Decimal(value))
    if isinstance(value, str):
        return values.text(how, value)
    return values.number(how, value, scale)


def _has_own(field: str, *tests: Condition) -> Condition:
    """Whether the customer has a value in a field of the site's own, and one like this."""
    return exists().where(_V.customer_id == _L.customer_id, _V.field == _name(field), *tests)


def _own_column(leaf: Asked) -> ColumnElement[Anything]:
    return _V.at if isinstance(leaf, Within | Before) else _V.number


def _findable(leaf: Asked) -> list[Condition]:
    match leaf:
        case Compare(how=How.EQUAL, value=str(value)):
            return [_V.text == folded(clean(value))]
        case OneOf(values=choices):
            return [_V.text.in_([folded(clean(str(value))) for value in choices])]
        case _:
            return []


def _is_text(leaf: Asked) -> bool:
    match leaf:
        case Compare(value=str()) | OneOf(values=(str(), *_)):
            return True
        case _:
            return False


def _name(field: str) -> str:
    return field.removeprefix(CUSTOM)
