"""greenswitch and python-ESL, each in a process of its own, at the fake PBX's event socket."""

import asyncio
import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from connectors.fake.wire.esl.pbx import EslPbx
from tests.connectors.fake.wire.client import SECRET

HERE = Path(__file__).parent
CALL = "0190c0de-0000-7000-8000-000000000001"
NO_ESL = "python-ESL is not installed: see docs/freeswitch.md for its build on SWIG 4"
CLIENTS = [
    "greenswitch_client.py",
    pytest.param(
        "python_esl_client.py", marks=pytest.mark.skipif(not find_spec("ESL"), reason=NO_ESL)
    ),
]


@pytest.mark.parametrize("program", CLIENTS)
async def test_a_client_sees_a_call_from_its_originate_to_its_hang_up(
    esl: EslPbx, program: str
) -> None:
    told = await run(program, esl.door.port, SECRET)
    about = [event for event in told if event.get("Unique-ID") == CALL]
    names = [event["Event-Name"] for event in about]
    assert names.index("CHANNEL_ANSWER") < names.index("CHANNEL_PARK")
    [over] = [one for one in about if one["Event-Name"] == "CHANNEL_HANGUP_COMPLETE"]
    assert over["Hangup-Cause"] == "NORMAL_CLEARING"
    assert over["variable_hangup_cause_q850"] == "16"
    assert any(event["Event-Name"] == "BACKGROUND_JOB" for event in told)


@pytest.mark.parametrize("program", CLIENTS)
async def test_a_client_with_another_password_is_not_let_in(esl: EslPbx, program: str) -> None:
    with pytest.raises(AssertionError):
        await run(program, esl.door.port, "another")


async def run(program: str, port: int, password: str) -> list[dict[str, Any]]:
    """What the client was told. Fails with its own words when it does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, HERE / program, str(port), password,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(30):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode == 0, err.decode()
    return [json.loads(line) for line in out.decode().splitlines()]
