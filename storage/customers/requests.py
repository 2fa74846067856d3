"""Requests that may come twice: known by the key that their sender gave them, for a week."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select

from storage.bulk import insert_absent
from storage.dbtime import db_time
from storage.errors import Refused
from storage.tables.changes import API_REQUESTS

KEPT = 7 * 86_400.0  # seconds
_C = API_REQUESTS.c


@dataclass(frozen=True, slots=True)
class Request:
    """`caller`: whose key it is; `digest`: a hash of what is asked."""

    caller: str
    key: str
    digest: str


def answer_of(connection: Connection, request: Request | None) -> dict[str, Any] | None:
    """What was answered; None: it is new. Raises `Refused` where the key was another request's."""
    if request is None:
        return None
    query = select(_C.digest, _C.answer).where(_C.caller == request.caller, _C.key == request.key)
    found = connection.execute(query).first()
    if found is None:
        return None
    if found.digest != request.digest:
        raise Refused("That idempotency key was used for another request; give each its own")
    answer: dict[str, Any] = found.answer
    return answer


def keep_answer(connection: Connection, request: Request, answer: Mapping[str, Any]) -> bool:
    """In the transaction of what was asked. False: it has been answered meanwhile."""
    connection.execute(delete(API_REQUESTS).where(_C.at <= db_time(-KEPT)))
    row = {"caller": request.caller, "key": request.key, "digest": request.digest}
    rows = [{**row, "answer": dict(answer)}]
    return bool(insert_absent(connection, API_REQUESTS, rows, ["caller", "key"], {"at": db_time()}))
