"""From the CRM to a call and back, by rules alone: over a real socket, on PostgreSQL, with workers
and a campaign that dials."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select, update

from campaigns.orders import CampaignState, LogIn
from campaigns.spec.times import Leads
from storage import campaigns
from storage.orders import put_order
from storage.tables.people import CUSTOMERS
from storage.tables.records import OUTBOX
from tests.web.test_serve import served

KEY = "a-key-that-nobody-guesses-0123456789"
SETTINGS = f"""\
[api.keys]
crm = "sha256:{sha256(KEY.encode()).hexdigest()}"
[webhook]
url = "http://127.0.0.1:9/nobody-listens"
allow_private = true
secret = "whsec_{b64encode(bytes(24)).decode()}"
customers = true
reminders = true
"""
CRM = "intents: [A, B]\nstages: [{name: potential}, {name: high-intent}, {name: won}]\n"
RULES = """\
rules:
  - name: hot
    when: {stage: {from: potential, to: high-intent}}
    do: [{campaign: spring, priority: 50}, {tag: 高意向/待外呼}]
  - name: sold
    when: {call: {disposition: sale, intent: A}}
    do: [{stage: won}, {remind: 1d, note: 发合同}]
  - name: recycle
    when: {idle: 72h}
    if: owner is not empty
    do: [{pool: true}, {webhook: recycled}]
"""
HOUR = timedelta(hours=1)
NUMBER = "+12125559876"


def test_a_stage_moved_by_the_crm_is_called_and_its_result_moves_the_customer_on(
    make_site: Callable[..., Any],
    start: Any,
    until: Callable[..., Any],
    postgres_url: str,
    tmp_path: Path,
) -> None:
    site = make_site(postgres_url)
    spec = site.campaign(leads=0, agents=2, dispositions=[{"name": "sale", "success": True}])
    fed = spec.model_copy(update={"leads": Leads(list="spring", more_to_come=True)})
    campaigns.apply(site.store, fed, "name: spring", datetime.now(UTC))
    for name, text in (("dialplane.toml", SETTINGS), ("crm.yaml", CRM), ("rules.yaml", RULES)):
        (tmp_path / name).write_text(text)
    for words in (("crm", "apply", "crm.yaml"), ("crm", "rules", "apply", "rules.yaml")):
        assert start(site, *words[:-1], str(tmp_path / words[-1])).wait(30) == 0
    start(site, "worker")
    for agent in ("agent-00", "agent-01"):
        put_order(site.store, "spring", LogIn(agent, agent, "main"))
    with served(start, site) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        tell(client, "potential")
        assert customer(client)["tags"] == []
        assert site.attempts() == []

        tell(client, "high-intent")
        until(lambda: [tag["path"] for tag in customer(client)["tags"]] == ["高意向/待外呼"], 30)
        call = until(lambda: next((a for a in site.attempts() if a.ended_at), None), 60)
        assert call.number == NUMBER

        result = {"attempt_id": str(call.id), "disposition": "sale", "intent": "A"}
        assert client.post("/api/call/result", json=result).json() == {"changed": True}
        until(lambda: customer(client)["stage"] == "won", 30)
        plans = client.get("/api/follow-ups").json()["follow_ups"]
        assert [plan["note"] for plan in plans] == ["发合同"]
        until(lambda: len(messages(site)) == 5, 30)
        sent_before_the_pool = messages(site)

        goes_back_to_the_pool(site, client, until)
    sent = [
        (m["who"], m["origin"], {each["what"] for each in m["changes"]})
        for m in sent_before_the_pool
    ]
    assert sent == [
        ("api:crm", "crm", {"created"}),
        ("api:crm", "crm", {"stage"}),
        ("rule:hot", "", {"tag"}),
        ("api:crm", "crm", {"call_result", "intent"}),
        ("rule:sold", "", {"follow_up", "stage"}),
    ]
    assert site.stored().actual == CampaignState.RUNNING, "it waits for more"


def goes_back_to_the_pool(site: Any, client: httpx.Client, until: Callable[..., Any]) -> None:
    """Another customer, whom nobody follows up for 72 hours: with what was to be done, and of whom
    the owner was reminded; and one whose owner has just done something, who stays."""
    for who, seen in (("L-1", 80 * HOUR), ("L-2", 80 * HOUR), ("L-3", 60 * HOUR)):
        number = f"+861391234567{who[-1]}"
        given = {"external_id": who, "name": "李雷", "numbers": [number], "stage": "potential"}
        told = {"customers": [{**given, "owner": "ann"}]}
        [row] = client.post("/api/customer/sync", json=told).json()["rows"]
        now = datetime.now(UTC)
        plan = {"due_at": now.isoformat(), "remind_at": now.isoformat(), "note": "回访"}
        made = client.post(f"/api/customers/{row['customer_id']}/follow-ups", json=plan).json()
        if who == "L-2":
            path = f"/api/follow-ups/{made['id']}/done"
            assert client.post(path, json={"result": "reached"}).json() == {"changed": True}
            continue
        with site.store.writing() as connection:
            mine = update(CUSTOMERS).where(CUSTOMERS.c.number == number)
            connection.execute(mine.values(idle_since=now - seen))
    pool = "/api/customers?owner=&stage=potential&fields=external_ids"
    until(lambda: client.get(pool).json()["customers"] == [{"external_ids": {"crm": "L-1"}}], 40)
    hers = client.get("/api/customers?owner=ann&fields=external_ids").json()["customers"]
    assert [each["external_ids"]["crm"] for each in hers] == ["L-2", "L-3"]
    until(lambda: len(messages(site, "follow_up.due")) == 2, 30)
    due = client.get("/api/follow-ups?owner=&due=true").json()["follow_ups"]
    assert [(each["note"], each["reminded_at"] is None) for each in due] == [("回访", False)]
    acted = messages(site, "rule.acted")
    assert [(each["word"], each["external_ids"]) for each in acted] == [
        ("recycled", {"crm": "L-1"})
    ]


def tell(client: httpx.Client, stage: str) -> None:
    given = {"external_id": "C-1", "name": "王小明", "numbers": [NUMBER], "stage": stage}
    told = client.post("/api/customer/sync", json={"customers": [given]}).json()
    assert told["refused"] == 0, told


def customer(client: httpx.Client) -> Any:
    return client.get(f"/api/customers/{NUMBER.replace('+', '%2B')}").json()


def messages(site: Any, kind: str = "customer.changed") -> list[Any]:
    with site.store.reading() as connection:
        query = select(OUTBOX.c.payload).where(OUTBOX.c.kind == kind)
        return list(connection.execute(query.order_by(OUTBOX.c.id)).scalars())
