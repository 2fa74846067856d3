"""A real FreeSWITCH under the contract, named by DIALPLANE_TEST_FREESWITCH, over a wire.

It must have the world of lab/templates/freeswitch in its dialplan, and whoever runs it must start
it again when it dies: the contract crashes it. The URL's options, where it has any, say otherwise
how numbers and phones are dialled.
"""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from campaigns.flow.flow import Flow
from connectors.clock import Clock, RunningClock
from connectors.pbx import Pbx, PbxError, PbxRefused, open_pbx
from dialplan_templates.freeswitch_flows import freeswitch_flow_files
from lab.errors import LabError
from lab.esl import Esl
from tests.contract.wire import Wire
from tests.dialplan_templates.calling import quiet

WORLD = "trunk_technology=loopback&phone_technology=loopback"
At = tuple[str, int, str]  # host, port and password of an event socket
RESTART_SECONDS = 30.0
PROMPT_SECONDS = 0.2
LINES = "loopback/{line}/public"  # what a customer dials to call in


class FreeSwitchHarness:
    trunk = "carrier"
    message = "contract"
    no_message = "not-recorded_yet"
    tells_humans = False
    no_flows = ""

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

    async def install(self, flow: Flow) -> None:
        with Esl(*self._at) as session:
            sounds, conf = (
                Path(session.api(f"global_getvar {name}")) for name in ("sounds_dir", "conf_dir")
            )
            for prompt in flow.prompts:
                quiet(sounds / "dialplane" / flow.name / f"{prompt}.wav", PROMPT_SECONDS)
            for path, text in freeswitch_flow_files(flow).items():
                (conf / path).write_text(text)
            told = session.api("reloadxml")
        assert told.startswith("+OK"), told

    async def listens(self, call: UUID, step: str) -> None:
        async with asyncio.timeout(10):
            while await asyncio.to_thread(self._place, call) != (step, "read"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def press(self, call: UUID, number: str, step: str, keys: str) -> None:
        await self.listens(call, step)
        with Esl(*self._at) as session:
            session.api(f"uuid_recv_dtmf {call} {keys}")

    def _place(self, call: UUID) -> tuple[str, ...]:
        """The step and the application that a call is in."""
        with Esl(*self._at) as session:
            names = ("dialplane_step", "current_application")
            return tuple(session.api(f"uuid_getvar {call} {name}") for name in names)

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
