"""What a worker that is gone had ordered, and its successor has looked for in vain."""

from typing import Any
from uuid import uuid4

import pytest

from connectors.calls import Ended, HangUp
from connectors.pbx import open_pbx
from tests.connectors.linked.conftest import Far
from tests.contract.watch import Watch

RINGS = {
    "asterisk": ("Newstate", {"Uniqueid": "{}", "ChannelState": "5"}),
    "freeswitch": ("CHANNEL_PROGRESS", {"Unique_ID": "{}"}),
}
HUNG_UP = {"asterisk": "Hangup", "freeswitch": "uuid_kill"}


@pytest.mark.parametrize("refused", [False, True])
async def test_a_call_given_up_for_lost_is_hung_up_when_it_turns_up(
    far: Far, watch: Watch, refused: bool
) -> None:
    server: Any = far.server
    if refused:
        server.errors[HUNG_UP[far.kind]] = "-ERR No such channel!"
    pbx = open_pbx("mock", far.url)
    await pbx.open(watch)
    lost, others = uuid4(), uuid4()
    pbx.send(HangUp(lost))
    await server.until(lambda: len(server.named(HUNG_UP[far.kind])) == 1)
    name, fields = RINGS[far.kind]
    for call_id in (others, lost):
        server.event(name, **{key: text.format(call_id) for key, text in fields.items()})
    await server.until(lambda: len(server.named(HUNG_UP[far.kind])) == 2)
    await pbx.ping()
    assert str(others) not in str(server.named(HUNG_UP[far.kind]))
    assert not watch.of(Ended)
    await pbx.close()
