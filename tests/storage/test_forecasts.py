"""What pacing expected beside what came."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from campaigns.effects import PacingDecided
from campaigns.spec.campaign import Campaign
from storage.engine import Store
from storage.forecasts import Forecast, forecast
from storage.pacing import write_decisions
from storage.tables.agents import AGENT_STATES
from storage.tables.attempts import ATTEMPTS

AT = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
EXPECTED = {"seconds": 10.0, "answered": 1.6, "freed": 2.2, "risk": 0.04}


def moment(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def answer(placed: float, live: float, party: str = "", **more: Any) -> dict[str, Any]:
    usual = {
        "id": uuid4(), "campaign": "renewal", "campaign_version": 1, "lead_id": uuid4(),
        "customer_id": uuid4(), "number": f"+1212{uuid4().int % 10**7}", "node": "main",
        "trunk": "carrier", "caller_id": "+12125550100", "token": 1, "state": "ended",
        "placed_at": moment(placed), "answered_at": moment(live), "ended_at": moment(live + 60),
        "party": party, "outcome": "connected",
    }  # fmt: skip
    return {**usual, **more}


def change(agent: str, at: float, before: str, state: str) -> dict[str, Any]:
    told = {"agent": agent, "campaign": "renewal", "at": moment(at)}
    return {**told, "before": before, "state": state, "reason": ""}


@pytest.fixture
def spec() -> Campaign:
    return Campaign.model_validate(
        {
            "name": "renewal",
            "mode": "predictive",
            "trunks": [{"name": "carrier", "channels": 10}],
            "caller_ids": ["+12125550100"],
            "agents": {"teams": ["sales"]},
            "leads": {"list": "spring"},
            "windows": {"timezone": "UTC", "hours": [{"from": "00:00", "to": "24:00"}]},
            "dispositions": [{"name": "sale"}],
        }
    )


def test_answers_and_agents_are_counted_in_the_time_that_was_looked_at(
    store: Store, spec: Campaign
) -> None:
    with store.writing() as connection:
        decisions = [PacingDecided(moment(at), 1, "", EXPECTED) for at in (0, 5, 20)]
        decisions.append(PacingDecided(moment(40), 0, "3 free x 1 lines", {"free": 3}))
        write_decisions(connection, "renewal", decisions)
        calls = [
            answer(-5, 4),
            answer(-5, 9, "human", outcome="abandoned"),
            answer(-5, 11),  # later than was looked at
            answer(1, 8),  # placed since
            answer(-5, 6, "machine"),
            answer(10, 25),
        ]
        connection.execute(ATTEMPTS.insert(), calls)
        changes = [
            change("ann", 3, "talking", "wrap_up"),
            change("ann", 11, "wrap_up", "ready"),
            change("bob", 4, "ready", "talking"),  # was free, and is again
            change("bob", 9, "talking", "ready"),
            change("cem", 8, "talking", "paused"),
            change("dan", 23, "wrap_up", "ready"),
        ]
        connection.execute(AGENT_STATES.insert(), changes)
    found = forecast(store, spec, moment(60))
    assert found == Forecast(
        looks=2,
        answers_predicted=3.2,
        answers=3,
        freed_predicted=4.4,
        freed=2,
        risk=0.04,
        abandonment=0.2,
    )


def test_where_nothing_was_expected_nothing_is_compared(store: Store, spec: Campaign) -> None:
    with store.writing() as connection:
        told = [PacingDecided(AT, 1, "3 free x 1 lines", {"free": 3})]
        write_decisions(connection, "renewal", told)
    assert forecast(store, spec, moment(60)) is None
    assert forecast(store, spec, moment(6000)) is None
