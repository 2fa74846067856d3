"""The one way in: what is not in the table of routes with a right of its own is not there.

It stands before the whole app, so that neither a page that is mounted nor a route that somebody
adds beside the table can be reached without a right that was declared for it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from web.rights import Right, may
from workers.settings import Settings

Endpoint = Callable[..., Awaitable[Any] | Any]

NOT_THERE = "There is nothing here."
NOT_ALLOWED = (
    "This is for those who send the site's token (web.token in the settings) as: "
    "Authorization: Bearer TOKEN; where there is none, for programs on this machine"
)


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be asked for. `path` as FastAPI takes it, `{parameters}` and all."""

    method: str
    path: str
    endpoint: Endpoint
    right: Right


class Gate:
    """Lets a request through to `app` where its route's right allows it."""

    def __init__(self, app: ASGIApp, routes: Sequence[Route], settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._rights = [(r.method, compile_path(r.path)[0], r.right) for r in routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            answer = self._refusal(Request(scope)) or self._app
            await answer(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, request: Request) -> JSONResponse | None:
        # what the app goes by: `request.url` is put together with what a client has sent as Host
        right = self._right(request.method, request.scope["path"])
        if right is None:
            return JSONResponse({"detail": NOT_THERE}, 404)
        if may(right, request, self._settings):
            return None
        return JSONResponse({"detail": NOT_ALLOWED}, 401, {"WWW-Authenticate": "Bearer"})

    def _right(self, method: str, path: str) -> Right | None:
        found = (r for m, pattern, r in self._rights if m == method and pattern.match(path))
        return next(found, None)
