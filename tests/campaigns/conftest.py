"""A campaign that is whole, for the tests of the rules to change in one place at a time."""

from collections.abc import Callable
from typing import Any

import pytest

from campaigns.spec.campaign import Campaign

Maker = Callable[..., Campaign]


@pytest.fixture(scope="session")
def make_campaign() -> Maker:
    """Builds a campaign; keyword arguments replace whole top-level keys."""

    def make(**changes: Any) -> Campaign:
        return Campaign.model_validate({**_plain(), **changes})

    return make


def _plain() -> dict[str, Any]:
    return {
        "name": "spring",
        "mode": "progressive",
        "trunks": [{"name": "carrier", "channels": 10}],
        "caller_ids": ["+12125550100"],
        "agents": {"names": ["ann"]},
        "leads": {"list": "spring"},
        "windows": {"timezone": "customer", "hours": [{"from": "09:00", "to": "20:00"}]},
        "dispositions": [
            {"name": "sale", "success": True},
            {"name": "callback", "retry": {"attempts": 2, "delay": "1d", "growth": 2}},
            {"name": "maybe", "final": False},
            {"name": "stop-calling", "do_not_call": True},
        ],
    }
