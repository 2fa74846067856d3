import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from campaigns.orders import CampaignState
from storage import leases
from storage.errors import DatabaseUnavailable
from storage.tables.campaigns import CAMPAIGN_VERSIONS, CAMPAIGNS
from workers import dial
from workers.context import Context, use
from workers.lease import standing_by


@pytest.fixture
def site(make_site: Callable[..., Any]) -> Any:
    return make_site()


def ready(site: Any, worker: str = "w2") -> Context:
    context: Context = site.context(worker)
    use(context)
    return context


def test_a_second_worker_says_who_dials_and_stands_by(
    site: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dial, "STAND_BY_SECONDS", 0.3)
    site.campaign(leads=1, agents=1)
    lease = site.lease("w1")
    ready(site)

    with caplog.at_level("WARNING"):
        dial.run_campaign("spring")

    said = "campaign 'spring' is already dialled by worker w1; standing by"
    assert [r.getMessage() for r in caplog.records] == [said]
    assert standing_by(lease) == said
    assert leases.renew(site.store, lease)


def test_who_stands_by_takes_over_when_the_lease_lapses(
    site: Any, until: Callable[..., None]
) -> None:
    site.campaign(leads=1, agents=1)
    lease = leases.acquire(site.store, "spring", "w1", ttl=0.5)
    assert lease is not None
    taken = dial.stand_by(ready(site), "spring", 5)
    assert taken is not None
    assert (taken.holder, taken.token) == ("w2", lease.token + 1)


def test_who_is_to_stop_stands_by_no_longer(site: Any) -> None:
    site.campaign(leads=1, agents=1)
    site.lease("w1")
    context = ready(site)
    threading.Timer(0.2, context.stop.set).start()
    assert dial.stand_by(context, "spring", 60) is None


def test_a_campaign_that_is_not_wanted_is_settled_and_left(site: Any) -> None:
    site.campaign(leads=1, agents=1)
    site.want(CampaignState.STOPPED)
    ready(site)
    dial.run_campaign("spring")
    assert site.stored().actual is CampaignState.STOPPED
    assert leases.held(site.store) == []


def test_a_campaign_that_is_gone_leaves_no_lease_held(
    site: Any, caplog: pytest.LogCaptureFixture
) -> None:
    ready(site)
    dial.run_campaign("nothing")
    assert "There is no campaign 'nothing'" in caplog.text
    assert leases.held(site.store) == []


def test_wrong_settings_are_told_where_the_campaign_is_shown(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dial, "TROUBLE_SECONDS", 0.1)
    site.campaign(leads=1, agents=1, pbx=["elsewhere"])
    ready(site)
    dial.run_campaign("spring")
    why = site.stored().why
    assert "pbx.elsewhere: no such PBX" in why
    assert "there are: main" in why
    assert leases.held(site.store) == []


def test_a_campaign_that_cannot_be_read_is_told_and_not_tried_in_a_hurry(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dial, "TROUBLE_SECONDS", 0.1)
    site.campaign(leads=1, agents=1)
    with site.store.writing() as connection:
        connection.execute(update(CAMPAIGN_VERSIONS).values(spec={"name": "spring"}))
    ready(site)
    dial.run_campaign("spring")
    with site.store.reading() as connection:
        why = connection.execute(select(CAMPAIGNS.c.why)).scalar_one()
    assert "apply it again" in why
    assert leases.held(site.store) == []


@pytest.mark.parametrize("part", ["workers.dial.campaigns.get", "workers.dial.leases.acquire"])
def test_a_database_that_is_away_is_told_in_words_and_tried_again_later(
    site: Any, part: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: Any) -> None:
        raise DatabaseUnavailable("the database does not answer")

    monkeypatch.setattr(dial, "AWAY_SECONDS", 0.2)
    site.campaign(leads=1, agents=1)
    ready(site)
    began = time.monotonic()
    monkeypatch.setattr(part, away)
    dial.run_campaign("spring")
    assert time.monotonic() - began >= 0.2
    assert "campaign 'spring' cannot be dialled now: the database does not answer" in caplog.text
    assert leases.held(site.store) == []


def test_outside_a_worker_a_job_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.context._held", [])
    with pytest.raises(RuntimeError, match="no worker runs in this process"):
        dial.run_campaign("spring")
