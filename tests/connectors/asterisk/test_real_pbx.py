"""A real Asterisk: what its AMI user may not do, how it connects, and what a restart costs."""

import asyncio
import logging
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from uuid import UUID, uuid4

import pytest

from connectors.asterisk import url as urls
from connectors.asterisk.actions import connect
from connectors.asterisk.codec import Message
from connectors.asterisk.login import log_in
from connectors.asterisk.session import Session
from connectors.calls import (
    AgentLegDown,
    AgentLegUp,
    Amd,
    Answered,
    Classified,
    Connected,
    ConnectToAgent,
    Ended,
    EndReason,
    HangUp,
    LinkBack,
    LinkLost,
    Listening,
    Monitor,
    Originate,
    Party,
    PlayMessage,
    RingAgent,
)
from connectors.pbx import LinkDown, Pbx, open_pbx
from dialplan_templates.render import asterisk_files
from lab.asterisk import AsteriskNode, start_pbx
from lab.carrier import Carrier
from lab.wait import until
from tests.contract.harness import number
from tests.contract.watch import SECONDS, Watch

SECRET = "a-secret-of-this-test-alone"
HOLD_SECONDS = 2
DIALPLAN = "extensions.d/dialplane.conf"


@dataclass
class DeafTrunk:
    """A SIP server that takes every packet and answers none."""

    address: str
    sip_port: int


