"""Customers and results over REST: by key, within limits, once, and as the document says."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import insert
from starlette.requests import Request
from starlette.types import ASGIApp

from campaigns.crm.file import load
from storage import dnc
from storage.customers import changes, timeline
from storage.customers.calls import CallResult
from storage.customers.changes import By
from storage.customers.definitions import apply
from storage.engine import Store, open_store
from storage.errors import NotTaken
from storage.tables.attempts import ATTEMPTS
from tests.conftest import PLACED
from tests.databases import set_up
from tests.storage.customers.conftest import CRM
from web.api import answers, examples, work
from web.api.problems import storage_problem
from web.api.routes import API_ROUTES
from web.app import bare_app, make_app
from web.limited import Limits, TooMuch, whole
from web.rights import NOT_ALLOWED, Right
from workers.overview import Lookout
from workers.settings import Settings
from workers.settings_api import ApiSettings

CRM_KEY, SHOP_KEY = "a-key-that-nobody-guesses-0123456789", "b-key-that-nobody-guesses-0123456789"
NUMBER = "+8613912345678"
WANG: dict[str, Any] = {
    "external_id": "C-1",
    "name": "王小明",
    "company": "常州精密机械有限公司",
    "numbers": ["139 1234 5678"],
    "region": "CN",
    "stage": "new",
    "tags": ["制造业/设备采购/预算已确认"],
    "fields": {"industry": "制造业", "budget": 120000},
}
Ask = Callable[..., Any]


@pytest.fixture
def settings(tmp_path: Path, redis_url: str) -> Settings:
    hashed = "sha256:" + sha256(SHOP_KEY.encode()).hexdigest()
    keys = ApiSettings(keys={"crm": SecretStr(CRM_KEY), "shop": SecretStr(hashed)})
    url = SecretStr(f"sqlite:///{tmp_path / 'site.db'}")
    return Settings(
        home=tmp_path,
        database_url=url,
        redis_url=SecretStr(redis_url),
        recordings=tmp_path,
        api=keys,
    )


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a site with stages and fields, and nobody in it."""
    file = tmp_path_factory.mktemp("api") / "site.db"
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
def ask(app: ASGIApp) -> Ask:
    """`await ask(method, path, body, key)`, from another machine."""

    async def asked(
        method: str, path: str, body: Any = None, key: str | None = CRM_KEY, **headers: str
    ) -> httpx.Response:
        transport = httpx.ASGITransport(app, client=("203.0.113.9", 40000))
        shown = {} if key is None else {"authorization": f"Bearer {key}"}
        shown["content-type"] = "application/json"
        sent = {"content": body} if isinstance(body, bytes) else {"json": body}
        async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
            return await client.request(method, path, headers={**shown, **headers}, **sent)

    return asked


@pytest.fixture
async def wang(ask: Ask) -> str:
    answer = await ask("POST", "/api/customer/sync", {"customers": [WANG]})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["rows"][0]["customer_id"])


@pytest.mark.parametrize("key", [None, "", "x" * 40, CRM_KEY + "x", CRM_KEY.upper(), "sha256:"])
async def test_without_a_key_there_is_nothing(ask: Ask, key: str | None) -> None:
    for route in [each for each in API_ROUTES if each.right is Right.API]:
        path = route.path.replace("{which}", str(uuid4())).replace("{follow_up_id}", str(uuid4()))
        answer = await ask(route.method, path, {}, key)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "api.keys" in answer.json()["detail"]


async def test_the_hash_of_a_key_is_no_key(ask: Ask) -> None:
    hashed = sha256(SHOP_KEY.encode()).hexdigest()
    for shown in (f"sha256:{hashed}", hashed):
        assert (await ask("GET", "/api/customers", key=shown)).status_code == 401
    assert (await ask("GET", "/api/customers", key=SHOP_KEY)).status_code == 200


async def test_a_site_without_keys_lets_nobody_in(settings: Settings, store: Store) -> None:
    closed = settings.model_copy(update={"api": ApiSettings()})
    transport = httpx.ASGITransport(make_app(closed, Lookout(closed)))
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        answer = await client.get("/api/customers", headers={"authorization": "Bearer "})
    assert answer.status_code == 401


