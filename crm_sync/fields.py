"""A message's fields, and what they become in a column of a given type."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.types import TypeEngine

from storage.messages import OF_RESULT
from storage.outbox import Taken

KEY = "idempotency_key"


ANSWERS = "answers"
FIELDS = (*OF_RESULT, ANSWERS, KEY, "message_id", "kind")
"""Every name that a map of columns may use. The answers to a flow's questions are one JSON text."""


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
    given = message.payload.get(ANSWERS)
    return {
        **message.payload,
        ANSWERS: None if given is None else json.dumps(given, ensure_ascii=False, sort_keys=True),
        "idempotency_key": message.idempotency_key,
        "message_id": str(message.id),
        "kind": message.kind,
    }


def to_column(kind: TypeEngine[Any], value: Any) -> Any:
    """A field's JSON value as the column's type wants it. Raises `ValueError`.

    A time goes into a column without a zone as UTC.
    """
    wanted = _python_type(kind)
    if value is None or isinstance(value, bool | int | float):
        return value
    if not isinstance(value, str):
        raise ValueError("a field holds more than one value")  # noqa: TRY004 - the row's fault
    if wanted is datetime:
        at = datetime.fromisoformat(value).astimezone(UTC)
        return at if getattr(kind, "timezone", False) else at.replace(tzinfo=None)
    if wanted is date:
        return datetime.fromisoformat(value).astimezone(UTC).date()
    return UUID(value) if wanted is UUID else value


def _python_type(kind: TypeEngine[Any]) -> type:
    try:
        return kind.python_type
    except NotImplementedError:
        return str
