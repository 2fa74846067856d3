"""The lines of a PBX file on a real FreeSWITCH of the tests' own, called over SIP.

DIALPLANE_FREESWITCH names its program. The server calls itself, as a carrier would.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from connectors.calls import Arrived, Ended, HangUp, LiveCall, Phase
from connectors.flows import EnterFlow, FlowEnd, FlowEnded
from connectors.pbx import Pbx, open_pbx
from lab.freeswitch import FreeswitchCalled
from lab.wait import until
from tests.contract.watch import Watch
from tests.dialplan_templates.calling import quiet

PROGRAM = os.environ.get("DIALPLANE_FREESWITCH", "")
pytestmark = [
    pytest.mark.freeswitch,
    pytest.mark.skipif(not PROGRAM, reason="DIALPLANE_FREESWITCH names no FreeSWITCH"),
]
FILE = """\
trunks:
  - {name: backup, host: 127.0.0.1, port: 9, auth: address, addresses: [127.0.0.1], ping: null}
  - {name: carrier, host: 127.0.0.1, port: 9, auth: registration, user: dialler,
     secret: {file: secrets/carrier}, ping: null}
lines:
  - {number: "4930123456", line: support}
  - {number: "+12125550100", line: opt-out}
"""
CALLER = "+4930987654"
FLOW = """\
name: lined
start: ask
prompts: {ask: {say: Press one.}}
steps:
  ask: {menu: ask, digits: {1: one}, no_input: silent, too_many: silent}
  one: {hangup: wanted}
  silent: {hangup: silent}
"""


@pytest.fixture
def node(
    run: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FreeswitchCalled]:
    """A running server, given the files that the command makes, in the way that it says."""
    monkeypatch.setenv("DIALPLANE_FREESWITCH", PROGRAM)
    (tmp_path / "pbx.yaml").write_text(FILE)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/carrier").write_text("of-the-carriers-own\n")
    (tmp_path / "secrets/carrier").chmod(0o600)
    with FreeswitchCalled() as made:
        for folder in ("dialplan/public", "sip_profiles/external"):
            (made.conf / folder).mkdir(parents=True)
        (made.sounds / "dialplane").mkdir()
        made.start()
        where = ("--pbx", "freeswitch", "--out", made.conf)
        ran = run("pbx", "files", tmp_path / "pbx.yaml", *where)
        assert (ran.code, ran.err) == (0, "")
        assert made.api("sofia profile external rescan").startswith("Reload XML")
        assert made.api("reloadxml").startswith("+OK")
        assert until(lambda: "carrier" in made.api("sofia status"), 10)
        yield made


@pytest.fixture
async def watch() -> Watch:
    return Watch()


@pytest.fixture
async def pbx(node: FreeswitchCalled, watch: Watch) -> AsyncIterator[Pbx]:
    opened = open_pbx("real", f"{node.url}?listen=0")
    await opened.open(watch)
    yield opened
    for live in await opened.live_calls():
        opened.send(HangUp(live.call_id))
    await opened.close()


def dial(node: FreeswitchCalled, user: str, to: str = "") -> tuple[str, str]:
    """Call a user of the server's over SIP; `to`: whom the header To names, where that is another.
    The id of the caller's phone, and what the server said."""
    phone, at = str(uuid4()), f"127.0.0.1:{node.sip_port}"
    names = {"origination_uuid": phone, "origination_caller_id_number": CALLER}
    if to:
        names["sip_invite_to_uri"] = f"<sip:{to}@{at}>"
    told = ",".join(f"{name}={value}" for name, value in names.items())
    return phone, node.api(f"originate {{{told}}}sofia/external/sip:{user}@{at} &park()")


SERVED = (
    ("4930123456", "", "support"),
    ("+4930123456", "", "support"),
    ("12125550100", "", "opt-out"),
    ("gw+backup", "+4930123456", "support"),
    ("gw+carrier", "4930123456", "support"),  # and not what the trunk registers as
    ("gw+carrier", "+12125550100", "opt-out"),
)
NOT_SERVED = (
    ("493012345", ""),
    ("49301234567", ""),
    ("4930123456a", ""),
    ("support", ""),
    ("gw+carrier", "dialler"),
)


async def test_who_dials_the_number_of_a_line_waits_on_it_and_nobody_else(
    node: FreeswitchCalled, pbx: Pbx, watch: Watch
) -> None:
    for user, to, line in SERVED:
        phone, told = await asyncio.to_thread(dial, node, user, to)
        assert told == f"+OK {phone}", (user, to)
        arrived = await watch.one(Arrived)
        assert (arrived.line, arrived.caller) == (line, CALLER)
        waits = LiveCall(arrived.call_id, Phase.ARRIVED, None, line, CALLER)
        assert await pbx.live_calls() == (waits,)
        assert said(node, arrived.call_id, "accountcode") == f"dialplane-line-{line}"
        assert said(node, arrived.call_id, "current_application") == "playback"
        node.api(f"uuid_kill {phone}")
        await watch.one(Ended, arrived.call_id)
        assert watch.story(arrived.call_id) == "Arrived Ended"
        watch.events.clear()
    for user, to in NOT_SERVED:
        _, told = await asyncio.to_thread(dial, node, user, to)
        assert told.startswith("-ERR"), (user, to)
        assert await pbx.live_calls() == ()
    assert watch.events == []


async def test_a_caller_who_waits_on_a_line_goes_through_a_flow(
    run: Any, tmp_path: Path, node: FreeswitchCalled, pbx: Pbx, watch: Watch
) -> None:
    (tmp_path / "lined.yaml").write_text(FLOW)
    quiet(node.sounds / "dialplane/lined/ask.wav", 0.2)
    where = ("--no-sounds", "--pbx", "freeswitch", "--into", node.conf, "--as", node.url)
    installing = partial(run, "dialplan", "install", tmp_path / "lined.yaml", *where)
    ran = await asyncio.to_thread(installing)
    assert (ran.code, ran.err) == (0, "")
    phone, told = await asyncio.to_thread(dial, node, "gw+carrier", "4930123456")
    assert told == f"+OK {phone}"
    call = (await watch.one(Arrived)).call_id
    pbx.send(EnterFlow(call, "lined", "backup"))
    async with asyncio.timeout(10):
        while said(node, call, "current_application") != "read":  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
    node.api(f"uuid_send_dtmf {phone} 1@200")
    ended = await watch.one(FlowEnded, call)
    assert (ended.how, ended.disposition) == (FlowEnd.HANGUP, "wanted")
    await watch.one(Ended, call)


def said(node: FreeswitchCalled, call: UUID, name: str) -> str:
    return node.api(f"uuid_getvar {call} {name}")