async def test_customers_are_told_and_each_row_gets_its_word(ask: Ask, wang: str) -> None:
    rows = [WANG, {**WANG, "external_id": "C-2"}, {"external_id": "C-3", "name": "李雷"}]
    answer = await ask("POST", "/api/customer/sync", {"customers": rows})
    told = answer.json()
    answers.SyncAnswer.model_validate(told)
    assert [row["came"] for row in told["rows"]] == ["unchanged", "refused", "created"]
    assert (told["created"], told["refused"], told["rows"][0]["customer_id"]) == (1, 1, wang)
    assert "number of 'C-1'" in told["rows"][1]["why"]


async def test_whom_a_refused_row_forbids_to_call_is_not_called(
    ask: Ask, wang: str, store: Store
) -> None:
    rows = [
        {"external_id": "C-1", "stage": "nowhere", "do_not_call": True},  # who is known
        {"external_id": "C-2", "numbers": ["+8613912345699", "12"], "do_not_call": True},
        {"external_id": "C-3", "numbers": [NUMBER, "+8613912345698"], "do_not_call": True},
        {"external_id": "C-4", "numbers": ["+8613912345697"], "stage": "nowhere"},
    ]
    told = (await ask("POST", "/api/customer/sync", {"customers": rows})).json()
    assert [row["came"] for row in told["rows"]] == ["refused"] * 4
    assert (await ask("GET", f"/api/customers/{wang}")).json()["do_not_call"]
    listed = [NUMBER, "+8613912345699", "+8613912345698", "+8613912345697"]
    assert [bool(dnc.check(store, each)) for each in listed] == [True, True, True, False]


async def test_so_is_whom_a_row_forbids_that_is_wrong_in_its_form_or_its_number(
    ask: Ask, wang: str, store: Store
) -> None:
    own, another = "+8613912345690", "+8613912345691"
    li = {"external_id": "C-8", "numbers": [own]}
    first = await ask("POST", "/api/customer/sync", {"customers": [li]})
    rows = [
        {"external_id": "C-8", "numbers": [NUMBER], "do_not_call": True},  # somebody else's
        {"external_id": "C-9", "numbers": [another, 7], "colour": 1, "do_not_call": True},
        {"external_id": "C-1", "numbers": [NUMBER] * 25, "do_not_call": True},
        {"external_id": "C-7", "numbers": ["+8613912345692"], "colour": 1, "do_not_call": "yes"},
        17,
    ]
    told = (await ask("POST", "/api/customer/sync", {"customers": rows})).json()
    assert [row["came"] for row in told["rows"]] == ["refused"] * 5
    for customer in (wang, first.json()["rows"][0]["customer_id"]):
        assert (await ask("GET", f"/api/customers/{customer}")).json()["do_not_call"]
    listed = [NUMBER, own, another, "+8613912345692"]
    assert [bool(dnc.check(store, each)) for each in listed] == [True, True, True, False]


async def test_a_request_that_is_sent_again_is_done_once(ask: Ask) -> None:
    body, key = {"customers": [WANG]}, {"Idempotency-Key": "batch-7"}
    first = await ask("POST", "/api/customer/sync", body, **key)
    again = await ask("POST", "/api/customer/sync", body, **key)
    assert first.json()["created"] == again.json()["created"] == 1
    other = await ask("POST", "/api/customer/sync", {"customers": [{"external_id": "x"}]}, **key)
    assert other.status_code == 422
    assert "idempotency key" in other.json()["detail"]
    shop = await ask("POST", "/api/customer/sync", body, SHOP_KEY, **key)
    assert shop.json()["updated"] == 1


async def test_one_is_looked_up_by_id_number_and_external_id(ask: Ask, wang: str) -> None:
    for path in (wang, NUMBER, NUMBER.replace("+", "%2B"), "C-1?source=crm"):
        answer = await ask("GET", f"/api/customers/{path}")
        told = answers.CustomerAnswer.model_validate(answer.json())
        assert (str(told.id), told.name, told.number) == (wang, "王小明", NUMBER)
        assert (told.external_ids, told.fields["budget"]) == ({"crm": "C-1"}, 120000)
        assert (told.tags[0].path, told.tags[0].source) == ("制造业/设备采购/预算已确认", "crm")
        assert told.numbers[0].zones == ["Asia/Shanghai"]
    for path in (str(uuid4()), "+8613912345679", "C-2?source=crm", "C-1?source=shop", "x"):
        assert (await ask("GET", f"/api/customers/{path}")).status_code == 404


