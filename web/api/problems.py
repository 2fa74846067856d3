"""What went wrong, in one sentence, with its status: never a value, and never a stack trace."""

from typing import Any, cast

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse

from storage.customers.calls import NotOver
from storage.customers.changing import Again
from storage.errors import LeaseLost, NotThere, Refused, StorageError

AWAY = "The database does not answer now; send it again"
NO_JSON = "The body is no JSON"
STATUSES: tuple[tuple[type[StorageError], int], ...] = (
    (NotOver, 409),
    (NotThere, 404),
    (Again, 503),
    (LeaseLost, 503),
    (Refused, 422),
)


async def wrong_request(_: Request, wrong: Exception) -> JSONResponse:
    """Which field, and what was expected there."""
    first = cast(RequestValidationError, wrong).errors()[0]
    if first["type"] == "json_invalid":
        return JSONResponse({"detail": NO_JSON}, 422)
    return JSONResponse({"detail": f"{_place(first['loc'])}: {first['msg']}"}, 422)


async def storage_problem(_: Request, wrong: Exception) -> JSONResponse:
    """What the database, or a rule about what it keeps, has said no to."""
    status = next((code for kind, code in STATUSES if isinstance(wrong, kind)), 503)
    headers = {"Retry-After": "5"} if status in {409, 503} else None
    told = AWAY if status == 503 else str(wrong)
    return JSONResponse({"detail": told}, status, headers)


def _place(loc: tuple[Any, ...]) -> str:
    """A list's index and a field's name; a key that somebody else chose is not repeated."""
    parts = [str(part)[:64] for part in loc[1:] if str(part).isascii()]
    shown = ".".join(part for part in parts if part.replace("_", "").replace("-", "").isalnum())
    return shown or f"the {loc[0]}"
