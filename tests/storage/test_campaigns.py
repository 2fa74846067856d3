"""Campaigns: a version for each change of content, and what people want of them."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import text

from campaigns.orders import CampaignState
from campaigns.spec.campaign import Campaign
from storage import campaigns
from storage.campaigns import Applied, Broken, Stored, Unreadable
from storage.engine import Store
from storage.errors import NotThere, Refused


def test_a_campaign_comes_back_as_it_was_applied(
    store: Store, make_campaign: Callable[..., Campaign], now: datetime
) -> None:
    campaign = make_campaign(
        windows={
            "timezone": "customer",
            "hours": [
                {"days": ["mon"], "from": "09:30", "to": "24:00"},
                {"from": "10:00", "to": "11:00"},
            ],
        },
        retry={"outcomes": {"busy": {"attempts": 2, "delay": "10m", "growth": 1.5}}},
        scripts={"hello": "Grüß Gott, 你好 <name>\n"},
        abandonment={"limit": "3%", "target": "2.5%"},
    )
    yaml = "name: autumn  # Grüße\n" + "# long\n" * 10_000
    assert campaigns.apply(store, campaign, yaml, now) == Applied(1, True)
    stored = campaigns.get(store, "autumn")
    assert stored.spec == campaign
    assert stored.spec.windows.hours[0].start == time(9, 30)
    assert (stored.version, stored.yaml, stored.applied_at) == (1, yaml, now)
    assert (stored.wanted, stored.actual) == (CampaignState.DRAFT, CampaignState.DRAFT)


def test_a_new_version_only_when_the_content_has_changed(
    store: Store, make_campaign: Callable[..., Campaign], now: datetime
) -> None:
    assert campaigns.apply(store, make_campaign(), "one", now) == Applied(1, True)
    assert campaigns.apply(store, make_campaign(), "# a comment more", now) == Applied(1, False)
    assert campaigns.apply(store, make_campaign(ring="30s"), "two", now) == Applied(2, True)
    assert campaigns.apply(store, make_campaign(), "three", now) == Applied(3, True)
    assert campaigns.get(store, "autumn").yaml == "three"


def test_applying_does_not_touch_what_is_wanted(
    store: Store, make_campaign: Callable[..., Campaign], now: datetime
) -> None:
    campaigns.apply(store, make_campaign(), "one", now)
    campaigns.set_wanted(store, "autumn", CampaignState.RUNNING, now)
    campaigns.apply(store, make_campaign(ring="30s"), "two", now)
    assert campaigns.wanted(store, "autumn") == (CampaignState.RUNNING, 2)


def test_what_is_wanted_and_what_is_so(store: Store, campaign: Campaign, now: datetime) -> None:
    campaigns.apply(store, campaign, "", now)
    later = now + timedelta(minutes=1)
    campaigns.set_wanted(store, "autumn", CampaignState.PAUSED, later)
    campaigns.note_actual(store, "autumn", CampaignState.RUNNING, later, "as told")
    stored = campaigns.get(store, "autumn")
    assert (stored.wanted, stored.actual) == (CampaignState.PAUSED, CampaignState.RUNNING)
    assert (stored.why, stored.updated_at) == ("as told", later)


def test_an_order_that_crosses_the_finish_is_kept(
    store: Store, campaign: Campaign, now: datetime
) -> None:
    campaigns.apply(store, campaign, "", now)
    campaigns.set_wanted(store, "autumn", CampaignState.STOPPED, now)
    campaigns.note_actual(store, "autumn", CampaignState.FINISHED, now)
    assert campaigns.wanted(store, "autumn")[0] is CampaignState.STOPPED


@pytest.mark.parametrize("state", [CampaignState.DRAFT, CampaignState.FINISHED])
def test_a_state_that_nobody_can_order(
    store: Store, campaign: Campaign, now: datetime, state: CampaignState
) -> None:
    campaigns.apply(store, campaign, "", now)
    with pytest.raises(Refused, match="run, pause or stop"):
        campaigns.set_wanted(store, "autumn", state, now)


def test_a_campaign_that_is_not_there(store: Store, now: datetime) -> None:
    with pytest.raises(NotThere, match="'autumn'; apply its YAML"):
        campaigns.get(store, "autumn")
    with pytest.raises(NotThere):
        campaigns.set_wanted(store, "autumn", CampaignState.RUNNING, now)
    with pytest.raises(NotThere):
        campaigns.wanted(store, "autumn")
    assert campaigns.list_all(store) == []


def test_all_campaigns_by_name(
    store: Store, make_campaign: Callable[..., Campaign], now: datetime
) -> None:
    for name in ("winter", "autumn"):
        campaigns.apply(store, make_campaign(name=name), "", now)
    assert [stored.name for stored in campaigns.list_all(store)] == ["autumn", "winter"]


def test_a_version_that_this_program_cannot_read_is_said_in_words(
    store: Store, make_campaign: Callable[..., Campaign], now: datetime
) -> None:
    for name in ("autumn", "winter"):
        campaigns.apply(store, make_campaign(name=name), "", now)
    campaigns.set_wanted(store, "autumn", CampaignState.RUNNING, now)
    broken = (
        """UPDATE campaign_versions SET spec = '{"name": "autumn"}' WHERE campaign = 'autumn'"""
    )
    with store.writing() as connection:
        connection.execute(text(broken))
    with pytest.raises(Unreadable, match="version 1, was applied by another version") as wrong:
        campaigns.get(store, "autumn")
    assert "(mode: expected this key (got nothing), and 5 more)" in str(wrong.value)
    first, second = campaigns.list_all(store)
    assert isinstance(first, Broken)
    assert (first.why, first.wanted) == (str(wrong.value), CampaignState.RUNNING)
    assert isinstance(second, Stored)
    campaigns.require(store, "autumn")
    assert campaigns.newest_texts(store, "autumn") == (1, "", {})
    campaigns.set_wanted(store, "autumn", CampaignState.STOPPED, now)
    assert campaigns.wanted(store, "autumn") == (CampaignState.STOPPED, 1)


def test_a_name_that_is_misspelt_is_told_the_right_one(
    store: Store, campaign: Campaign, now: datetime
) -> None:
    campaigns.apply(store, campaign, "", now)
    for ask in (campaigns.get, campaigns.require, campaigns.wanted, campaigns.newest_texts):
        with pytest.raises(NotThere, match="no campaign 'autum'; did you mean 'autumn'"):
            ask(store, "autum")