@pytest.mark.parametrize(
    "told",
    ["a/b", "/", "a/timeline", "a%2Fb", "100%", "a/../b", "甲/乙+丙", "%", "a?b#c&d", "x" * 120],
)
async def test_an_external_id_may_hold_what_divides_a_path(ask: Ask, told: str) -> None:
    row = {"external_id": told, "name": "王"}
    came = (await ask("POST", "/api/customer/sync", {"customers": [row]})).json()["rows"][0]
    of, by = f"/api/customers/{quote(told, safe='')}", "?source=crm"
    found = await ask("GET", of + by)
    assert (found.status_code, found.json().get("id")) == (200, came["customer_id"])
    assert (await ask("POST", f"{of}/tags{by}", {"add": ["vip"]})).status_code == 200
    plan = {"due_at": "2030-01-01T09:00:00+08:00"}
    assert (await ask("POST", f"{of}/follow-ups{by}", plan)).status_code == 201
    note = {"touches": [{"kind": "note", "text": "好"}]}
    assert (await ask("POST", f"{of}/touches{by}", note)).json() == {"new": 1}
    assert (await ask("POST", f"{of}/consent{by}", {"given": True})).status_code == 201
    seen = (await ask("GET", f"{of}/timeline{by}")).json()["entries"]
    assert {each["kind"] for each in seen} == {"note", "consent", "follow_up"}
    for other in (of + "x", f"{of}/nothing", of.replace("%", "%25") + "%2F"):
        assert (await ask("GET", other + by)).status_code == 404


async def test_a_looked_up_customer_is_as_it_is_after_each_change(ask: Ask, wang: str) -> None:
    for n in range(5):
        assert (await ask("GET", f"/api/customers/{NUMBER}")).status_code == 200
        change = {"customers": [{"external_id": "C-1", "name": f"王{n}"}]}
        await ask("POST", "/api/customer/sync", change)
        assert (await ask("GET", f"/api/customers/{wang}")).json()["name"] == f"王{n}"


