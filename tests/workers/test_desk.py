"""A refill of the hopper, where the campaign means few of a list."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from campaigns.effects import Refill
from campaigns.hopper import Hopper
from campaigns.spec.campaign import Campaign
from storage import walking
from storage.imports import import_leads
from storage.lead_rows import NewLead
from storage.tables.people import CUSTOMERS
from workers.desk import Desk

LAST = "+12125550019"
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


def test_a_campaign_is_not_over_before_all_of_its_list_was_looked_at(
    make_site: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "STEP", 3)
    site = make_site()
    meant = {"list": "few", "filter": 'stage = "high-intent"', "order": "fifo"}
    settings = {"timezone": "UTC", "hours": [{"from": "00:00", "to": "24:00"}]}
    changes = {"leads": meant, "windows": settings}
    spec = Campaign.model_validate({**site.campaign(0, 1).model_dump(), **changes})
    import_leads(site.store, "few", [NewLead(f"+1212555{n:04}") for n in range(20)], NOW)
    with site.store.writing() as connection:
        last = update(CUSTOMERS).where(CUSTOMERS.c.number == LAST)
        connection.execute(last.values(stage="high-intent"))
    desk, hopper = Desk(site.store, site.lease(), spec, 1), Hopper(10)
    asked = 0
    while not len(hopper):
        asked += 1
        found, next_due = desk.refill(Refill(10, hopper.held), NOW)
        assert found or next_due == NOW, "it gave up on the way"
        hopper.refill(found, next_due, NOW)
    assert asked == 7
    assert [found.number for found in hopper.peek(9)] == [LAST]
    told = {desk.refill(Refill(10, hopper.held), NOW)[1] for _ in range(8)}
    assert None in told  # at the end of a pass, with nobody left besides whom the hopper holds
