"""A PBX that goes silent is noticed within two seconds, and one that does not is not blamed."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.asterisk.codec import Message
from connectors.asterisk.session import Session
from connectors.calls import LinkBack, LinkLost
from connectors.freeswitch.wire import Wire
from connectors.linked.keeper import STALL, Keeper
from connectors.pbx import open_pbx
from lab.loopback import free_port
from tests.connectors.linked.conftest import KINDS, Far
from tests.contract.watch import Watch

NOTICED = 2.0  # seconds


async def test_silence_is_noticed_within_two_seconds(far: Far, watch: Watch) -> None:
    pbx = open_pbx("mock", far.url)
    await pbx.open(watch)
    far.server.freeze()
    began = time.monotonic()
    await watch.one(LinkLost, seconds=NOTICED)
    assert time.monotonic() - began < NOTICED
    far.server.thaw()
    await watch.one(LinkBack)
    await pbx.close()


class Served:
    """A fake PBX in a process of its own, as the connectors know it."""

    def __init__(self, kind: str) -> None:
        port = free_port("127.0.0.1")
        way = ("--ami" if kind == "asterisk" else "--esl", str(port))
        program = Path(sys.executable).with_name("dialplane")
        self.process = subprocess.Popen(
            [program, "fake-pbx", *way, "--password", "pw"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self.process.stdout is not None
        self.process.stdout.readline()  # it is there
        user = "ami://dialplane" if kind == "asterisk" else "esl://"
        self.url = f"{user}:pw@127.0.0.1:{port}"

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture(params=KINDS)
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    pbx = Served(request.param)
    yield pbx
    pbx.end()


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL], ids=["frozen", "killed"])
async def test_so_is_a_process_that_is_frozen_or_killed(
    served: Served, watch: Watch, how: signal.Signals
) -> None:
    pbx = open_pbx("served", served.url)
    await pbx.open(watch)
    served.process.send_signal(how)
    await watch.one(LinkLost, seconds=NOTICED)
    await pbx.close()


class Slept:
    """A session whose answer came while this process stood still for so many seconds."""

    def __init__(self, *stalls: float) -> None:
        self.over = asyncio.Event()
        self.aborted = ""
        self.pings = 0
        self._stalls = list(stalls)

    def write(self, *actions: Any) -> None: ...

    async def ping(self, seconds: float = 1.0) -> float:
        self.pings += 1
        if self._stalls:
            time.sleep(self._stalls.pop(0))  # noqa: ASYNC251 - the whole loop does
            raise TimeoutError
        return 0.0

    async def leave(self) -> None: ...

    def abort(self, why: str) -> None:
        self.aborted = why
        self.over.set()


@pytest.mark.parametrize(("stall", "lost"), [(0.1, True), (0.1 + STALL + 0.05, False)])
async def test_a_process_that_stood_still_itself_asks_again(stall: float, lost: bool) -> None:
    session = Slept(stall)

    async def log_in() -> None: ...

    async def look_after(_: Slept) -> None: ...

    keeper = Keeper("mock", lambda: session, log_in, look_after, ping=0.05, silence=0.1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await keeper.keep()
    assert bool(session.aborted) == lost
    assert lost or session.pings > 1


async def test_an_answer_counts_that_comes_as_its_time_is_over() -> None:
    lost: list[str] = []
    session = Session(lambda _: None, lambda _, why: lost.append(why))
    session.begin(Deaf())
    asked = asyncio.create_task(session.ask("Ping", seconds=0.05))
    await asyncio.sleep(0)
    answer = Message(b"Response: Success\r\nActionID: ask:1")
    asyncio.get_running_loop().call_soon(session.ears.message, answer)
    time.sleep(0.1)  # noqa: ASYNC251 - the whole loop stands still
    assert await asked == [answer]

    wire = Wire(lambda _: None, lost.append)
    wire.begin(Deaf())
    waits = asyncio.create_task(wire.ask(b"noop\n\n", 0.05))
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(wire.ears.answer, "+OK")
    time.sleep(0.1)  # noqa: ASYNC251
    assert await waits == "+OK"
    assert lost == []


class Deaf:
    """A link into nowhere."""

    def write(self, _: Any) -> None: ...

    def backlog(self) -> int:
        return 0

    def abort(self) -> None: ...