async def test_a_list_has_filters_pages_and_chosen_fields(ask: Ask, wang: str) -> None:
    more = [{"external_id": f"L-{n}", "name": f"李{n}", "stage": "won"} for n in range(5)]
    await ask("POST", "/api/customer/sync", {"customers": more})
    for query in (
        "tag=制造业", "stage=new", "field=budget:gte:100000&field=industry:eq:制造业",
        "owner=&stage=new&stage=potential", "source=crm&tag=制造业/设备采购",
    ):  # fmt: skip
        told = (await ask("GET", f"/api/customers?{query}")).json()
        assert [c["id"] for c in answers.ListAnswer.model_validate(told).model_dump(mode="json")[
            "customers"
        ]] == [wang]  # fmt: skip
    names, after = list[str](), ""
    while after is not None:
        place = f"&after={after}" if after else ""
        answer = await ask("GET", f"/api/customers?stage=won&limit=2&fields=name,tags{place}")
        page = answer.json()
        names += [c["name"] for c in page["customers"]]
        assert all(set(c) == {"name", "tags"} for c in page["customers"])
        after = page["after"]
    assert names == [f"李{n}" for n in range(5)]
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+", "%2B")
    assert (await ask("GET", f"/api/customers?updated_since={later}")).json()["customers"] == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("after=x", "'after'"),
        ("fields=name,password", "There is no such field"),
        ("field=budget", "NAME:OPERATOR:VALUE"),
        ("field=budget:like:1", "NAME:OPERATOR:VALUE"),
        ("field=remark:eq:1", "indexed: true"),
        ("field=budget:eq:1;DROP", "expected a number"),
        ("tag=a//b", "That is no tag"),
        ("order=name", "order"),
        ("updated_since=yesterday", "updated_since"),
        ("updated_since=2026-11-28T09:00:00", "updated_since"),
        ("stage=a%20b", "stage"),
        ("owner=%00", "owner"),
        ("tags=vip", "no query parameter 'tags'"),
        ("owner=ann&owner=bob", "owner: expected once"),
        ("updated_since=0001-01-01T00:00:00%2B14:00", "updated_since"),
        ("idle_before=9999-12-31T23:59:59-14:00", "idle_before"),
    ],
)
async def test_what_cannot_be_asked_for_is_told(ask: Ask, query: str, said: str) -> None:
    answer = await ask("GET", f"/api/customers?{query}")
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert "DROP" not in answer.text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "body"),
        (b"[" * 60_000, "body"),
        (b"\xff\xfe", "body"),
        ('{"customers": [{"external_id": "王"}]}'.encode("gb18030"), "no JSON"),
        (
            b'{"customers": [{"external_id": "1", "fields": {"a": ' + b"9" * 5000 + b"}}]}",
            "no JSON",
        ),
        ({"customers": []}, "customers"),
        ({"customers": [{"external_id": "1"}] * 1001}, "customers"),
        ({"customer": [WANG]}, "customers: Field required"),
        ({"customers": WANG}, "customers: Input should be a list"),
    ],
)
async def test_a_body_that_is_not_what_it_has_to_be_is_told_which_field(
    ask: Ask, body: Any, said: str
) -> None:
    answer = await ask("POST", "/api/customer/sync", body)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (b'"x"', "the row: Input should be an object"),
        ({"name": "王"}, "external_id: Field required"),
        ({"external_id": 17}, "external_id: Input should be a valid string"),
        ({"external_id": "1", "name": "王" * 1001}, "name: String should have at most 1000"),
        ({"external_id": "1", "numbers": 13912345678}, "numbers: Input should be a list"),
        ({"external_id": "1", "colour": "红"}, "colour: There is no such key"),
        ({"external_id": "1", "fields": {"a": {"b": 1}}}, "fields"),
        ({"external_id": "1", "tags": "vip"}, "tags: Input should be a list"),
        (b'{"external_id": "1", "fields": {"budget": NaN}}', "fields"),
        (b'{"external_id": "1", "name": "\\ud800"}', "name: "),
        ({"external_id": "1", "x\r\nSet-Cookie: a": 1}, "the row: There is no such key"),
        ({"external_id": "1", "emails": ["a@b.cn"] * 21}, "emails: List should have at most 20"),
    ],
)
async def test_a_row_of_another_form_hinders_no_other(ask: Ask, row: Any, why: str) -> None:
    sent = row if isinstance(row, bytes) else json.dumps(row).encode()
    body = b'{"customers": [%s, {"external_id": "C-9", "name": "ok"}]}' % sent
    for came in ("created", "unchanged"):
        answer = await ask("POST", "/api/customer/sync", body)
        assert answer.status_code == 200, answer.text
        told = answers.SyncAnswer.model_validate(answer.json())
        assert [each.came for each in told.rows] == ["refused", came]
        assert why in told.rows[0].why
        assert not {"红", "Set-Cookie"} & set(answer.text.split())


async def test_a_row_that_is_mended_is_another_request(ask: Ask) -> None:
    key = {"Idempotency-Key": "batch-9"}
    wrong, right = [{"customers": [{"external_id": told}]} for told in (17, "17")]
    for _ in range(2):
        told = (await ask("POST", "/api/customer/sync", wrong, **key)).json()
        assert (told["refused"], told["rows"][0]["external_id"]) == (1, "17")
    assert (await ask("POST", "/api/customer/sync", right, **key)).status_code == 422


async def test_a_plus_of_a_query_may_stand_as_it_is(ask: Ask, wang: str) -> None:
    told = await ask("GET", "/api/customers?updated_since=2020-01-01T00:00:00+08:00")
    assert [each["id"] for each in told.json()["customers"]] == [wang]
    due = {"due_at": "2030-01-01T09:00:00+08:00"}
    await ask("POST", f"/api/customers/{NUMBER}/follow-ups", due)
    by = "due_before=2031-01-01T00:00:00+0800"
    found = await ask("GET", f"/api/follow-ups?customer={NUMBER}&{by}")
    assert len(found.json()["follow_ups"]) == 1


