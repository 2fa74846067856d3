"""What a filter's turns depend on, read with the leads: an answer to each of its questions."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, case, false, select, true

from campaigns.selection import turning
from campaigns.selection.known import CUSTOM
from campaigns.selection.reader import read
from campaigns.selection.words import Before, Leaf, Within, leaves
from storage.selection.columns import column_of
from storage.selection.condition import condition, that
from storage.tables.crm import FIELD_VALUES
from storage.tables.people import LEADS

_V = FIELD_VALUES.c


def answered(query: Select[Any], text: str | None) -> Select[Any]:
    """A query over leads that has `customers` joined, with what `turns` reads. To be run with the
    filter's `moments`."""
    return query.add_columns(*_answers(text)) if text is not None else query


def turns(text: str | None, row: Any, now: datetime) -> tuple[datetime, ...]:
    """When the filter of this text turns round about the lead of a row of `answered`."""
    if text is None or not (columns := _answers(text)):
        return ()
    answers = [getattr(row, f"answer_{n}") for n in range(len(columns))]
    return turning.turns(read(text), answers, now)


def goes_by_time(text: str | None) -> bool:
    """Whether the filter of this text turns round at all."""
    return text is not None and bool(_answers(text))


def only_in_time(query: Select[Any], text: str | None) -> Select[Any]:
    """A query over leads, kept to those that the filter means, or may come to mean as time passes.
    To be run with its `moments`."""
    return query if text is None else that(query, turning.in_time(read(text)))


@lru_cache(maxsize=256)
def _answers(text: str) -> tuple[ColumnElement[Any], ...]:
    """None, where time alone turns nothing."""
    filter_ = read(text)
    if not turning.goes_by_time(filter_):
        return ()
    return tuple(_labelled(leaves(filter_)))


def _labelled(asked: list[Leaf]) -> Iterator[ColumnElement[Any]]:
    for n, leaf in enumerate(asked):
        if isinstance(leaf, Within | Before):
            yield _time(leaf.field).label(f"answer_{n}")
        else:
            yield case((condition(leaf), true()), else_=false()).label(f"answer_{n}")


def _time(field: str) -> ColumnElement[Any]:
    if not field.startswith(CUSTOM):
        return column_of(field)
    own = select(_V.at).where(
        _V.customer_id == LEADS.c.customer_id, _V.field == field.removeprefix(CUSTOM)
    )
    return own.scalar_subquery()
