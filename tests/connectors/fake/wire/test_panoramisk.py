"""panoramisk, as its users use it, at the fake PBX's manager."""

import asyncio
from typing import Any

from panoramisk import Manager

from connectors.fake.wire.ami.pbx import AmiPbx
from tests.connectors.fake.wire.client import SECRET

CALL = "0190c0de-0000-7000-8000-000000000001"


async def test_panoramisk_sees_a_call_from_its_originate_to_its_hang_up(ami: AmiPbx) -> None:
    seen: asyncio.Queue[Any] = asyncio.Queue()
    manager = Manager(
        loop=asyncio.get_running_loop(),
        host="127.0.0.1",
        port=ami.door.port,
        username="dialplane",
        secret=SECRET,
    )
    manager.register_event("*", lambda _, event: seen.put_nowait(event))
    await manager.connect()
    dial = {
        "Action": "Originate",
        "Channel": "PJSIP/4930000008@carrier",
        "ChannelId": CALL,
        "Application": "Wait",
        "Data": "60",
        "Async": "true",
    }
    assert (await manager.send_action(dial, as_list=False)).response == "Success"
    await told(seen, "Newstate", ChannelState="6")
    assert (await manager.send_action({"Action": "Ping"})).ping == "Pong"
    listed = await manager.send_action({"Action": "CoreShowChannels"})
    assert [one.uniqueid for one in listed if one.event == "CoreShowChannel"] == [CALL]
    assert (await manager.send_action({"Action": "Hangup", "Channel": CALL})).success
    hangup = await told(seen, "Hangup", Uniqueid=CALL)
    assert (hangup.cause, hangup["Cause-txt"]) == ("16", "Normal Clearing")
    manager.close()


async def told(seen: "asyncio.Queue[Any]", event: str, **headers: str) -> Any:
    async with asyncio.timeout(10):
        while True:
            one = await seen.get()
            if one.event == event and all(one[key] == value for key, value in headers.items()):
                return one
