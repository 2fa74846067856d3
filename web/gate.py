"""The one way in: what is not in the table of routes with a right of its own is not there.

It stands before the whole app, so that neither a page that is mounted nor a route that somebody
adds beside the table can be reached without a right that was declared for it.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from web.limited import Limits, TooMuch, whole
from web.rights import NOT_ALLOWED, Right, may
from web.segments import divided
from workers.settings import Settings

Endpoint = Callable[..., Awaitable[Any] | Any]

NOT_THERE = "There is nothing here."
TOO_MANY = "So many others ask for this at the same time that it cannot be given; ask again"


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be asked for. `path` as FastAPI takes it, `{parameters}` and all.

    `at_once`: how many requests for it may be in hand; one more is answered with 503. `body`: how
    long one may be, and take; None: the endpoint reads it itself. `told`: what FastAPI is to know
    besides, for the OpenAPI document; None: the route is not in it.
    """

    method: str
    path: str
    endpoint: Endpoint
    right: Right
    at_once: int | None = None
    body: Limits | None = None
    told: Mapping[str, Any] | None = field(default=None, hash=False)


class Gate:
    """Lets a request through to `app` where its route's right allows it."""

    def __init__(self, app: ASGIApp, routes: Sequence[Route], settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._routes = [(compile_path(route.path)[0], route) for route in routes]
        self._in_hand = Counter[Route | None]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            scope = divided(scope)
            # what the app goes by: `request.url` has in it what a client has sent as Host
            route = self._route(scope["method"], scope["path"])
            if refusal := self._refusal(route, Request(scope)):
                await refusal(scope, receive, send)
            else:
                await self._let_through(route, scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _route(self, method: str, path: str) -> Route | None:
        found = (r for pattern, r in self._routes if r.method == method and pattern.match(path))
        return next(found, None)

    def _refusal(self, route: Route | None, request: Request) -> JSONResponse | None:
        if route is None:
            return JSONResponse({"detail": NOT_THERE}, 404)
        if not may(route.right, request, self._settings):
            told, scheme = NOT_ALLOWED[route.right]
            return JSONResponse({"detail": told}, 401, {"WWW-Authenticate": scheme})
        if route.at_once is not None and self._in_hand[route] >= route.at_once:
            return JSONResponse({"detail": TOO_MANY}, 503, {"Retry-After": "1"})
        return None

    async def _let_through(
        self, route: Route | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._in_hand[route] += 1
        try:
            if route is not None and route.body is not None:
                receive = await whole(receive, route.body)
            await self._app(scope, receive, send)
        except TooMuch as wrong:
            await JSONResponse({"detail": str(wrong)}, wrong.status)(scope, receive, send)
        finally:
            self._in_hand[route] -= 1
