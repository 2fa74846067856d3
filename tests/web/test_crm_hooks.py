"""What a CRM posts by itself: signed, once, by its map and by the rules of who is right."""

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook
from starlette.types import ASGIApp

from campaigns.crm.file import load
from storage.customers import look
from storage.customers.changes import By
from storage.customers.changing import changing
from storage.customers.definitions import apply
from storage.customers.given import GivenCustomer
from storage.customers.sync import sync
from storage.engine import Store, open_store
from tests.databases import set_up
from tests.storage.customers.conftest import CRM
from web.api import examples
from web.app import make_app
from workers.overview import Lookout
from workers.settings import Settings
from workers.settings_crms import CrmSettings

OLD, NEW = ("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
MAP = """
customers:
  id: record.id
  updated_at: record.changed
  region: CN
  fields: {name: record.name, numbers: record.mobile, stage: record.status, do_not_call: record.dnc}
  values: {stage: {new: 新}}
"""
ROW: dict[str, Any] = {
    "record": {
        "id": 17, "changed": "2026-11-28T09:00:00Z", "name": "王小明", "mobile": "139 1234 5678",
        "status": "新", "dnc": False,
    }
}  # fmt: skip
Post = Callable[..., Any]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "erp.yaml").write_text(MAP, encoding="utf-8")
    secrets = (SecretStr(NEW), SecretStr(OLD))
    given = {"url": SecretStr("https://erp.example.com"), "hook_secrets": secrets}
    return Settings(
        home=tmp_path,
        database_url=SecretStr(f"sqlite:///{tmp_path / 'site.db'}"),
        recordings=tmp_path,
        crms={
            "erp": CrmSettings(kind="rest", map="erp.yaml", **given),
            "bare": CrmSettings(kind="rest", url=SecretStr("https://bare.example.com")),
        },
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("hooks") / "site.db"
    store = set_up(f"sqlite:///{file}")
    apply(store, load(CRM), datetime.now(UTC))
    store.close()
    return file


@pytest.fixture
def store(settings: Settings, made: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copy(made, tmp_path / "site.db")
    store = open_store(settings.database_url.get_secret_value())
    yield store
    store.close()


@pytest.fixture
def app(settings: Settings, store: Store) -> Iterator[ASGIApp]:
    lookout = Lookout(settings)
    yield make_app(settings, lookout)
    lookout.close()


@pytest.fixture
def post(app: ASGIApp) -> Post:
    """`await post({"rows": [...]})`, signed, from another machine."""

    async def posted(
        data: Any, told_id: str = "m-1", secret: str = NEW, name: str = "erp", age: float = 0
    ) -> httpx.Response:
        at = datetime.now(UTC) - timedelta(seconds=age)
        content = {"type": "customer.changed", "timestamp": at.isoformat(), "data": data}
        body = data if isinstance(data, bytes) else json.dumps(content).encode()
        headers = {
            "webhook-id": told_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(told_id, at, body.decode("latin-1")),
        }
        transport = httpx.ASGITransport(app, client=("203.0.113.9", 40000))
        async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
            path = f"/api/crm/{name}/changed"
            return await client.request("POST", path, content=body, headers=headers)

    return posted


def customer(store: Store, external_id: str) -> dict[str, Any]:
    found = look.by_external_id(store, "erp", external_id)
    assert found is not None
    return look.get(store, found)


async def test_a_record_comes_by_the_map_and_once(post: Post, store: Store) -> None:
    for secret in (NEW, OLD):
        answer = await post({"rows": [ROW]}, secret=secret, told_id=f"m-{secret}")
        assert answer.status_code == 200, answer.text
    assert answer.json() == {"created": 0, "updated": 0, "unchanged": 1, "refused": 0, "why": []}
    found = customer(store, "17")
    assert (found["name"], found["stage"]) == ("王小明", "new")
    assert found["numbers"][0]["number"] == "+8613912345678"


async def test_a_message_that_comes_again_is_heeded_once(post: Post, store: Store) -> None:
    at = datetime.now(UTC).isoformat()
    content = {"type": "customer.changed", "timestamp": at, "data": {"rows": [ROW]}}
    body = json.dumps(content).encode()
    first = await post(body)
    mine = look.by_external_id(store, "erp", "17")
    assert mine is not None
    with changing(store, By("cli"), datetime.now(UTC)) as pen:
        pen.hold([mine])
        pen.put(mine, "name", "改过的")
    again = await post(body)
    assert first.json() == again.json()
    assert customer(store, "17")["name"] == "改过的"
    other = await post({"rows": [ROW]})  # under the id of another message
    assert other.status_code == 422


async def test_the_example_of_the_document_is_taken_as_it_says(post: Post) -> None:
    [example] = examples.REQUESTS["customers_changed"].values()
    answer = await post(example["value"]["data"])
    assert (answer.status_code, answer.json()) == (200, examples.ANSWERS["customers_changed"])


async def test_the_rules_of_who_is_right_hold(post: Post, store: Store) -> None:
    given = GivenCustomer("17", name="王", numbers=("+8613912345678",))
    sync(store, "erp", [given], By("crm:erp", "erp"), datetime.now(UTC))
    mine = look.by_external_id(store, "erp", "17")
    assert mine is not None
    with changing(store, By("cli"), datetime.now(UTC)) as pen:
        pen.hold([mine])
        pen.put_stage(mine, "won")
        pen.forbid(mine)
    before = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    row = {"record": {**ROW["record"], "changed": before}}
    await post({"rows": [row]}, told_id="m-2")
    found = customer(store, "17")
    assert (found["name"], found["stage"], found["do_not_call"]) == ("王小明", "won", True)


async def test_one_that_is_wrong_hinders_no_other(post: Post, store: Store) -> None:
    wrong = {"record": {"id": 18, "status": "没有这个阶段"}}
    told = (await post({"rows": [wrong, ROW, {"record": {}}]})).json()
    assert (told["created"], told["refused"]) == (1, 2)
    assert "没有这个阶段" not in json.dumps(told, ensure_ascii=False)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"secret": "whsec_" + base64.b64encode(bytes(32)).decode()}, 401),
        ({"age": 400}, 401),
        ({"name": "bare"}, 401),
        ({"name": "nobody"}, 401),
        ({"told_id": "x" * 121}, 422),
    ],
)
async def test_who_may_not_gets_nothing(post: Post, told: dict[str, Any], status: int) -> None:
    assert (await post({"rows": [ROW]}, **told)).status_code == status


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[", b'{"type": "x"}', b"[" * 100_000, b'{"a": 1e999}',
     json.dumps({"type": "customer.changed", "timestamp": "2026-11-28T09:00:00Z",
                 "data": {"rows": [ROW], "customers": [{"external_id": "1"}]}}).encode()],
)  # fmt: skip
async def test_what_is_no_such_post_is_refused_in_a_sentence(post: Post, body: bytes) -> None:
    answer = await post(body)
    assert answer.status_code == 422
    assert answer.json()["detail"]