async def test_a_body_has_a_length_and_a_time(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    too_long = b" " * (8 * 1024 * 1024 + 1)
    assert (await ask("POST", "/api/customer/sync", too_long)).status_code == 413
    assert (await ask("POST", "/api/call/result", b" " * 65_537)).status_code == 413


async def test_a_body_that_drips_is_given_up() -> None:
    async def drip() -> Any:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": True}

    with pytest.raises(TooMuch) as given_up:
        await whole(drip, Limits(10_000, 0.05))
    assert given_up.value.status == 408


async def test_tags_follow_ups_touches_and_consent_are_on_the_timeline(
    ask: Ask, wang: str, store: Store
) -> None:
    of = f"/api/customers/{wang}"
    tags = (await ask("POST", f"{of}/tags", {"add": ["vip"], "remove": ["制造业"]})).json()
    assert [tag["path"] for tag in tags["tags"]] == ["vip"]
    due = {"due_at": "2030-01-01T09:00:00+08:00", "note": "上门演示", "kind": "visit"}
    made = await ask("POST", f"{of}/follow-ups", {**due, "owner": "ann"})
    assert made.status_code == 201
    listed = (await ask("GET", f"/api/follow-ups?owner=ann&customer={wang}")).json()
    answers.FollowUpsAnswer.model_validate(listed)
    assert [each["note"] for each in listed["follow_ups"]] == ["上门演示"]
    by_now = (await ask("GET", "/api/follow-ups?owner=ann&due=true")).json()
    assert by_now == {"follow_ups": []}
    bought = {"kind": "purchase", "item": "数控机床 X5", "amount": "129999.95", "currency": "CNY",
              "key": "SO-1"}  # fmt: skip
    for new in (1, 0):
        told = await ask("POST", f"{of}/touches", {"touches": [bought]})
        assert told.json() == {"new": new}
    word = {"given": False, "evidence": "电话里说不要再打"}
    assert (await ask("POST", f"{of}/consent", word)).status_code == 201
    assert dnc.check(store, NUMBER)
    done = f"/api/follow-ups/{made.json()['id']}/done"
    for changed in (True, False):
        told = await ask("POST", done, {"result": "reached", "note": "下周再谈"})
        assert told.json() == {"changed": changed}
    seen, after = list[str](), ""
    while after is not None:
        place = f"&after={after}" if after else ""
        page = (await ask("GET", f"{of}/timeline?limit=2{place}")).json()
        answers.TimelineAnswer.model_validate(page)
        seen += [entry["kind"] for entry in page["entries"]]
        after = page["after"]
    assert sorted(seen) == ["consent", "follow_up", "purchase", "stage"]
    only = (await ask("GET", f"{of}/timeline?kind=purchase")).json()["entries"]
    assert [e["facts"]["amount"] for e in only] == [129999.95]
    assert (await ask("GET", f"{of}/timeline?after=x")).status_code == 422
    gone = f"/api/customers/{uuid4()}/timeline"
    assert (await ask("GET", gone)).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"amount": "12o.5"}, "touches.1.amount: expected a number"),
        ({"amount": 1e300}, "touches.1.amount: expected "),
        ({"item": "床" * 121}, "touches.1.item: expected at most 120 characters"),
        ({"key": "k" * 121}, "touches.1.key: expected at most 120 characters"),
        ({"currency": "¥"}, "touches.1.currency: "),
        ({"kind": "purchased"}, "touches.1.kind: "),
        ({"paid": True}, "touches.1.paid: There is no such key"),
    ],
)
async def test_of_touch_points_the_one_that_is_wrong_is_named(
    ask: Ask, wang: str, wrong: dict[str, Any], said: str
) -> None:
    right = {"kind": "purchase", "item": "数控机床 X5", "amount": "1", "currency": "CNY"}
    path = f"/api/customers/{wang}/touches"
    told = await ask("POST", path, {"touches": [right, {**right, **wrong}, right]})
    assert told.status_code == 422
    assert told.json()["detail"].startswith(said)
    seen = (await ask("GET", f"/api/customers/{wang}/timeline?kind=purchase")).json()
    assert seen["entries"] == []


async def test_a_timeline_of_a_kind_that_there_is_not_is_refused_with_those_that_there_are(
    ask: Ask, wang: str
) -> None:
    path = f"/api/customers/{wang}/timeline"
    for wrong in ("kind=purchases", "kind=stage&kind=touch", "kind="):
        told = await ask("GET", f"{path}?{wrong}")
        assert told.status_code == 422
        assert all(f"'{each}'" in told.json()["detail"] for each in timeline.Kind)
        assert "purchases" not in told.text
    every = "&".join(f"kind={each}" for each in timeline.Kind)
    assert (await ask("GET", f"{path}?{every}")).json() == (await ask("GET", path)).json()


async def test_tags_below_those_that_go_may_come_in_the_same_request(ask: Ask, wang: str) -> None:
    change = {"add": ["制造业/维修"], "remove": ["制造业"]}
    told = await ask("POST", f"/api/customers/{wang}/tags", change)
    assert [tag["path"] for tag in told.json()["tags"]] == ["制造业/维修"]


