"""What every endpoint of the REST API needs to know of a request."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias, get_args, get_origin
from uuid import UUID

from fastapi import Request
from pydantic import BeforeValidator
from starlette.responses import Response

from connectors.calls import E164, TOKEN
from storage.customers import look
from storage.customers.changes import By
from storage.customers.given import LONGEST_ID
from storage.engine import Store
from storage.errors import NotThere, Refused
from web.hook_forms import Time
from web.rights import caller_of
from workers.customer_cache import CustomerCache, as_json


def caller(request: Request) -> str:
    """The name of the key that was shown. The gate has let it through."""
    found = caller_of(request, request.app.state.settings)
    if found is None:
        raise NotThere("The key is not in the settings any more")
    return found


def by(request: Request) -> By:
    """Who changes something by it."""
    name = caller(request)
    return By(f"api:{name}", name)


def cache(request: Request) -> CustomerCache:
    found: CustomerCache = request.app.state.customers
    return found


def store(request: Request) -> Store:
    """The site's database. Raises `StorageError`."""
    return cache(request).store()


def found(request: Request, which: str, source: str | None = None) -> UUID:
    """The customer of an id, a number, or with `source` of an external id. Raises `NotThere`."""
    if source is not None and len(which) > LONGEST_ID:
        customer = None
    elif source is not None:
        customer = look.by_external_id(store(request), source, which)
    elif E164.fullmatch(which):
        customer = look.by_number(store(request), which)
    else:
        customer = _id(which)
    if customer is None:
        raise NotThere("There is no such customer")
    return customer


def only_declared(request: Request) -> None:
    """A filter whose name is misspelt must not list everybody, and of one that is there twice the
    first must not be passed over. Raises `Refused`."""
    declared = request.scope["route"].dependant.query_params
    known = {each.alias for each in declared}
    if strange := set(request.query_params) - known:
        shown = f"'{min(strange)}'" if all(map(TOKEN.fullmatch, strange)) else "of that name"
        expected = ", ".join(sorted(known)) or "none"
        raise Refused(f"There is no query parameter {shown}; expected: {expected}")
    for each in declared:
        several = len(request.query_params.getlist(each.alias)) > 1
        if several and not _is_list(each.field_info.annotation):
            raise Refused(f"{each.alias}: expected once, and it is there several times")


def answer(value: Any, status: int = 200) -> Response:
    """As JSON: times in UTC."""
    return Response(as_json(value), status, media_type="application/json")


def now() -> datetime:
    return datetime.now(UTC)


def _is_list(kind: Any) -> bool:
    return any(get_origin(each) is list for each in (kind, *get_args(kind)))


def _plus(raw: Any) -> Any:
    return _BLANK.sub(r"\1+\2", raw) if isinstance(raw, str) else raw


_BLANK = re.compile(r"(T[\d:.]+) (\d\d:?\d\d)$")
"""What becomes of the + of a time zone that is not written as %2B."""
QueryTime: TypeAlias = Annotated[Time, BeforeValidator(_plus)]


def _id(which: str) -> UUID | None:
    try:
        return UUID(which)
    except ValueError:
        return None
