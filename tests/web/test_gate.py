"""Nothing is there but what the table has, and nobody gets in but by a right."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.routing import Mount, Route

import web.gate
from tests.web.conftest import TOKEN
from web.app import make_app
from web.gate import NOT_THERE, Gate
from web.rights import Right
from web.routes import ROUTES
from workers.overview import Lookout
from workers.settings import Settings, WebSettings

HERE = ("127.0.0.1", 40000)
ELSEWHERE = ("203.0.113.9", 40000)
LOCAL = "http://localhost:8470"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    web = WebSettings(token=SecretStr(TOKEN))
    url = SecretStr(f"sqlite:///{tmp_path / 'none.db'}")
    return Settings(home=tmp_path, database_url=url, recordings=tmp_path, web=web)


@pytest.fixture
def ask(settings: Settings) -> Callable[..., Any]:
    """`await ask(path, peer, url, **headers)`: the answer's status."""
    app = make_app(settings, Lookout(settings))

    async def asked(
        path: str,
        peer: tuple[str, int] = HERE,
        url: str = LOCAL,
        method: str = "GET",
        **headers: Any,
    ) -> int:
        transport = httpx.ASGITransport(app, client=peer)
        async with httpx.AsyncClient(transport=transport, base_url=url) as client:
            return (await client.request(method, path, headers=headers)).status_code

    return asked


def test_every_route_of_the_app_has_a_row_with_a_right(settings: Settings) -> None:
    gate = make_app(settings, Lookout(settings))
    assert isinstance(gate, Gate)
    app: Any = gate._app
    there = {(m, r.path) for r in app.routes for m in r.methods}
    assert there == {(route.method, route.path) for route in ROUTES}
    assert all(isinstance(route.right, Right) for route in ROUTES)
    assert {r.path for r in ROUTES if r.right is Right.OPEN} == {"/health"}


async def test_what_is_added_beside_the_table_cannot_be_reached(settings: Settings) -> None:
    gate: Any = make_app(settings, Lookout(settings))
    hello = Route("/hello", lambda _: pytest.fail("it was reached"))
    gate._app.routes.extend([hello, Mount("/files", routes=[hello])])
    transport = httpx.ASGITransport(gate, client=HERE)
    async with httpx.AsyncClient(transport=transport, base_url=LOCAL) as client:
        for path in ("/hello", "/files/hello", "/docs", "/openapi.json", "/redoc", "/", "//ready"):
            assert (await client.get(path)).status_code == 404
        assert (await client.post("/ready")).status_code == 404


@pytest.mark.parametrize("path", ["/hea%09lth", "/heal%0Ath"])
async def test_a_path_is_judged_as_the_app_takes_it(settings: Settings, path: str) -> None:
    """An URL that is put together and taken apart again loses blanks, and more by a wrong Host."""
    transport = httpx.ASGITransport(make_app(settings, Lookout(settings)), client=ELSEWHERE)
    async with httpx.AsyncClient(transport=transport, base_url=LOCAL) as client:
        assert (await client.get(path)).json() == {"detail": NOT_THERE}


@pytest.mark.parametrize("path", ["/api%2Fcustomers/x", "/api/customers%2Fx", "/pbx/a%2Fb/caller"])
async def test_what_divides_a_path_is_no_letter_of_it(ask: Callable[..., Any], path: str) -> None:
    assert await ask(path) == 404


@pytest.mark.parametrize(
    ("peer", "url", "headers", "status"),
    [
        (HERE, LOCAL, {}, 401),
        (HERE, LOCAL, {"authorization": f"Bearer {TOKEN}"}, 200),
        (ELSEWHERE, "http://dial.example", {"authorization": f"Bearer {TOKEN}"}, 200),
        (ELSEWHERE, "http://dial.example", {"authorization": f"bearer  {TOKEN}"}, 200),
        (ELSEWHERE, "http://dial.example", {"authorization": f"Basic {TOKEN}"}, 401),
        (ELSEWHERE, "http://dial.example", {"authorization": "Bearer "}, 401),
        (ELSEWHERE, "http://dial.example", {"authorization": b"Bearer \xe9"}, 401),
    ],
)
async def test_who_may_watch_where_there_is_a_token(
    ask: Callable[..., Any],
    peer: tuple[str, int],
    url: str,
    headers: dict[str, Any],
    status: int,
) -> None:
    assert await ask("/metrics", peer, url, **headers) == status
    assert await ask("/health", peer, url, **headers) == 200


@pytest.mark.parametrize(
    ("peer", "url", "headers", "status"),
    [
        (HERE, LOCAL, {}, 200),
        (HERE, "http://127.0.0.1:8470", {}, 200),
        (("::1", 4), "http://[::1]:8470", {}, 200),
        (HERE, "http://rebound.example:8470", {}, 401),
        (ELSEWHERE, LOCAL, {}, 401),
        (ELSEWHERE, LOCAL, {"x-forwarded-for": "127.0.0.1"}, 401),
        (HERE, LOCAL, {"forwarded": "for=203.0.113.9"}, 401),
    ],
)
async def test_who_may_watch_where_there_is_none(
    settings: Settings, peer: tuple[str, int], url: str, headers: dict[str, str], status: int
) -> None:
    bare = settings.model_copy(update={"web": WebSettings()})
    transport = httpx.ASGITransport(make_app(bare, Lookout(bare)), client=peer)
    async with httpx.AsyncClient(transport=transport, base_url=url) as client:
        assert (await client.get("/metrics", headers=headers)).status_code == status


async def test_without_a_token_in_the_settings_none_is_right(settings: Settings) -> None:
    bare = settings.model_copy(update={"web": WebSettings()})
    transport = httpx.ASGITransport(make_app(bare, Lookout(bare)), client=ELSEWHERE)
    async with httpx.AsyncClient(transport=transport, base_url="http://dial.example") as client:
        for shown in ("Bearer None", "Bearer", "Bearer "):
            answer = await client.get("/metrics", headers={"Authorization": shown})
            assert answer.status_code == 401


async def test_of_what_takes_time_only_so_many_are_in_hand(settings: Settings) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> dict[str, bool]:
        begun.set()
        await go_on.wait()
        return {"slow": True}

    routes = (*ROUTES, web.gate.Route("GET", "/slow", slow, Right.OPEN, at_once=1))
    transport = httpx.ASGITransport(make_app(settings, Lookout(settings), routes), client=HERE)
    async with httpx.AsyncClient(transport=transport, base_url=LOCAL) as client:
        first = asyncio.create_task(client.get("/slow"))
        await begun.wait()
        assert (await client.get("/slow")).status_code == 503
        assert (await client.get("/health")).status_code == 200
        go_on.set()
        assert (await first).status_code == 200
        assert (await client.get("/slow")).status_code == 200