async def test_what_a_tags_request_changes_is_one_occasion(
    ask: Ask, wang: str, store: Store
) -> None:
    change = {"add": ["甲", "乙"], "remove": ["制造业"]}
    await ask("POST", f"/api/customers/{wang}/tags", change)
    told = [each for each in changes.of_customer(store, UUID(wang)) if each.change.what == "tag"]
    assert len({each.at for each in told}) == 1
    assert {each.change.new or each.change.old for each in told} == {
        *("甲", "乙", "制造业/设备采购/预算已确认")
    }


async def test_a_body_of_another_kind_is_told_what_it_has_to_be(ask: Ask) -> None:
    sent = {"content-type": "text/plain"}
    answer = await ask("POST", "/api/customer/sync", {"customers": [WANG]}, **sent)
    assert (answer.status_code, "application/json" in answer.text) == (422, True)


async def test_times_beyond_the_calendar_are_no_fault_of_ours(ask: Ask, wang: str) -> None:
    beyond = "9999-12-31T23:59:59-14:00"
    for path, body in (
        ("/api/call/result", {"attempt_id": str(uuid4()), "at": beyond}),
        (f"/api/customers/{wang}/follow-ups", {"due_at": beyond}),
        (f"/api/customers/{wang}/consent", {"given": True, "expires_at": beyond}),
    ):
        answer = await ask("POST", path, body)
        assert (answer.status_code, "years 1 to 9999" in answer.text) == (422, True), path


