"""Who may ask for what: a closed list of rights, and the test of each.

`WATCH` is for whoever watches the site: a program that shows the token of the settings or, where
they have none, one on this very machine. "This machine" is the peer's address, and never a header
that a client could have written; a request that a proxy has passed on and says so, or that a
browser was led to under a foreign name, does not count as one from here. With a token nobody is
taken for one from here: a proxy that says nothing passes everybody on.
"""

import hmac
from enum import StrEnum
from ipaddress import ip_address

from starlette.requests import Request

from web.posted import SIGNATURE, shows_password
from workers.settings import Settings

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
SCHEME = "bearer "


class Right(StrEnum):
    """What a route asks of who calls it."""

    OPEN = "open"  # nothing: it tells nothing
    WATCH = "watch"
    PBX = "pbx"  # a signature, which the endpoint checks with the body, or the node's password
    PBX_ALONE = "pbx_alone"  # the node's password: a question has no body that could be signed
    CRM = "crm"  # a signature, which the endpoint checks with the body
    API = "api"  # a key of the settings, whose name says who it is


_WATCH = (
    "This is for those who send the site's token (web.token in the settings) as: "
    "Authorization: Bearer TOKEN; where there is none, for programs on this machine"
)
_PBX = (
    "This is for PBXs of the settings: with hooks.password by HTTP Basic, the node's name as user; "
    "a post may be signed with one of hooks.secrets instead"
)
_API = (
    "This is for those who send one of the keys of the settings ([api.keys]) as: "
    "Authorization: Bearer KEY"
)
_CRM = (
    "This is for a CRM of the settings that signs what it posts ([crms.NAME] hook_secrets), as "
    "Standard Webhooks says"
)
NOT_ALLOWED = {
    Right.OPEN: (_WATCH, "Bearer"),
    Right.WATCH: (_WATCH, "Bearer"),
    Right.PBX: (_PBX, 'Basic realm="dialplane"'),
    Right.PBX_ALONE: (_PBX, 'Basic realm="dialplane"'),
    Right.CRM: (_CRM, "Bearer"),
    Right.API: (_API, "Bearer"),
}
"""What whoever has not the right is told, and how to show who one is: curl sends no password
before it is asked for one."""


def may(right: Right, request: Request, settings: Settings) -> bool:
    """Whether this request has that right."""
    if right is Right.OPEN:
        return True
    if right is Right.API:
        return caller_of(request, settings) is not None
    if right is Right.CRM:
        name = request.scope["path"].split("/")[3]
        known = name in settings.crms and settings.crms[name].hook_secrets
        return bool(known) and SIGNATURE in request.headers
    if right in (Right.PBX, Right.PBX_ALONE):
        signed = right is Right.PBX and SIGNATURE in request.headers and settings.hooks.secrets
        return bool(signed) or shows_password(request, settings.hooks)
    return _from_here(request) if settings.web.token is None else _shows_token(request, settings)


def _from_here(request: Request) -> bool:
    passed_on = any(name in request.headers for name in FORWARDED)
    return not passed_on and is_loopback(_peer(request)) and is_loopback(_asked_for(request))


def _peer(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _asked_for(request: Request) -> str:
    """The name under which this server was called."""
    return request.url.hostname or ""


def is_loopback(host: str) -> bool:
    """Whether a name or address can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def caller_of(request: Request, settings: Settings) -> str | None:
    """By which name of the settings' the key is known that a request shows."""
    shown = _bearer(request)
    return settings.api.caller(shown) if shown else None


def _shows_token(request: Request, settings: Settings) -> bool:
    shown = _bearer(request)
    if settings.web.token is None or not shown:
        return False
    token = settings.web.token.get_secret_value().encode()
    return hmac.compare_digest(shown.encode(), token)


def _bearer(request: Request) -> str:
    told = request.headers.get("authorization", "")
    return told[len(SCHEME) :].strip() if told.lower().startswith(SCHEME) else ""
