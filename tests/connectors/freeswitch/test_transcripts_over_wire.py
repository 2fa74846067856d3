"""The same transcripts through the whole connector, over each transport: see test_transcripts."""

import orjson
import pytest

from connectors.calls import Ended, HangUp, Originate
from connectors.freeswitch import event as events
from connectors.freeswitch.codec import Decoder
from connectors.pbx import Pbx
from tests.connectors.freeswitch.esl_server import EslServer
from tests.connectors.freeswitch.stage import CALL, TRANSCRIPTS
from tests.connectors.freeswitch.test_transcripts import AGENTS, STORIES, TOLD
from tests.contract.watch import Watch


def bodies(technology: str, name: str) -> list[dict[str, str]]:
    """The headers of each event, without the lists that only JSON can tell."""
    frames = Decoder().feed((TRANSCRIPTS / technology / f"{name}.esl").read_bytes())
    told = [orjson.loads(frame.body) for frame in frames if frame.kind == events.KIND]
    return [{key: one for key, one in each.items() if isinstance(one, str)} for each in told]


@pytest.mark.parametrize(("technology", "name"), TOLD)
async def test_a_recorded_call_is_told_as_it_was(
    pbx: Pbx, server: EslServer, watch: Watch, technology: str, name: str
) -> None:
    story, reason, _ = STORIES[name]
    pbx.send(Originate(CALL, "+4930123456", "carrier", "+4930999999", 30, amd=name == "beep"))
    for command in AGENTS.get(name, ()):
        pbx.send(command)
    if name == "cancelled":
        pbx.send(HangUp(CALL))
    await pbx.ping()
    for headers in bodies(technology, name):
        server.say(server.told(headers))
    end = await watch.one(Ended, CALL)
    assert (watch.story(CALL), end.reason) == (story, reason)
