"""Any REST CRM by a map, and all that one may do wrong."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from campaigns.spec.errors import SpecError
from crm_sync.adapter import AdapterError
from crm_sync.rest_map import load
from storage import outbox, pulls, receivers
from tests.crms.web_crms import Asked, Plain

MAP = """
auth: {{header: X-Key, text: "{{secret.key}}"}}
errors:
  - {{at: ok, is: false, says: why}}
customers:
  id: id
  updated_at: at
  region: CN
  fields: {{name: name, numbers: phones, tags: tags, stage: status, custom.remark: remark}}
  wins: {{custom.remark: dialler}}
  pull:
    limit: 2
    ascending: {ascending}
    request: {{path: /people, query: {{since: "{{since}}", {query}}}}}
    rows: people
    page: {page}
  put: {{method: PUT, path: "/people/{{id}}", json: $values}}
results:
  put: {{method: POST, path: /calls, json: {{who: $id, key: "{{key}}", note: $result.note}}}}
"""
KINDS = {
    "page": ("page: '{page}'", "{kind: page}"),
    "offset": ("offset: '{offset}'", "{kind: offset}"),
    "cursor": ("cursor: '{cursor}'", "{kind: cursor, at: next}"),
    "link": ("x: y", "{kind: link, at: next}"),
    "since": ("offset: '{offset}'", "{kind: since}"),
    "none": ("x: y", "{kind: none}"),
}
SECRET = "a-secret-of-the-crm"


class People:
    """Some customers, told as each kind of paging tells them."""

    def __init__(self, count: int, kind: str) -> None:
        self.rows: list[dict[str, Any]] = [
            {"id": n, "at": f"2026-11-28T09:00:{(n - 1) // 3:02}", "name": f"客户{n}"}
            for n in range(1, count + 1)
        ]
        self.kind = kind
        self.put: list[Asked] = []

    def __call__(self, asked: Asked) -> tuple[int, Any]:
        if asked.method != "GET":
            self.put.append(asked)
            return 200, {"ok": True}
        assert asked.headers["x-key"] == SECRET
        rows = [row for row in self.rows if row["at"] >= asked.query.get("since", "")]
        begin = self._begin(asked.query)
        size = len(rows) if self.kind == "none" else 2
        more = begin + size < len(rows)
        told: dict[str, Any] = {"ok": True, "people": rows[begin : begin + size]}
        if self.kind == "cursor" and more:
            told["next"] = str(begin + size)
        if self.kind == "link" and more:
            told["next"] = f"/people?begin={begin + size}"
        return 200, told

    def _begin(self, query: dict[str, str]) -> int:
        if "page" in query:
            return (int(query["page"]) - 1) * 2
        given = query.get("offset") or query.get("cursor") or query.get("begin") or 0
        return int(given)


Serve = Callable[..., Plain]


@pytest.fixture
def serve(site: Any) -> Iterator[Serve]:
    """`serve(answer, "page")`: a CRM, and its map in the settings."""
    servers: list[Plain] = []

    def start(answer: Callable[[Asked], Any], kind: str = "none", ascending: bool = True) -> Plain:
        servers.append(Plain(answer).__enter__())
        query, page = KINDS[kind]
        mapped = MAP.format(query=query, page=page, ascending=str(ascending).lower())
        settings = (
            f'[crms.erp]\nkind = "rest"\nurl = "{servers[-1].url}"\nmap = "erp.yaml"\ntimeout = 2\n'
            f'allow_private = true\nsecrets = {{key = "{SECRET}"}}\n'
        )
        site.configure(settings, erp=mapped)
        return servers[-1]

    yield start
    for each in servers:
        each.__exit__()


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("ascending", [True, False])
def test_every_kind_of_paging_tells_everybody_once(
    site: Any, serve: Serve, kind: str, ascending: bool
) -> None:
    if kind == "since" and not ascending:
        return  # which is what it goes by
    serve(People(8, kind), kind, ascending)
    report = site.pull()
    assert (report.rows, report.came["created"]) == (8, 8)
    assert pulls.progress(site.store)["erp"].mark_at == "2026-11-28T09:00:02"
    assert site.pull(overlap=0.0).came["unchanged"] == 2  # those of the last second


@pytest.mark.parametrize("kind", ["page", "offset", "cursor", "link", "since"])
def test_a_page_that_repeats_is_noticed(site: Any, serve: Serve, kind: str) -> None:
    people = People(8, kind)

    def repeats(asked: Asked) -> Any:
        asked.query.update(dict.fromkeys(("page", "offset", "cursor", "begin"), ""))
        first = {name: v for name, v in asked.query.items() if v and name != "since"}
        status, told = people(Asked("GET", "/people", first, None, asked.headers))
        return status, {**told, "next": "again" if kind == "cursor" else "/people?begin=again"}

    serve(repeats, kind)
    with pytest.raises(AdapterError, match="told the same page again"):
        site.pull()
    assert site.customer("1")["name"] == "客户1"  # what came before it is kept
    assert "same page" in pulls.progress(site.store)["erp"].last_error


@pytest.mark.parametrize("kind", ["page", "offset", "since"])
def test_a_server_that_knows_no_paging_is_noticed_even_with_one_customer(
    site: Any, serve: Serve, kind: str
) -> None:
    told = {"ok": True, "people": [{"id": 1, "at": "2026-11-28T09:00:00", "name": "王"}]}
    server = serve(lambda asked: (200, told), kind)
    with pytest.raises(AdapterError, match="told the same page again"):
        site.pull()
    assert len(server.asked) < 5


def test_an_error_within_a_200_is_noticed(site: Any, serve: Serve) -> None:
    serve(lambda asked: (200, {"ok": False, "why": "数据库维护中", "people": []}))
    with pytest.raises(AdapterError, match="answered 200 with an error: 数据库维护中"):
        site.pull()
    site.result(site.known("1", name="王"), 1)
    site.push()
    assert outbox.unsent(site.store)[0] == 1


def test_a_page_that_repeats_with_another_word_in_it_is_noticed(site: Any, serve: Serve) -> None:
    def repeats(asked: Asked) -> Any:
        row = {"at": "2026-11-28T09:00:00", "name": "王", "served": len(server.asked)}
        return 200, {"ok": True, "people": [{**row, "id": n} for n in (1, 2)]}

    server = serve(repeats, "page")
    with pytest.raises(AdapterError, match="told the same page again"):
        site.pull()
    assert len(server.asked) < 5


def test_rows_whose_ids_are_not_where_the_map_says_are_told_of(site: Any, serve: Serve) -> None:
    def nameless(asked: Asked) -> Any:
        rows = [{"who": n} for n in range(int(asked.query["page"]) * 2, 7)][:2]
        return 200, {"ok": True, "people": rows}

    serve(nameless, "page")
    assert site.pull().refused[0] == ("", "id: expected an id of 1 to 120 printable characters")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"error": {"message": "配额已用完"}}, '{"message":"配额已用完"}'),
        ({"errors": ["配额已用完"]}, '["配额已用完"]'),
        ({"success": False, "message": "配额已用完"}, "配额已用完"),
        ({"errcode": 45009, "errmsg": "配额已用完"}, "配额已用完"),
    ],
)
def test_a_map_that_names_no_errors_loses_no_result_to_a_200(
    site: Any, serve: Serve, answer: Any, said: str
) -> None:
    serve(lambda asked: (200, {"people": [], **answer}))
    text = (site.home / "erp.yaml").read_text(encoding="utf-8")
    mapped = text.replace("errors:\n  - {at: ok, is: false, says: why}\n", "")
    assert mapped != text
    (site.home / "erp.yaml").write_text(mapped, encoding="utf-8")
    with pytest.raises(AdapterError, match=re.escape(f"answered 200 with an error: {said}")):
        site.pull()
    site.result(site.known("1", name="王"), 1)
    site.push()
    assert outbox.unsent(site.store)[0] == 1
    (site.home / "erp.yaml").write_text(f"errors: []\n{mapped}", encoding="utf-8")
    assert site.pull().rows == 0


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_a_secret_that_the_crm_repeats_is_not_shown(site: Any, serve: Serve, status: int) -> None:
    def repeats(asked: Asked) -> Any:
        why = f"key {asked.headers['x-key']} is none"
        return status, {"ok": False, "why": f"{why}; {'x' * 180} {why}"}

    serve(repeats)
    with pytest.raises(AdapterError, match=r"key \*\*\* is none") as told:
        site.pull()
    assert SECRET[:6] not in str(told.value)
    site.result(site.known("1", name="王"), 1)
    site.push()
    assert SECRET[:6] not in str(receivers.standings(site.store))


def test_what_is_ours_is_written_by_the_map(site: Any, serve: Serve) -> None:
    people = People(1, "none")
    server = serve(people)
    site.pull()
    mine = site.customer("1")["id"]
    site.change(mine, name="Wang", **{"field.remark": "下周再谈"})
    key = site.result(mine, 1)
    site.push()
    assert [(asked.method, asked.path, asked.body) for asked in people.put] == [
        ("PUT", "/people/1", {"remark": "下周再谈"}),
        ("POST", "/calls", {"who": 1, "key": key, "note": "客户要求下周发合同"}),
    ]
    server.trouble = [(422, {"why": "no such field"}, {})]
    site.changed(mine, "field.remark")
    site.push()
    assert "answered 422" in receivers.dead(site.store)[0].last_error


def test_a_link_to_another_host_is_not_followed(site: Any, serve: Serve) -> None:
    told = {"ok": True, "people": [{"id": 1, "at": "2026-11-28T09:00:00"}] * 2,
            "next": "http://127.0.0.1:9/people"}  # fmt: skip
    server = serve(lambda asked: (200, told), "link")
    with pytest.raises(AdapterError, match="its next page is on another host: refused"):
        site.pull()
    assert len(server.asked) == 1


def test_an_id_is_no_path(site: Any, serve: Serve) -> None:
    people = People(0, "none")
    serve(people)
    mine = site.known("../admin?x=1", name="王")
    site.change(mine, **{"field.remark": "x"})
    site.push()
    assert [asked.path for asked in people.put] == ["/people/..%2Fadmin%3Fx%3D1"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, b"<html>"), "its answer is no JSON"),
        ((200, {"ok": True, "people": {}}), "there is no list at 'people'"),
        ((302, {}), "answered 302"),
        ((500, b"oops \xff"), "answered 500: oops"),
        ((200, b"[" * 200_000), "its answer is no JSON"),
        ((200, b" " * (17 * 1024 * 1024)), "its answer is longer than"),
    ],
)
def test_answers_that_are_none(site: Any, serve: Serve, answer: Any, said: str) -> None:
    serve(lambda asked: answer)
    with pytest.raises(AdapterError, match=said):
        site.pull()


def test_an_address_inside_is_refused_before_anything_is_sent(site: Any, serve: Serve) -> None:
    server = serve(People(1, "none"))
    settings = (site.home / "dialplane.toml").read_text()
    outside = settings.replace("http://127.0.0.1", "https://127.0.0.1").replace(
        "allow_private = true\n", ""
    )
    (site.home / "dialplane.toml").write_text(outside)
    with pytest.raises(AdapterError, match="only https on port 443"):
        site.pull()
    assert server.asked == []


def test_a_secret_may_come_from_the_environment(
    site: Any, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(People(1, "none"))
    settings = (site.home / "dialplane.toml").read_text()
    (site.home / "dialplane.toml").write_text(settings.replace(SECRET, "env:ERP_KEY"))
    monkeypatch.delenv("ERP_KEY", raising=False)
    with pytest.raises(AdapterError, match=r"crms.erp.secrets.key: there is no variable ERP_KEY"):
        site.pull()
    monkeypatch.setenv("ERP_KEY", SECRET)
    assert site.pull().came["created"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("customers: {id: x, put: {path: '/{nobody}'}}", "erp.yaml:1:.*not 'nobody'"),
        ("customers: {id: x, put: {path: '/x', json: {a: [$result.secret]}}}", "result.secret"),
        ("customers: {id: x, put: {path: 'http://elsewhere/'}}", "erp.yaml:1:"),
        ("customers: {id: x, pull: {request: {path: /x}, page: {kind: cursor}}}", "a place"),
        ("auth: {text: x, header: 'X: y'}", "erp.yaml:1:"),
        ("results: {put: {path: /x, method: DELETE}}", "erp.yaml:1:"),
    ],
)
def test_a_map_that_means_nothing_says_where(text: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        load(text.encode(), "erp.yaml")


@pytest.mark.parametrize("kind", ["page", "cursor", "link"])
def test_pages_that_go_round_are_noticed(site: Any, serve: Serve, kind: str) -> None:
    people = People(8, kind)

    def round_and_round(asked: Asked) -> Any:
        query = {"since": "", **asked.query}
        begin = (int(query.get("page") or 1) - 1) * 2 or int(
            query.get("cursor") or query.get("begin") or 0
        )
        rows = people.rows[begin % 8 :][:2]  # and from the first one again
        more = str((begin + 2) % 8)
        told = {"cursor": {"next": more}, "link": {"next": f"/people?begin={more}"}}.get(kind, {})
        return 200, {"ok": True, "people": rows, **told}

    server = serve(round_and_round, kind)
    with pytest.raises(AdapterError, match="told the same page again"):
        site.pull()
    assert len(server.asked) < 10


def test_rows_in_another_order_than_the_map_says_are_noticed(site: Any, serve: Serve) -> None:
    def heeds_nothing_but_the_offset(asked: Asked) -> Any:
        begin = int(asked.query["offset"])
        return 200, {"ok": True, "people": People(8, "since").rows[::-1][begin : begin + 2]}

    server = serve(heeds_nothing_but_the_offset, "since")
    with pytest.raises(AdapterError, match="do not come in the order in which they changed"):
        site.pull()
    assert len(server.asked) < 20


def test_a_login_that_runs_out_in_the_middle_is_renewed(site: Any, serve: Serve) -> None:
    people, left = People(8, "page"), [0]

    def short_sessions(asked: Asked) -> Any:
        if asked.path == "/login":
            left[0] = 2
            return 200, {"ok": True, "token": SECRET}
        left[0] -= 1
        return people(asked) if left[0] >= 0 else (401, {"why": "session expired"})

    server = serve(short_sessions, "page", ascending=False)
    mapped = (site.home / "erp.yaml").read_text()
    login = "login: {request: {method: POST, path: /login}, take: {token: token}}\n"
    mine = mapped.replace("{secret.key}", "{login.token}")
    (site.home / "erp.yaml").write_text(login + mine)
    assert site.pull().came["created"] == 8
    assert len(server.asked) < 20


@pytest.mark.parametrize(("headers", "seconds"), [({"Retry-After": "900"}, 900), ({}, 10)])
def test_one_that_asks_to_be_left_alone_is_not_pulled_from_sooner(
    site: Any, serve: Serve, headers: dict[str, str], seconds: int
) -> None:
    server = serve(People(1, "none"))
    server.trouble = [(429, {"message": "稍后再试"}, headers)]
    with pytest.raises(AdapterError, match="answered 429"):
        site.pull()
    stands = pulls.progress(site.store)["erp"]
    assert seconds - 3 < (stands.next_at - stands.now).total_seconds() < seconds + 3
    site.result(site.known("1", name="王"), 1)
    site.result(site.known("2", name="李"), 2)
    server.trouble = [(429, {"message": "稍后再试"}, headers)]
    asked = len(server.asked)
    site.push()
    assert len(server.asked) == asked + 1  # nothing else of the batch is tried
    assert receivers.standings(site.store)[0].state == "open"


def test_a_customer_is_made_there_once_also_when_the_answer_is_lost(
    site: Any, serve: Serve
) -> None:
    made: list[dict[str, Any]] = []
    calls: list[Any] = []

    def answer(asked: Asked) -> Any:
        if asked.path == "/calls":
            calls.append(asked.body)
            return 200, {"ok": True}
        if asked.method == "GET":
            found = [row for row in made if row["ours"] == asked.query["ours"]]
            return 200, {"ok": True, "people": found}
        made.append({"id": f"P-{len(made) + 1}", **asked.body})
        return (500, b"") if len(made) == 1 else (200, {"ok": True, "id": made[-1]["id"]})

    serve(answer)
    mapped = (site.home / "erp.yaml").read_text()
    create = """  create:
    find: {request: {path: /people, query: {ours: "{customer.id}"}}, rows: people}
    put:
      method: POST
      path: /people
      json: {ours: $customer.id, name: $customer.called, phone: $customer.number}
    id: id
  put:"""
    site.configure((site.home / "dialplane.toml").read_text() + "create = true\n",
                   erp=mapped.replace("  put:", create, 1))  # fmt: skip
    wang = site.known("w", "shop", name="王小明", numbers=("+8613912345678",))
    key = site.result(wang, 1, connected_at="2026-11-28T01:29:10+00:00")
    site.push()
    assert (len(made), calls) == (1, [])
    site.push()
    assert [(row["name"], row["ours"]) for row in made] == [("王小明", str(wang))]
    assert calls == [{"who": "P-1", "key": key, "note": "客户要求下周发合同"}]
    assert site.customer("P-1")["id"] == wang

    site.configure((site.home / "dialplane.toml").read_text(), erp=mapped)
    with pytest.raises(AdapterError, match="its map does not say how a customer is made"):
        site.pull()


def test_an_id_that_no_database_can_hold_is_refused_alone(site: Any, serve: Serve) -> None:
    rows = [
        {"id": "a\0b", "at": "2026-11-28T09:00:00", "name": "坏编号"},
        {"id": "2", "at": "2026-11-28T09:00:00\0", "name": "王小明"},
    ]
    serve(lambda asked: (200, {"ok": True, "people": rows}))
    report = site.pull()
    assert (report.came["created"], report.came["refused"]) == (1, 1)
    assert "printable" in report.sentence
    stands = pulls.progress(site.store)["erp"]
    assert "\0" not in stands.mark_at + stands.mark_id
