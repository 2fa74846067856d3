"""A list as a campaign would find it, and what the site remembers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from campaigns.spec.campaign import Campaign
from storage import dnc, survey
from storage.engine import Store
from storage.imports import import_leads
from storage.lead_rows import NewLead
from storage.memo import recall, remember


def test_each_lead_is_judged_once(
    store: Store, campaign: Campaign, now: datetime, monkeypatch: Any
) -> None:
    monkeypatch.setattr(survey, "BATCH", 10)
    numbers = [f"+4930{n:06d}" for n in range(100, 135)]
    import_leads(store, "first", (NewLead(n, zones=("Europe/Berlin",)) for n in numbers), now)
    import_leads(store, "other", [NewLead("+4930999999")], now)
    dnc.add(store, numbers[:3], now)
    told = list[int]()
    found = survey.survey(store, campaign, now, told.append)
    assert told == [10, 10, 10, 5]  # as it goes, for whoever waits
    assert (found.leads, found.callable_now) == (35, 32)
    assert found.refused == {"do_not_call": 3}
    assert found.zones == {("Europe/Berlin",)}


def test_the_rules_are_those_of_dialling(
    store: Store, make_campaign: Callable[..., Campaign], now: datetime
) -> None:
    hours = [{"from": "09:00", "to": "12:00"}]
    campaign = make_campaign(windows={"timezone": "customer", "hours": hours})
    places = {"+493012345600": "Europe/Berlin", "+12125550100": "America/New_York"}
    import_leads(store, "first", (NewLead(n, zones=(z,)) for n, z in places.items()), now)
    assert survey.survey(store, campaign, now).refused == {"windows": 1}  # 05:00 in New York
    earlier = survey.survey(store, campaign, now - timedelta(hours=1))
    assert earlier.refused == {"not_due": 2}


def test_an_empty_list(store: Store, campaign: Campaign, now: datetime) -> None:
    assert survey.survey(store, campaign, now).leads == 0


def test_the_site_remembers_the_last_word(store: Store) -> None:
    assert recall(store, "something") is None
    remember(store, "something", "one")
    remember(store, "something", "two")
    assert recall(store, "something") == "two"
