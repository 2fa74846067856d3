"""The columns of many rows as parameters of one statement, unfolded by PostgreSQL itself.

A column goes as one text: an array as PostgreSQL writes it, which is as JSON does but for the
brackets and for control characters. What is the same in all rows, as the time is, goes once. So the
statement's text is the same for any number of rows, and PostgreSQL reads them in a third of the
time that it takes for rows of JSON.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache
from typing import Any, TypeAlias

import orjson
from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    String,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
)
from sqlalchemy.types import TypeEngine
from sqlmodel.sql.sqltypes import UTCDateTime

from storage.columns import FreeText
from storage.errors import Refused

Rows: TypeAlias = Sequence[Mapping[str, Any]]
Writer: TypeAlias = Callable[[Any], Any]

MANY = 50  # rows from which on it pays to look for what all have the same
_CONTROL = re.compile(rb"(?<!\\)(?:\\\\)*\\[bfnrtu]")  # in JSON; an array has no such escapes


@dataclass(frozen=True, slots=True)
class Shape:
    """What a statement is made of but for the rows. `same`: columns in which all have the same."""

    table: Table
    names: tuple[str, ...]
    same: tuple[str, ...]


def unfolded(table: Table, rows: Rows, names: Sequence[str]) -> tuple[Shape, dict[str, Any]]:
    """The shape of these columns of some rows, and the parameters. Raises `Refused`."""
    try:
        values = {name: _values(table.c[name].type, rows, name) for name in names}
        same = _same(table, values) if len(rows) >= MANY else {}
        given = {
            _many(name): _array(each, is_json=isinstance(table.c[name].type, JSON))
            for name, each in values.items()
            if name not in same
        }
    except (TypeError, ValueError) as wrong:  # orjson's own, too, is a TypeError
        raise Refused(f"What was to be stored cannot be written as JSON ({wrong})") from wrong
    given |= {_once(name): value for name, value in same.items()}
    return Shape(table, tuple(names), tuple(same)), given


@lru_cache(maxsize=512)
def columns(shape: Shape) -> Mapping[str, ColumnElement[Any]]:
    """What a statement takes for each column."""
    types = {name: shape.table.c[name].type for name in shape.names}
    many = [name for name in shape.names if name not in shape.same]
    typed = [column(name, plain(types[name])) for name in many]
    arrays = [_as_array(name, types[name]) for name in many]
    rows = func.unnest(*arrays).table_valued(*typed).render_derived()
    once = {name: bindparam(_once(name), type_=types[name]) for name in shape.same}
    return {name: once[name] if name in once else rows.c[name] for name in shape.names}


def plain(of: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type of an array's elements: a cast to a text of some length would cut it off."""
    return Text() if isinstance(of, FreeText | String) else of


def _array(values: Sequence[Any], is_json: bool) -> str:
    """An array as PostgreSQL reads it; no JSON text has a control character in it."""
    written = orjson.dumps(values)
    if not is_json and b"\\" in written and _CONTROL.search(written):
        return "{" + ",".join(map(_element, values)) + "}"
    return "{" + written[1:-1].decode() + "}"


def _element(value: Any) -> str:
    if not isinstance(value, str):
        return orjson.dumps(value).decode()
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _values(of: TypeEngine[Any], rows: Rows, name: str) -> list[Any]:
    values = [row[name] for row in rows]
    if isinstance(of, UTCDateTime):
        _require_zones(values)
    write = _writer(of)
    if write is not None:
        return [None if value is None else write(value) for value in values]
    return values


@lru_cache(maxsize=1024)
def _writer(of: TypeEngine[Any]) -> Writer | None:
    return next((write for kind, write in _WRITERS.items() if isinstance(of, kind)), None)


def _require_zones(times: Sequence[Any]) -> None:
    """orjson writes a time without a zone as if it had none to write."""
    if any(t is not None and t.tzinfo is not UTC and t.utcoffset() is None for t in times):
        raise Refused("A time without a time zone cannot be stored")


def _same(table: Table, values: Mapping[str, list[Any]]) -> dict[str, Any]:
    """What all rows have the same; never all that there is, or nothing would tell how many."""
    names = [name for name in values if not isinstance(table.c[name].type, JSON)]
    same = {name: values[name][0] for name in names if _is_one(values[name])}
    if len(same) == len(values):
        same.popitem()
    return same


def _is_one(values: Sequence[Any]) -> bool:
    first = values[0]  # the last one before the others: it differs where any does, as a rule
    return first is not None and values[-1] == first and values.count(first) == len(values)


def _as_array(name: str, of: TypeEngine[Any]) -> ColumnElement[Any]:
    return cast(bindparam(_many(name), type_=Text), ARRAY(plain(of)))


def _many(name: str) -> str:
    return f"all_{name}"


def _once(name: str) -> str:
    return f"each_{name}"


def _json(value: Any) -> str:
    """By the standard library where it may hold what is no number: orjson would make it null."""
    try:
        written = orjson.dumps(value, option=_PLAIN_ONLY)
    except (TypeError, ValueError):
        return _JSON.encode(value)
    return _JSON.encode(value) if b"null" in written else written.decode()


_PLAIN_ONLY = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_WRITERS: dict[type[TypeEngine[Any]], Writer] = {
    FreeText: FreeText.shorten,
    JSON: _json,
}
"""The others are as JSON has them."""
