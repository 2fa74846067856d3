"""A message's fields, and what they become in a column of a given type."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.types import TypeEngine

from storage.outbox import Taken


def fields_of(message: Taken) -> dict[str, Any]:
    """Everything a result has to tell, flat, by the names a column map may use."""
    return {
        **message.payload,
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
