"""A real FreeSWITCH under the contract, named by DIALPLANE_TEST_FREESWITCH, over a wire.

It must have the world of lab/templates/freeswitch in its dialplan, and whoever runs it must start
it again when it dies: the contract crashes it. The URL's options, where it has any, say otherwise
how numbers and phones are dialled.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit
from uuid import uuid4

from connectors.clock import Clock, RunningClock
from connectors.pbx import Pbx, PbxError, PbxRefused, open_pbx
from lab.errors import LabError
from lab.esl import Esl
from tests.contract.wire import Wire

WORLD = "trunk_technology=loopback&phone_technology=loopback"
At = tuple[str, int, str]  # host, port and password of an event socket
RESTART_SECONDS = 30.0
LINES = "loopback/{line}/public"  # what a customer dials to call in


class FreeSwitchHarness:
    trunk = "carrier"
    message = "contract"
    no_message = "not-recorded_yet"
    tells_humans = False
    no_flows, refuses_flows = "flows are not rendered for FreeSWITCH yet", True

    def __init__(self, scheme: str, url: str, wire: Wire) -> None:
        self.clock: Clock = RunningClock()
        where = urlsplit(url)
        self._at: At = str(where.hostname), int(where.port or 8021), str(where.password)
        self._wire = wire
        options = where.query or WORLD
        self._url = f"{scheme}://:{where.password}@127.0.0.1:{wire.port}?{options}"
        self.strangers: dict[type[PbxError], str] = {
            PbxRefused: f"{scheme}://:wrong-password@127.0.0.1:{wire.port}",
        }

    @classmethod
    async def make(cls, scheme: str, url: str) -> Self:
        where = urlsplit(url)
        wire = await Wire(str(where.hostname), int(where.port or 8021)).open()
        return cls(scheme, url, wire)

    def connect(self) -> Pbx:
        return open_pbx("contract", self._url, self.clock)

    async def cut(self) -> None:
        await self._wire.cut()

    async def freeze(self) -> None:
        self._wire.freeze()

    async def thaw(self) -> None:
        self._wire.thaw()

    async def restore(self) -> None:
        await self._wire.mend()

    async def crash(self) -> None:
        with contextlib.suppress(LabError, OSError), Esl(*self._at) as session:
            session.api("fsctl crash")
        await self._wire.cut()
        async with asyncio.timeout(RESTART_SECONDS):
            while not await asyncio.to_thread(self._is_up):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.2)

    def arrived(self, number: str) -> int:
        with Esl(*self._at) as session:
            return session.api(f"global_getvar arrived_{number.lstrip('+')}").count("x")

    async def call_in(self, line: str, caller: str) -> Callable[[], None]:
        call_id = call_in(self._at, LINES.format(line=line), caller)
        return lambda: hang_up(self._at, call_id)

    def sent(self) -> bytes:
        return self._wire.sent

    async def close(self) -> None:
        await self._wire.cut()
        with Esl(*self._at) as session:
            session.api("hupall")
        async with asyncio.timeout(10):
            while not self._is_silent():  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)

    def _is_up(self) -> bool:
        with contextlib.suppress(LabError, OSError), Esl(*self._at) as session:
            return session.api("module_exists mod_loopback") == "true"
        return False

    def _is_silent(self) -> bool:
        with Esl(*self._at) as session:
            return session.api("show channels count") == "0 total."


def call_in(at: At, where: str, caller: str, does: str = "park()", *more: str) -> str:
    """A customer of the world behind the trunk dials `where`; the id of their phone.

    `more`: variables of their side of the call.
    """
    phone = str(uuid4())
    known = f"origination_uuid={phone},origination_caller_id_number='{caller}'"
    plain = ",".join(("loopback_bowout=false,loopback_bowout_on_execute=false", *more))
    with Esl(*at) as session:
        told = session.api(f"originate {{{known},{plain}}}{where} &{does}")
    assert told == f"+OK {phone}", told
    return phone


def hang_up(at: At, phone: str) -> None:
    with Esl(*at) as session:
        session.api(f"uuid_kill {phone}")