async def test_a_clock_that_is_ahead_files_nothing_in_time_to_come(
    ask: Ask, wang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[CallResult] = []

    def hear(_store: Store, told: CallResult, _by: By) -> bool:
        heard.append(told)
        return True

    monkeypatch.setattr(work, "put_result", hear)
    told = {"attempt_id": str(uuid4()), "note": "好", "at": "2199-01-01T00:00:00Z"}
    assert (await ask("POST", "/api/call/result", told)).status_code == 200
    assert heard[0].at <= datetime.now(UTC)
    plan = {"due_at": "2030-01-01T09:00:00+08:00"}
    made = (await ask("POST", f"/api/customers/{wang}/follow-ups", plan)).json()["id"]
    await ask("POST", f"/api/follow-ups/{made}/done", {"at": "2199-01-01T00:00:00Z"})
    seen = (await ask("GET", f"/api/customers/{wang}")).json()["idle_since"]
    assert datetime.fromisoformat(seen) <= datetime.now(UTC)


async def test_what_the_database_does_not_take_tells_nothing_of_it() -> None:
    wrong = NotTaken("The database postgresql://10.0.0.7/site did not take it (NUL)")
    told = await storage_problem(Request({"type": "http"}), wrong)
    assert (told.status_code, b"10.0.0.7" in told.body) == (422, False)


async def test_a_result_of_no_call_and_of_one_that_goes_on(ask: Ask, store: Store) -> None:
    unknown = {"attempt_id": str(uuid4()), "disposition": "sale"}
    assert (await ask("POST", "/api/call/result", unknown)).status_code == 404
    call = uuid4()
    at = datetime.now(UTC)
    row = {**PLACED, "id": call, "campaign": "spring", "lead_id": uuid4(), "customer_id": uuid4(),
           "number": NUMBER, "state": "placed", "placed_at": at, "outcome": "", "disposition": "",
           "reason": "", "cause": "", "party": "", "note": ""}  # fmt: skip
    with store.writing() as connection:
        connection.execute(insert(ATTEMPTS), row)
    answer = await ask("POST", "/api/call/result", {**unknown, "attempt_id": str(call)})
    assert (answer.status_code, answer.headers["retry-after"]) == (409, "5")


async def test_where_the_database_is_away_it_is_to_be_sent_again(
    settings: Settings, tmp_path: Path
) -> None:
    away = SecretStr(f"sqlite:///{tmp_path / 'no' / 'such' / 'site.db'}")
    lost = settings.model_copy(update={"database_url": away})
    transport = httpx.ASGITransport(make_app(lost, Lookout(lost)))
    shown = {"authorization": f"Bearer {CRM_KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        body = {"customers": [WANG]}
        answer = await client.post("/api/customer/sync", json=body, headers=shown)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert str(tmp_path) not in answer.text


async def test_each_example_of_the_document_sent_as_it_stands_is_answered_as_it_says(
    ask: Ask, wang: str, store: Store
) -> None:
    made = (await ask("GET", "/api/openapi.json")).json()
    plan = {"due_at": "2030-01-01T09:00:00+08:00"}
    follow_up = (await ask("POST", f"/api/customers/{wang}/follow-ups", plan)).json()["id"]
    for path, told in made["paths"].items():
        if path.startswith("/api/crm/"):
            continue  # signed: tests/web/test_crm_hooks.py
        where = path.replace("{which}", NUMBER).replace("{follow_up_id}", follow_up)
        for method, operation in told.items():
            asked = [{p["name"]: first(p["schema"])} for p in operation.get("parameters", ())
                     if p["in"] == "query" and "examples" in p["schema"]]  # fmt: skip
            sent = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            given = [each["value"] for each in sent.get("examples", {}).values()]
            assert given or method == "get", path
            for query, body in [({}, each) for each in given] or [(q, None) for q in ({}, *asked)]:
                if "source" in query and "which" in path:
                    continue  # that is asked for together with an external id
                answer = await ask(method.upper(), f"{where}?{urlencode(query, True)}", body)
                promised = operation["responses"][str(answer.status_code)]
                code = 404 if path == "/api/call/result" else int(min(operation["responses"]))
                assert answer.status_code == code, (path, answer.text)
                example = promised["content"]["application/json"]["example"]
                assert "fields" in query or like(example, answer.json()), (path, query)


async def test_examples_of_customers_do_what_they_say_on_a_site_with_a_crm_file(
    ask: Ask, store: Store
) -> None:
    came = {}
    for name, example in examples.REQUESTS["sync_customers"].items():
        told = (await ask("POST", "/api/customer/sync", example["value"])).json()
        came[name] = [row["came"] for row in told["rows"]]
    assert came == {
        "any_site": ["created"],
        "with_a_crm_file": ["updated"],
        "a_row_that_is_wrong": ["unchanged", "refused"],
    }


def first(schema: Any) -> Any:
    found = schema["examples"][0]
    return str(found).lower() if isinstance(found, bool) else found


def like(one: Any, other: Any) -> bool:
    """Whether two answers are of one shape: the same keys, and values of the same kinds."""
    if isinstance(one, dict) and "facts" not in one and isinstance(other, dict):
        free = {"fields", "external_ids"}
        return set(one) == set(other) and all(
            like(one[name], other[name]) for name in set(one) - free
        )
    if isinstance(one, list) and isinstance(other, list):
        return all(like(a, b) for a, b in zip(one, other, strict=False))
    return None in (one, other) or isinstance(other, type(one))


async def test_the_document_tells_of_every_route_and_refers_to_nothing_that_is_not_there(
    ask: Ask,
) -> None:
    made = (await ask("GET", "/api/openapi.json")).json()
    assert made == json.loads(json.dumps(bare_app().openapi()))
    there = {(m.upper(), path) for path, told in made["paths"].items() for m in told}
    assert there == {(r.method, r.path) for r in API_ROUTES if r.told is not None}
    text = json.dumps(made)
    for part in text.split('"#/components/schemas/')[1:]:
        assert part.partition('"')[0] in made["components"]["schemas"]
    for path, told in made["paths"].items():
        for method, operation in told.items():
            signed = path.startswith("/api/crm/")
            assert operation["security"] == ([] if signed else [{"key": []}]), (method, path)
            assert operation["description"]
    assert "王小明" in json.dumps(made, ensure_ascii=False)


async def test_the_document_tells_of_each_endpoint_its_own_problems(ask: Ask) -> None:
    paths = (await ask("GET", "/api/openapi.json")).json()["paths"]
    posted = paths["/api/crm/{name}/changed"]["post"]
    headers = {p["name"]: p["required"] for p in posted["parameters"] if p["in"] == "header"}
    signed = ("webhook-id", "webhook-timestamp", "webhook-signature")
    assert headers == dict.fromkeys(signed, True)
    for route in [each for each in API_ROUTES if each.told]:
        shown = paths[route.path][route.method.lower()]["responses"]
        content = {code: each["content"]["application/json"] for code, each in shown.items()}
        assert route.body is not None
        assert str(route.body.longest) in content["413"]["example"]["detail"]
        assert content["401"]["example"]["detail"] == NOT_ALLOWED[route.right][0]
