"""What an URL's path is divided by: `/`, and never `%2F`, which is a letter of what it stands in.

A server hands on the path decoded, in which the two are one; so what holds names that others chose
is divided anew, by the path as it was sent, before the gate and the app look at it: the same for
both.
"""

from typing import Annotated, TypeAlias
from urllib.parse import quote, unquote

from pydantic import AfterValidator
from starlette.types import Scope

NAMED = "/api/customers/"
"""In what lies below, somebody else's names stand."""


def divided(scope: Scope) -> Scope:
    """The request with a `path` whose parts are `Segment`s, where it is one of those."""
    if not scope["path"].startswith(NAMED):
        return scope
    sent = scope.get("raw_path")
    raw = quote(scope["path"]) if sent is None else sent.decode("latin-1")
    return {**scope, "path": "/".join(_kept(unquote(part)) for part in raw.split("/"))}


def _kept(part: str) -> str:
    return part.replace("%", "%25").replace("/", "%2F")


Segment: TypeAlias = Annotated[str, AfterValidator(unquote)]
"""A part of a divided path, as whoever sent it meant it."""
