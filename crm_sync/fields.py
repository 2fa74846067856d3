"""A message's fields, and what they become in a column of a given type."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.types import TypeEngine

from storage.messages import OF_RESULT
from storage.outbox import Taken

KEY = "idempotency_key"


ANSWERS = "answers"
FIELDS = (*OF_RESULT, "called_number", "calling_number", ANSWERS, KEY, "message_id", "kind")
"""Every name that a map of columns may use. The answers to a flow's questions are one JSON text;
the customer's number is there once more, as what was called or has called."""


def wrong_columns(columns: Mapping[str, str], key: str) -> str | None:
    """What is wrong with a map of fields to columns, beginning with the setting; None: nothing.

    Without the key a second delivery would be a second row; a field nobody knows would be null.
    """
    unknown = sorted(set(columns) - set(FIELDS))
    if unknown:
        known = ", ".join(sorted(FIELDS))
        return f"columns: there is no field {', '.join(unknown)}; use some of {known}"
    twice = sorted(column for column, count in Counter(columns.values()).items() if count > 1)
    if twice:
        return f"columns: two fields go into the column {twice[0]}; give each its own"
    if columns and key not in columns.values():
        return f"columns: none of them is the key {key}; add a line such as {KEY} = '{key}'"
    if not columns and key not in FIELDS:
        return f"key: no field is called {key}; say in columns which one goes there"
    return None


def fields_of(message: Taken) -> dict[str, Any]:
    """Everything a result has to tell, flat, by the names a column map may use."""
    given, number = message.payload.get(ANSWERS), message.payload.get("number")
    came_in = message.payload.get("direction") == "inbound"
    return {
        **message.payload,
        "called_number": None if came_in else number,
        "calling_number": number if came_in else None,
        ANSWERS: None if given is None else json.dumps(given, ensure_ascii=False, sort_keys=True),
        "idempotency_key": message.idempotency_key,
        "message_id": str(message.id),
        "kind": message.kind,
    }


def to_column(kind: TypeEngine[Any], value: Any, zone: str = "") -> Any:
    """A field's JSON value as the column's type wants it. Raises `ValueError`.

    A time goes into a column without a zone as one of `zone`, or UTC; one that has none itself is
    of that zone, whatever the machine's is.
    """
    wanted = _python_type(kind)
    if value is None or isinstance(value, bool | int | float):
        return value
    if not isinstance(value, str):
        raise ValueError("a field holds more than one value")  # noqa: TRY004 - the row's fault
    if wanted is datetime:
        return _at(value, zone, aware=getattr(kind, "timezone", False))
    if wanted is date:
        return _at(value, zone, aware=False).date()
    return UUID(value) if wanted is UUID else value


def _at(value: str, zone: str, aware: bool) -> datetime:
    at, there = datetime.fromisoformat(value), ZoneInfo(zone) if zone else UTC
    if aware:
        return (at if at.tzinfo else at.replace(tzinfo=there)).astimezone(UTC)
    return at.astimezone(there).replace(tzinfo=None) if at.tzinfo else at


def _python_type(kind: TypeEngine[Any]) -> type:
    try:
        return kind.python_type
    except NotImplementedError:
        return str
