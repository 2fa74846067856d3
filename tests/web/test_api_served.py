"""The REST API over a real socket, on PostgreSQL, beside a worker that dials."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from campaigns.orders import LogIn
from storage.orders import put_order
from storage.tables.records import OUTBOX
from tests.web.test_serve import served

KEY = "a-key-that-nobody-guesses-0123456789"
SETTINGS = f'[api.keys]\ncrm = "sha256:{sha256(KEY.encode()).hexdigest()}"\n'
CRM = "intents: [A, B]\nstages: [{name: new}, {name: high-intent}]\n"


def test_a_customer_of_the_crm_is_called_and_the_result_comes_from_the_crm(
    make_site: Callable[..., Any],
    start: Any,
    until: Callable[..., Any],
    postgres_url: str,
    tmp_path: Path,
) -> None:
    site = make_site(postgres_url)
    site.campaign(leads=20, agents=3, dispositions=[{"name": "sale", "success": True}])
    (tmp_path / "dialplane.toml").write_text(SETTINGS)
    (tmp_path / "crm.yaml").write_text(CRM)
    assert start(site, "crm", "apply", str(tmp_path / "crm.yaml")).wait(30) == 0
    with served(start, site) as client:
        assert client.get("/api/customers").status_code == 401
        client.headers["Authorization"] = f"Bearer {KEY}"
        _tell(client, 20)
        start(site, "worker")
        for number in range(3):
            name = f"agent-{number:02d}"
            put_order(site.store, "spring", LogIn(name, name, "main"))
        call = until(lambda: next(filter(_has_talked, site.attempts()), None), 60)

        path = f"/api/customers/{call.number.replace('+', '%2B')}"
        before = client.get(path).json()
        assert (before["contacts"], before["intent"], before["name"]) == (1, None, _name(call))
        told = {"attempt_id": str(call.id), "disposition": "sale", "intent": "A", "note": "要合同"}
        assert client.post("/api/call/result", json=told).json() == {"changed": True}
        assert client.post("/api/call/result", json=told).json() == {"changed": False}
        assert client.get(path).json()["intent"] == "A"
        entries = client.get(f"{path}/timeline").json()["entries"]
        [heard] = [e["facts"] for e in entries if e["id"] == str(call.id)]
        assert (heard["intent"], heard["note"]) == ("A", "要合同")
        assert _messages(site, str(call.id))[-1]["intent"] == "A"
        theirs = client.get(path).json()["external_ids"]["crm"].replace("/", "%2F")
        again = client.get(f"/api/customers/{theirs}/timeline", params={"source": "crm"})
        assert again.json()["entries"] == entries
        _has_one_history(client, path, str(call.id))


def _has_one_history(client: httpx.Client, path: str, call: str) -> None:
    """Tags at several levels, purchases, visits and every call of one customer, in one order."""
    tags = {"add": ["制造业/设备采购/预算已确认", "重点客户"]}
    assert client.post(f"{path}/tags", json=tags).status_code == 200
    for kind, days in (("purchase", 30), ("visit", 2)):
        at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        touch = {"kind": kind, "at": at, "key": f"{kind}-1", "item": "数控机床 X5"}
        for new in (1, 0):  # one that comes again is passed over
            assert client.post(f"{path}/touches", json={"touches": [touch]}).json() == {"new": new}
    entries = client.get(f"{path}/timeline").json()["entries"]
    told = [entry["kind"] for entry in entries if entry["kind"] != "stage"]
    assert told == ["call", "visit", "purchase"]
    assert entries[0]["id"] == call
    mine = client.get(path).json()["id"]
    for tag in ("制造业", "制造业/设备采购", "制造业/设备采购/预算已确认", "重点客户"):
        found = client.get("/api/customers", params={"tag": tag}).json()["customers"]
        assert [each["id"] for each in found] == [mine]


def _has_talked(call: Any) -> bool:
    return call.connected_at is not None and call.ended_at is not None


def _name(call: Any) -> str:
    return f"王{int(call.number[-4:])}"


def _tell(client: httpx.Client, count: int) -> None:
    given = [
        {"external_id": f"C/{n}", "name": f"王{n}", "numbers": [f"+1212555{n:04d}"], "stage": "new"}
        for n in range(count)
    ]
    told = client.post("/api/customer/sync", json={"customers": given}).json()
    assert told["updated"] == count, told


def _messages(site: Any, attempt_id: str) -> list[Any]:
    with site.store.reading() as connection:
        rows = connection.execute(select(OUTBOX.c.payload).order_by(OUTBOX.c.id)).scalars()
        return [payload for payload in rows if payload["attempt_id"] == attempt_id]
