"""The job that heeds customers' changes: who rings for it, and what a turn of it does."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import redis
from pydantic import SecretStr
from sqlalchemy import func, select, update

from campaigns.crm.file import load as load_crm
from campaigns.crm.rules.file import load
from storage.customers import changes, look
from storage.customers.changes import By
from storage.customers.definitions import apply as apply_crm
from storage.customers.given import GivenCustomer
from storage.customers.sync import sync
from storage.rules import kept
from storage.tables.people import CUSTOMERS
from storage.tables.records import OUTBOX
from tests.storage.rules.conftest import CRM
from workers.changes import heed_changes
from workers.context import Context, use
from workers.jobs import SHORT
from workers.queue import queue, ring
from workers.settings import WebhookSettings
from workers.sweeper import IDLE_TURNS, Sweeper

URL, SECRET = "https://shop.example.com/changed", f"whsec_{b64encode(bytes(24)).decode()}"
RULES = """\
rules:
  - {name: recycle, when: {idle: 72h}, if: owner is not empty, do: [{pool: true}]}
  - {name: pooled, when: {stage: {to: potential}}, do: [{tag: 公海}]}
"""


@pytest.fixture
def site(make_site: Callable[..., Any], database_url: str) -> Any:
    site = make_site(database_url)
    apply_crm(site.store, load_crm(CRM), datetime.now(UTC))
    return site


@pytest.fixture
def sweeper(site: Any, client: "redis.Redis") -> Sweeper:
    return Sweeper(site.store, lambda: client, "s1", keys=site.keys)


def tell(site: Any, **parts: Any) -> UUID:
    given = GivenCustomer("C-1", name="王小明", **parts)
    [row] = sync(site.store, "crm", [given], By("api:crm", "crm"), datetime.now(UTC))
    return UUID(row["customer_id"])


def rung(client: "redis.Redis") -> list[str]:
    """The jobs that wait, which are forgotten then."""
    ids = queue(SHORT, client).get_job_ids()
    client.delete(f"rq:queue:{SHORT}", *client.scan_iter("dialplane:rung:*"))
    return [each.partition("-")[0] for each in ids]


def test_a_change_is_rung_for(site: Any, sweeper: Sweeper, client: "redis.Redis") -> None:
    sweeper.sweep()
    assert rung(client) == []
    tell(site)
    sweeper.sweep()
    assert rung(client) == ["changes"]
    changes.take(site.store)
    sweeper.sweep()
    assert rung(client) == []


def test_now_and_then_it_is_rung_for_whom_nobody_follows_up(
    site: Any, sweeper: Sweeper, client: "redis.Redis"
) -> None:
    kept.apply(site.store, load(RULES), RULES, datetime.now(UTC))
    told = list[str]()
    for _ in range(2 * IDLE_TURNS):
        sweeper.sweep()
        told += rung(client)
    assert told == ["changes"] * 2
    kept.switch(site.store, "recycle", False)
    for _ in range(IDLE_TURNS):
        sweeper.sweep()
    assert rung(client) == []


def test_it_is_rung_for_twice_a_second_and_not_more(
    site: Any, client: "redis.Redis", keys: Any
) -> None:
    at = datetime(2026, 11, 28, 9, tzinfo=UTC)
    for milliseconds, is_new in ((0, True), (499, False), (500, True), (1000, True)):
        now = at + timedelta(milliseconds=milliseconds)
        assert ring(client, "heed_changes", keys=keys, now=now) is is_new
        client.delete(f"rq:queue:{SHORT}")  # taken


@pytest.mark.parametrize("tells", [True, False])
def test_a_turn_heeds_all_that_is_due_and_looks_for_whom_nobody_follows_up(
    site: Any, client: "redis.Redis", tells: bool
) -> None:
    kept.apply(site.store, load(RULES), RULES, datetime.now(UTC))
    webhook = WebhookSettings(url=URL, secret=SecretStr(SECRET), customers=tells)
    settings = site.settings.model_copy(update={"webhook": webhook})
    use(Context(settings, site.store, site.redis_url, "w1"))
    wang = tell(site, owner="ann", stage="potential")
    long_ago = datetime.now(UTC) - timedelta(hours=73)
    with site.store.writing() as connection:
        connection.execute(update(CUSTOMERS).values(idle_since=long_ago))
    heed_changes()
    found = look.get(site.store, wang)
    assert (found["owner"], [tag["path"] for tag in found["tags"]]) == (None, ["公海"])
    assert changes.due(site.store) == 0
    with site.store.reading() as connection:
        query = select(func.count()).where(OUTBOX.c.kind == "customer.changed")
        assert connection.execute(query).scalar_one() == (3 if tells else 0)
