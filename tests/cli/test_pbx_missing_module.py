"""A FreeSWITCH without a module that is needed, as an operator meets it."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.freeswitch import login
from tests.connectors.freeswitch.esl_server import PASSWORD, EslServer


@pytest.fixture
def half_loaded() -> Iterator[EslServer]:
    """An event socket without `mod_sofia`, in a thread: a command has a loop of its own."""
    loop, server = asyncio.new_event_loop(), EslServer()
    server.modules.remove("mod_sofia")
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.listen(), loop).result(5)
    yield server
    asyncio.run_coroutine_threadsafe(_end(server), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


async def _end(server: EslServer) -> None:
    await server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=2)


def test_the_module_is_named(
    run: Any, site: Path, half_loaded: EslServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"esl://:{PASSWORD}@127.0.0.1:{half_loaded.port}"
    monkeypatch.setenv("DIALPLANE_PBX_WEST", url)
    monkeypatch.setattr(login, "BOOT_SECONDS", 1.0)
    ran = run("pbx", "ping", "west", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["up"]) == (4, False)
    assert "has not loaded mod_sofia within 1 s, and without it no phone can be" in told["why"]
