"""A PBX that goes silent is told of within two seconds; one that answers late keeps its link."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.asterisk.codec import Message
from connectors.asterisk.session import Session
from connectors.calls import LinkBack, LinkHeard, LinkLost, LinkSilent
from connectors.freeswitch.wire import Wire
from connectors.linked.keeper import LOOK, STALL, Keeper
from connectors.linked.patience import Patience
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
    await watch.one(LinkSilent, seconds=NOTICED)
    assert time.monotonic() - began < NOTICED
    far.server.thaw()
    await watch.one(LinkHeard)
    assert await pbx.ping() < NOTICED
    assert [type(event) for event in watch.events] == [LinkSilent, LinkHeard]
    await pbx.close()


async def test_what_stays_silent_is_given_up(far: Far, watch: Watch) -> None:
    pbx = open_pbx("mock", f"{far.url}?give_up=2")
    await pbx.open(watch)
    far.server.freeze()
    await watch.one(LinkLost)
    far.server.thaw()
    await watch.one(LinkBack)
    assert [type(event) for event in watch.events] == [LinkSilent, LinkLost, LinkBack]
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


@pytest.mark.parametrize(
    ("how", "told"), [(signal.SIGSTOP, LinkSilent), (signal.SIGKILL, LinkLost)]
)
async def test_so_is_a_process_that_is_frozen_or_killed(
    served: Served, watch: Watch, how: signal.Signals, told: type[LinkSilent] | type[LinkLost]
) -> None:
    pbx = open_pbx("served", served.url)
    await pbx.open(watch)
    served.process.send_signal(how)
    await watch.one(told, seconds=NOTICED)
    await pbx.close()


class Mute:
    """A session that answers nothing."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.aborted = ""

    def write(self, *actions: Any) -> None: ...

    async def ping(self, seconds: float = 1.0) -> float:
        await asyncio.sleep(seconds)
        raise TimeoutError

    async def leave(self) -> None: ...

    def abort(self, why: str) -> None:
        self.aborted = why
        self.over.set()


class Slept(Mute):
    """One whose first answer came while this process stood still for so many seconds."""

    def __init__(self, stall: float) -> None:
        super().__init__()
        self.settled = asyncio.Event()
        self._pings = 0
        self._stall = stall

    async def ping(self, seconds: float = 1.0) -> float:
        self._pings += 1
        if self._pings == 1:
            time.sleep(self._stall)  # noqa: ASYNC251 - the whole loop does
            raise TimeoutError
        if self._pings == 3:
            self.settled.set()
        return 0.0


def keeper_of(
    session: Mute, heard: list[bool], look_after: Callable[[Mute], Awaitable[None]]
) -> Keeper[Mute]:
    async def log_in() -> None: ...

    patience = Patience(ping=0.05, silence=0.1, give_up=0.3)
    return Keeper("mock", lambda: session, log_in, look_after, heard.append, patience)


async def nothing(_: Mute) -> None: ...


@pytest.mark.parametrize(("stall", "told"), [(0.1, [False, True]), (0.1 + STALL + 0.05, [])])
async def test_a_process_that_stood_still_itself_asks_again(stall: float, told: list[bool]) -> None:
    session, heard = Slept(stall), list[bool]()
    keeping = asyncio.create_task(keeper_of(session, heard, nothing).keep())
    async with asyncio.timeout(NOTICED):
        await session.settled.wait()
    keeping.cancel()
    assert heard == told
    assert not session.aborted


class Cut(Mute):
    """One that is lost in the very turn of the loop in which an answer is late."""

    async def ping(self, seconds: float = 1.0) -> float:
        await asyncio.sleep(seconds)
        self.over.set()
        raise TimeoutError


async def test_what_is_lost_as_an_answer_is_late_is_not_told_to_be_silent() -> None:
    """What is told after the loss is held back until the link is there again, which it would mar:
    a PBX that has come back would count as silent for good."""
    session, heard = Cut(), list[bool]()
    keeping = asyncio.create_task(keeper_of(session, heard, nothing).keep())
    async with asyncio.timeout(NOTICED):
        await session.over.wait()
    await asyncio.sleep(0)
    keeping.cancel()
    assert heard == []


async def test_a_question_that_waits_for_its_answer_hides_no_silence() -> None:
    session, heard = Mute(), list[bool]()

    async def waits(_: Mute) -> None:
        await asyncio.Event().wait()

    keeping = asyncio.create_task(keeper_of(session, heard, waits).keep())
    async with asyncio.timeout(NOTICED):
        await session.over.wait()
    keeping.cancel()
    assert heard == [False]
    assert session.aborted == "no answer for 0.3 s"


async def test_a_question_without_an_answer_costs_no_link_that_gives_signs_of_life() -> None:
    session, asked = Slept(0.0), 0

    async def in_vain(_: Mute) -> None:
        nonlocal asked
        asked += 1
        raise TimeoutError

    keeping = asyncio.create_task(keeper_of(session, [], in_vain).keep())
    async with asyncio.timeout(NOTICED):
        await session.settled.wait()
    await asyncio.sleep(2 * LOOK)
    keeping.cancel()
    assert asked >= 1
    assert not session.aborted


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