async def test_a_post_that_comes_after_a_later_one_changes_nothing(
    post: Post, store: Store
) -> None:
    def row(changed: str, name: str, status: str) -> Any:
        return {"rows": [{"record": {**ROW["record"], "changed": changed, "name": name,
                                     "status": status}}]}  # fmt: skip

    assert (await post(row("2026-11-28T09:00:05Z", "王小明明", "won"), "m-2")).status_code == 200
    late = await post(row("2026-11-28T09:00:00Z", "王小明", "新"), "m-1")
    assert late.status_code == 200
    found = look.by_external_id(store, "erp", "17")
    assert found is not None
    customer = look.get(store, found)
    assert (customer["name"], customer["stage"]) == ("王小明明", "won")
    await post(row("2026-11-28T09:00:06Z", "王小明", "新"), "m-3")
    assert look.get(store, found)["name"] == "王小明"


async def test_a_customer_of_another_form_hinders_no_other(post: Post, store: Store) -> None:
    rows = [{"external_id": 8, "name": "坏"}, {"external_id": "9", "name": "好"}]
    answer = await post({"customers": rows})
    assert answer.status_code == 200, answer.text
    why = "external_id: Input should be a valid string"
    assert answer.json()["why"] == [{"external_id": "8", "why": why}]
    assert customer(store, "9")["name"] == "好"


async def test_one_that_comes_again_after_its_customer_has_changed_is_answered_the_same(
    post: Post, store: Store
) -> None:
    def row(n: int, **told: Any) -> dict[str, Any]:
        return {"record": {**ROW["record"], "id": n, "mobile": "", **told}}

    rows = [row(1), row(2, status="不存在的阶段", dnc=True)]
    told = {"type": "customer.changed", "timestamp": "2026-11-28T09:00:00Z", "data": {"rows": rows}}
    first = json.dumps(told).encode()
    came = (await post(first)).json()
    assert (came["created"], came["refused"]) == (1, 1)
    assert customer(store, "2")["do_not_call"]
    await post({"rows": [row(1, name="新", changed="2026-11-28T10:00:00Z")]}, "m-2")
    again = await post(first)
    assert (again.status_code, again.json()["refused"]) == (200, 1)
    assert customer(store, "1")["name"] == "新"