class Heard:
    """The AMI's own events, and waiting for one of them."""

    def __init__(self) -> None:
        self._seen: asyncio.Queue[Message] = asyncio.Queue()

    def __call__(self, message: Message) -> None:
        self._seen.put_nowait(message)

    async def until(self, wanted: Callable[[Message], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not wanted(await self._seen.get()):
                pass


@pytest.fixture(scope="module")
def deaf() -> Iterator[DeafTrunk]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        yield DeafTrunk(*ear.getsockname())


@pytest.fixture(scope="module")
def node(carrier: Carrier, deaf: DeafTrunk) -> Iterator[AsteriskNode]:
    """A pbx of this file's own: it is restarted, and its files are those for older Asterisks."""
    files = asterisk_files(secret=SECRET, hold_seconds=HOLD_SECONDS, regex_filters=True)
    files[DIALPLAN] = slow_to_barge(files[DIALPLAN])
    with start_pbx(carrier, files, name="real", trunks={"deaf": deaf}) as started:
        yield started


def slow_to_barge(dialplan: str) -> str:
    """A second between the look at the agent's conference and joining it, as on a busy PBX."""
    before, mark, barge = dialplan.partition("exten => _b")
    join = " same => n,ConfBridge("
    assert mark
    assert barge.count(join) == 1
    return before + mark + barge.replace(join, f" same => n,Wait(1)\n{join}")


@pytest.fixture
def url(node: AsteriskNode, transport: str) -> str:
    return f"{transport}://dialplane:{SECRET}@{node.ami_host}:{node.ami_port}?ping=0.5&silence=2"


@pytest.fixture
async def real(url: str, watch: Watch) -> AsyncIterator[Pbx]:
    pbx = open_pbx("real", url)
    await pbx.open(watch)
    yield pbx
    await pbx.close()


def call(
    pbx: Pbx, to: str, *, trunk: str = "carrier", wait: int = 20, tuning: Amd | None = None
) -> UUID:
    """With `tuning` it is listened to."""
    call_id = uuid4()
    pbx.send(Originate(call_id, to, trunk, "+4930999999", wait, tuning is not None, tuning))
    return call_id


async def agent(pbx: Pbx, watch: Watch, phone: str) -> UUID:
    leg_id = uuid4()
    pbx.send(RingAgent(leg_id, phone))
    await watch.one(AgentLegUp, leg_id)
    return leg_id


async def test_nothing_is_wrong_with_this_version(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    pbx = open_pbx("real", url)
    await pbx.open(print)
    await pbx.close()
    assert not caplog.records


async def test_each_customer_is_with_a_nailed_up_agent_right_after_the_answer(
    real: Pbx, watch: Watch
) -> None:
    legs = [await agent(real, watch, f"10{nth:02}") for nth in range(1, 9)]
    calls = [call(real, number(0)) for _ in legs]
    waits = []
    for call_id, leg_id in zip(calls, legs, strict=True):
        answered = await watch.one(Answered, call_id)
        real.send(ConnectToAgent(call_id, leg_id))
        connected = await watch.one(Connected, call_id)
        waits.append((connected.at - answered.at).total_seconds())
    assert 0 <= min(waits) <= max(waits) < 5
    for subject in (*calls, *legs):
        real.send(HangUp(subject))
    for leg_id in legs:
        await watch.one(AgentLegDown, leg_id)


async def test_a_move_that_loses_its_first_step_still_brings_the_call_to_its_agent(
    real: Pbx, watch: Watch, node: AsteriskNode
) -> None:
    """Asterisk skips it where the move comes as the call goes from one step to the next; as that
    comes to pass once in thousands of calls, the move is sent to the second step here."""
    leg_id, call_id = await agent(real, watch, "1001"), call(real, number(8))
    await watch.one(Answered, call_id)
    headers = dict(connect(call_id, leg_id)) | {"Priority": "2"}
    with node.ami() as session:
        assert session.action(headers.pop("Action"), headers)["Response"] == "Success"
    await watch.one(Connected, call_id)
    for subject in (call_id, leg_id):
        real.send(HangUp(subject))
    await watch.one(AgentLegDown, leg_id)


async def test_an_answered_call_that_is_left_alone_is_not_held_for_ever(
    real: Pbx, watch: Watch
) -> None:
    call_id = call(real, number(8))
    answered = await watch.one(Answered, call_id)
    ended = await watch.one(Ended, call_id)
    assert ended.reason is EndReason.HUNG_UP
    assert HOLD_SECONDS - 0.5 < (ended.at - answered.at).total_seconds() < HOLD_SECONDS + 5


async def test_amd_listens_as_the_campaign_says(real: Pbx, watch: Watch) -> None:
    """A machine that is given a tenth of a second is not told from a person."""
    tuned = call(real, number(7), tuning=Amd(total_analysis_time=100))
    usual = call(real, number(7), tuning=Amd())
    heard = await watch.one(Classified, tuned)
    assert (heard.party, heard.cause.partition("-")[0]) == (Party.UNKNOWN, "TOOLONG")
    assert (await watch.one(Classified, usual)).party is Party.MACHINE
    for call_id in (tuned, usual):
        real.send(HangUp(call_id))
        await watch.one(Ended, call_id)


async def test_a_message_that_the_pbx_does_not_have_is_warned_of(
    real: Pbx, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    call_id = call(real, number(8))
    await watch.one(Answered, call_id)
    real.send(PlayMessage(call_id, "not-recorded_yet"))
    assert (await watch.one(Ended, call_id)).reason is EndReason.HUNG_UP
    assert f"call {call_id} did not hear the message 'not-recorded_yet'" in caplog.text


async def test_a_supervisor_who_barges_in_as_the_agent_goes_is_not_left_behind(
    real: Pbx, watch: Watch, node: AsteriskNode
) -> None:
    leg_id, boss = await agent(real, watch, "1001"), uuid4()
    real.send(Monitor(boss, "1002", leg_id, Listening.BARGE))
    on_the_way = partial(re.search, r"!dialplane-spy!b.*!Up!Wait!")
    shown = partial(node.cli, "core show channels concise")
    assert await asyncio.to_thread(until, lambda: on_the_way(shown()), SECONDS)
    real.send(HangUp(leg_id))
    await watch.one(AgentLegDown, leg_id)
    await watch.one(AgentLegDown, boss)
    assert watch.story(boss) == "AgentLegDown"
    assert await real.live_calls() == ()


async def test_a_trunk_without_a_sign_of_life_is_a_failure_and_not_an_absent_customer(
    real: Pbx, watch: Watch
) -> None:
    call_id = call(real, number(0), trunk="deaf", wait=2)
    assert (await watch.one(Ended, call_id)).reason is EndReason.FAILED


async def test_a_restart_in_the_middle_costs_the_calls_and_repeats_none(
    real: Pbx, watch: Watch, node: AsteriskNode, carrier: Carrier
) -> None:
    leg_id = await agent(real, watch, "1001")
    ringing, talking = call(real, number(4)), call(real, number(8))
    await watch.one(Answered, talking)
    dialled = len(carrier.arrivals())
    await asyncio.to_thread(node.stop)
    await watch.one(LinkLost)
    with pytest.raises(LinkDown):
        call(real, number(0))
    await asyncio.to_thread(node.start)
    back = await watch.one(LinkBack)
    assert back.live == ()
    for call_id in (ringing, talking):
        assert len(watch.of(Ended, call_id)) == 1 or await watch.one(Ended, call_id)
    await watch.one(AgentLegDown, leg_id)
    again = call(real, number(0))
    await watch.one(Answered, again)
    assert len(carrier.arrivals()) == dialled + 1
    real.send(HangUp(again))
    await watch.one(Ended, again)


# What other AMI rights are needed for: (action, its headers).
DANGEROUS: list[tuple[str, dict[str, str]]] = [
    ("Command", {"Command": "core show version"}),
    ("Originate", {"Application": "System", "Data": "id"}),
    ("Originate", {"Application": "TrySystem", "Data": "id"}),
    ("Originate", {"Application": "AGI", "Data": "x"}),
    ("Originate", {"Application": "EAGI", "Data": "x"}),
    ("Originate", {"Application": "Exec", "Data": "System(id)"}),
    ("Originate", {"Application": "TryExec", "Data": "System(id)"}),
    ("Originate", {"Application": "ExternalIVR", "Data": "x"}),
    ("Originate", {"Application": "MixMonitor", "Data": "x.wav,,id"}),
    ("Originate", {"Application": "Set", "Data": "FILE(/etc/x)=y"}),
    ("Originate", {"Application": "Set", "Data": "x=${SHELL(id)}"}),
    ("Originate", {"Application": "Set", "Data": "x=${CURL(http://127.0.0.1)}"}),
    ("Originate", {"Application": "Set", "Data": "DB(a/b)=c"}),
    ("Originate", {"Application": "ReloadModule", "Data": "x"}),
    ("MixMonitor", {"Channel": "x", "File": "x.wav", "Command": "id"}),
    ("GetConfig", {"Filename": "manager.conf"}),
    ("GetConfigJSON", {"Filename": "pjsip.conf"}),
    ("UpdateConfig", {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"}),
    ("CreateConfig", {"Filename": "evil.conf"}),
    ("ListCategories", {"Filename": "manager.conf"}),
    ("Reload", {}),
    ("ModuleLoad", {"Module": "app_system.so", "LoadType": "load"}),
    ("ModuleCheck", {"Module": "app_system.so"}),
    ("DBPut", {"Family": "a", "Key": "b", "Val": "c"}),
    ("DBGet", {"Family": "a", "Key": "b"}),
    ("DBDelTree", {"Family": "a"}),
    ("DialplanExtensionAdd", {"Context": "dialplane-answered", "Extension": "1", "Priority": "1"}),
    ("DialplanExtensionRemove", {"Context": "dialplane-answered", "Extension": "hold"}),
    ("Setvar", {"Variable": "FILE(/tmp/x)", "Value": "y"}),
    ("Setvar", {"Variable": "SHELL(id)", "Value": "y"}),
    ("Getvar", {"Variable": "SHELL(id)"}),
    ("Getvar", {"Variable": "FILE(/etc/passwd)"}),
    ("Filter", {"Operation": "Add", "Filter": "x"}),
    ("UserEvent", {"UserEvent": "DialplaneAnswered"}),
    ("Queues", {}),
    ("AGI", {"Channel": "x", "Command": "EXEC System id"}),
]  # fmt: skip


@pytest.fixture
async def heard() -> Heard:
    return Heard()


@pytest.fixture
async def session(node: AsteriskNode, heard: Heard) -> AsyncIterator[Session]:
    """The AMI as whoever has the secret has it."""
    address = urls.read(f"ami://dialplane:{SECRET}@{node.ami_host}:{node.ami_port}")
    opened = Session(heard, lambda session, why: None)
    await log_in("real", address, opened)
    yield opened
    await opened.leave()


async def test_whoever_has_the_secret_of_the_pbx_is_refused_what_needs_other_rights(
    session: Session,
) -> None:
    granted = []
    for action, given in DANGEROUS:
        dial = {"Channel": "PJSIP/1001", "Async": "true"} if action == "Originate" else {}
        reply, *_ = await session.ask(action, *(dial | given).items())
        if did_it(action, reply):
            granted.append((action, given, reply["Message"]))
    assert not granted


@pytest.mark.parametrize("loaded", [False, True], ids=["as advised", "loaded"])
@pytest.mark.parametrize("module", ["func_env", "func_db"])
async def test_what_the_right_to_originate_is_good_for_is_for_the_modules_to_say(
    session: Session, heard: Heard, node: AsteriskNode, module: str, loaded: bool
) -> None:
    """The PBX takes the variable and answers with success: only the effect tells."""
    evil = node.run_dir / f"evil-{loaded}"
    variable = {"func_env": f"FILE({evil},,,,u)=x", "func_db": f"DB(evil/{loaded})=x"}[module]
    shows: dict[str, Callable[[], bool]] = {
        "func_env": evil.exists,
        "func_db": lambda: f"/evil/{loaded} " in node.cli("database show evil"),
    }
    if loaded:
        await asyncio.to_thread(module_is, node, "load", module)
    call_id = str(uuid4())
    asked = (*WITH_A_CALL, ("ChannelId", call_id), ("Variable", variable))
    await session.ask("Originate", *asked)
    await heard.until(lambda m: m["UserEvent"] == "DialplaneAnswered" and m["Uniqueid"] == call_id)
    assert shows[module]() is loaded
    if loaded:
        await asyncio.to_thread(module_is, node, "unload", module)
    await session.ask("Hangup", ("Channel", call_id))


WITH_A_CALL = (
    ("Channel", "PJSIP/1001"),
    ("Context", "dialplane-answered"),
    ("Exten", "hold"),
    ("Priority", "1"),
    ("Async", "true"),
)


def module_is(node: AsteriskNode, to: str, module: str) -> None:
    with node.ami() as ami:
        reply = ami.action("ModuleLoad", {"LoadType": to, "Module": f"{module}.so"})
    assert reply["Response"] == "Success", reply


def test_our_own_dialplan_has_none_of_the_functions_for_it(node: AsteriskNode) -> None:
    for module in ("func_env", "func_db", "func_shell", "func_curl", "pbx_spool", "app_system"):
        assert "0 modules loaded" in node.cli(f"module show like {module}.so")


def did_it(action: str, reply: Message) -> bool:
    """A variable that may not be read is told as an empty one."""
    return reply["Response"] != "Error" and (action != "Getvar" or reply["Value"] != "")
