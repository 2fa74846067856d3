"""The campaigns that storms dial: short calls to numbers that nobody has."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import storage.agents
from campaigns.orders import CampaignState
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from storage import campaigns, imports
from storage.agents import NewAgent
from storage.engine import Store
from storage.lead_rows import NewLead

NAME = "storm"
_PLAN: dict[str, Any] = {
    "mode": "progressive",
    "trunks": [{"name": "carrier", "channels": 2000, "calls_per_second": 50}],
    "caller_ids": ["+12125550100"],
    "windows": {"timezone": "UTC", "hours": [{"from": "00:00", "to": "24:00"}]},
    "ring": "15s",
    "amd": {"enabled": True},
    "attempts": {"per_lead": 1},
    "dispositions": [{"name": "sale", "success": True}, {"name": "no_sale"}],
    "default_disposition": "no_sale",
}
_ONCE_MORE: dict[str, Any] = {
    "attempts": {"per_lead": 3, "per_day": 3, "min_gap": "1s"},
    "retry": {
        "outcomes": {
            **{outcome.value: {"attempts": 0} for outcome in Outcome},
            **{outcome: {"attempts": 2, "delay": "1s"} for outcome in ("lost", "failed")},
        }
    },
}
"""What tempts a dialler to call twice: a lost call may be tried again after a second."""


def plan(name: str = NAME, *, again: bool = False, wrap_up: str = "1s", **changes: Any) -> Campaign:
    """A campaign with a list and a team of its own, both of its name."""
    own = {"name": name, "leads": {"list": name}, "agents": {"teams": [name], "wrap_up": wrap_up}}
    return Campaign.model_validate({**_PLAN, **own, **(_ONCE_MORE if again else {}), **changes})


def fill(store: Store, spec: Campaign, numbers: Iterable[str], phones: Iterable[str]) -> list[str]:
    """Put the campaign, its leads and its agents in, and start it. Returns the agents' names."""
    now = datetime.now(UTC)
    names = []
    for phone in phones:
        names.append(f"{spec.name}-{phone}")
        storage.agents.add(store, NewAgent(names[-1], phone, teams=(spec.name,)), now)
    imports.import_leads(store, spec.leads.lists[0], [NewLead(number) for number in numbers], now)
    campaigns.apply(store, spec, f"name: {spec.name}", now)
    campaigns.set_wanted(store, spec.name, CampaignState.RUNNING, now)
    return names


def numbers(count: int, endings: str = "1", first: int = 0) -> list[str]:
    """So many different ones, whose last digits say in turn what happens: `connectors.fake.digits`.

    Never one that is a test number of its own (...5557 2xx and 3xx).
    """
    return [f"+1201{n:06d}{endings[n % len(endings)]}" for n in range(first, first + count)]
