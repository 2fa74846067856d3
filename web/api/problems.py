"""What went wrong, in one sentence, with its status: never a value, and never a stack trace."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from storage.customers.calls import NotOver
from storage.customers.changing import Again
from storage.errors import LeaseLost, NotTaken, NotThere, Refused, StorageError

AWAY = "The database does not answer now; send it again"
NO_JSON = "The body is no JSON"
NO_OBJECT = "The body has to be a JSON object, with the header Content-Type: application/json"
NOT_TAKEN = "A value cannot be stored: a text with a NUL in it, a time or a number out of range"
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
    if first["loc"] == ("body",):
        return JSONResponse({"detail": NO_OBJECT}, 422)
    return JSONResponse({"detail": sentence(first, first["loc"][0], first["loc"][1:])}, 422)


async def unreadable(_: Request, wrong: Exception) -> JSONResponse:
    """FastAPI's own word about a body in another encoding, or with a number of ten thousand
    digits."""
    told = cast(HTTPException, wrong)
    if told.status_code == 400:
        return JSONResponse({"detail": NO_JSON}, 422)
    return JSONResponse({"detail": told.detail}, told.status_code, told.headers)


async def storage_problem(_: Request, wrong: Exception) -> JSONResponse:
    """What the database, or a rule about what it keeps, has said no to."""
    status = next((code for kind, code in STATUSES if isinstance(wrong, kind)), 503)
    headers = {"Retry-After": "5"} if status in {409, 503} else None
    told = AWAY if status == 503 else NOT_TAKEN if isinstance(wrong, NotTaken) else str(wrong)
    return JSONResponse({"detail": told}, status, headers)


def sentence(error: Mapping[str, Any], whole: Any, loc: Sequence[Any]) -> str:
    """One of pydantic's errors: where within `whole`, and what was expected there."""
    words = _IN_JSON.get(error["type"]) or error["msg"].replace("Tuple", "List")
    return f"{_place(whole, loc)}: {words}"


def _place(whole: Any, loc: Sequence[Any]) -> str:
    """A list's index and a field's name; a key that somebody else chose is not repeated."""
    parts = [str(part)[:64] for part in loc if str(part).isascii()]
    shown = ".".join(part for part in parts if part.replace("_", "").replace("-", "").isalnum())
    return shown or f"the {whole}"


_IN_JSON = {
    "extra_forbidden": "There is no such key",
    "model_type": "Input should be an object",
    "model_attributes_type": "Input should be an object",
    "tuple_type": "Input should be a list",
}
"""Words of Python's for what a JSON document calls otherwise."""
