"""How long a phone rings: what the dialler's core and a connector make of it together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from campaigns.call_life import SETUP
from campaigns.orders import LogIn
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from connectors.calls import Ended, EndReason, Ringing
from tests.contract.dialling import NODE, Dialling
from tests.contract.harness import CALLER, PHONE, RINGS_LATE, Harness
from tests.contract.watch import assert_in_order

RING = 3.0  # seconds: the law's 15 s are left out here, for the sake of the time that tests take
POST_DIAL = 2.0
SLACK = 3.0  # seconds that a busy test machine may add: far less than what the PBX would allow


@pytest.fixture
def campaign(harness: Harness) -> Campaign:
    made = Campaign.model_validate(
        {
            "name": "ring-time",
            "mode": "progressive",
            "trunks": [{"name": harness.trunk, "channels": 5, "calls_per_second": 5}],
            "caller_ids": [CALLER],
            "agents": {"names": ["ann"]},
            "leads": {"list": "late"},
            "windows": {"timezone": "UTC", "hours": [{"from": "00:00", "to": "24:00"}]},
            "dispositions": [{"name": "sale"}],
        }
    )
    return made.model_copy(update={"ring": RING})


@pytest.fixture
async def dialling(harness: Harness, campaign: Campaign) -> AsyncIterator[Dialling]:
    pbx = harness.connect()
    made = Dialling(campaign, [RINGS_LATE], pbx, harness.clock)
    await pbx.open(made)
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await pbx.close()


async def test_a_phone_rings_its_whole_time_whatever_the_post_dial_delay(
    harness: Harness, dialling: Dialling
) -> None:
    placed = harness.clock.now()
    dialling.carry_out(dialling.dialler.order(LogIn("ann", PHONE, NODE), placed))
    ringing, ended = await dialling.watch.one(Ringing), await dialling.watch.one(Ended)
    assert (ringing.at - placed).total_seconds() >= POST_DIAL - 0.1
    rang = (ended.at - ringing.at).total_seconds()
    assert RING <= rang <= RING + SLACK < RING + SETUP - POST_DIAL
    (result,) = dialling.results
    assert (result.outcome, result.reason) == (Outcome.NO_ANSWER, EndReason.NO_ANSWER)
    assert result.ringing_at == ringing.at
    assert_in_order(dialling.watch.about(result.attempt_id))
