"""HubSpot, Salesforce, Odoo and EspoCRM by their maps, on servers that answer as theirs do."""

from collections.abc import Iterator
from typing import Any

import pytest

from storage import outbox, receivers
from storage.customers import gone
from tests.crms.web_crms import EspoCrm, HubSpot, Odoo, Salesforce, WebCrm

CRMS: dict[str, Any] = {each.KIND: each for each in (HubSpot, Salesforce, Odoo, EspoCrm)}
AT = "2026-11-28T09:00:"


def configure(site: Any, crm: Any, **other: str) -> None:
    secrets = {**crm.SECRETS, **other}
    lines = "".join(f'{name} = "{value}"\n' for name, value in secrets.items())
    site.configure(
        f'[crms.erp]\nkind = "{crm.KIND}"\nurl = "{crm.url}"\nallow_private = true\n'
        f"[crms.erp.secrets]\n{lines}"
    )


@pytest.fixture(params=sorted(CRMS))
def crm(request: pytest.FixtureRequest, site: Any) -> Iterator[Any]:
    with CRMS[request.param]() as server:
        configure(site, server)
        yield server


def put(crm: Any, n: int, name: str, second: int = 0) -> str:
    row = crm.PERSON(n, name, f"+861391234{n:04}", f"{AT}{second:02}")
    crm.people[str(row["id"])] = row
    return str(row["id"])


def state(site: Any) -> receivers.Standing:
    return next(each for each in receivers.standings(site.store) if each.name == "erp")


def test_customers_come_page_by_page_and_then_only_those_that_change(site: Any, crm: Any) -> None:
    ids = [put(crm, n, f"王小{n}", second=n // 3) for n in range(7)]  # three of each second
    report = site.pull()
    assert (report.came["created"], report.came["refused"]) == (7, 0)
    first = site.customer(ids[0])
    assert (first["name"], first["numbers"]) == ("王小0", ["+8613912340000"])
    again = site.pull(overlap=0.0)
    assert again.came["created"] == again.came["updated"] == 0
    put(crm, 3, "李雷三", second=30)
    assert site.pull(overlap=0.0).came["updated"] == 1
    assert site.customer(ids[3])["name"] == "李雷三"


def test_a_result_is_there_once_however_often_it_is_told(site: Any, crm: Any) -> None:
    wang = put(crm, 1, "王小明")
    site.pull()
    key = site.result(site.customer(wang)["id"], 1)
    site.push()
    with site.store.writing() as connection:  # delivered, and nobody heard of it
        connection.exec_driver_sql("UPDATE outbox SET delivered_at = NULL, spread_at = NULL")
    site.push()
    [call] = crm.calls
    whose, words = crm.call_of(call)
    assert whose == wang
    assert "note: 客户要求下周发合同" in words
    assert key in str(call)
    assert outbox.backlog(site.store) == outbox.Backlog(0, 0, 0.0)


DIRECTIONS = {
    "hubspot": {"outbound": "OUTBOUND", "inbound": "INBOUND"},
    "salesforce": {"outbound": "Outbound", "inbound": "Inbound"},
    "espocrm": {"outbound": "Outbound", "inbound": "Inbound"},
    "odoo": {},  # a note has none
}


@pytest.mark.parametrize("way", ["outbound", "inbound"])
def test_a_call_that_came_in_is_told_as_one(site: Any, crm: Any, way: str) -> None:
    wang = put(crm, 1, "王小明")
    site.pull()
    site.result(site.customer(wang)["id"], 1, direction=way)
    site.push()
    [call] = crm.calls
    whose, words = crm.call_of(call)
    assert whose == wang
    assert DIRECTIONS[crm.KIND].get(way, "") in str(call)
    assert words.startswith("called in; ") == (way == "inbound")


def test_hubspot_hears_which_number_called_which(site: Any) -> None:
    with HubSpot() as crm:
        configure(site, crm)
        wang = put(crm, 1, "王小明")
        site.pull()
        for n, way in enumerate(("outbound", "inbound")):
            site.result(site.customer(wang)["id"], n, direction=way)
        site.push()
        told = [{k for k in call["properties"] if k.endswith("_number")} for call in crm.calls]
    assert told == [{"hs_call_to_number"}, {"hs_call_from_number"}]


def test_one_that_is_away_or_busy_gets_it_later(site: Any, crm: Any) -> None:
    wang = put(crm, 1, "王小明")
    site.pull()
    site.result(site.customer(wang)["id"], 1)
    crm.trouble = [(503, {}, {}), (429, {}, {"Retry-After": "7"})]
    site.push()
    assert (outbox.unsent(site.store)[0], len(crm.calls)) == (1, 0)
    site.push()
    assert (state(site).state, len(crm.calls)) == ("open", 0)
    site.push()
    assert (outbox.unsent(site.store)[0], len(crm.calls)) == (0, 1)


def test_a_wrong_secret_is_told_of_and_not_shown(site: Any, crm: Any) -> None:
    known = site.known("1", name="王")
    name = list(crm.SECRETS)[-1]
    configure(site, crm, **{name: "wrong-secret-1"})
    site.result(known, 1)
    site.push()
    assert outbox.unsent(site.store)[0] == 1
    assert state(site).last_error
    assert "wrong-secret-1" not in state(site).last_error
    configure(site, crm)
    if crm.KIND == "odoo":  # whose ids are numbers that it knows
        put(crm, 1, "王")
    site.push()
    assert outbox.unsent(site.store)[0] == 0


@pytest.mark.parametrize("crm", ["salesforce", "espocrm"], indirect=True)
def test_a_prohibition_goes_there_and_none_comes_back_as_taken_back(site: Any, crm: Any) -> None:
    wang = put(crm, 1, "王小明")
    site.pull()
    mine = site.customer(wang)["id"]
    site.change(mine, do_not_call=True)
    site.push()
    assert crm.people[wang]["dnc"] is True
    crm.people[wang]["dnc"] = False
    site.pull(again=True)
    assert site.customer(wang)["do_not_call"] is True
    li = put(crm, 2, "李雷", second=40)
    crm.people[li]["dnc"] = True
    site.pull()
    assert site.customer(li)["do_not_call"] is True


@pytest.mark.parametrize("crm", ["hubspot"], indirect=True)
def test_a_stage_goes_and_comes(site: Any, crm: WebCrm) -> None:
    wang = put(crm, 1, "王小明")
    crm.people[wang]["stage"] = "potential"
    site.pull()
    assert site.customer(wang)["stage"] == "potential"
    site.change(site.customer(wang)["id"], stage="won")
    site.push()
    assert crm.people[wang]["stage"] == "won"


def test_one_that_is_deleted_there_stays_here_and_is_told_of_no_more(site: Any, crm: Any) -> None:
    ids = [put(crm, n, f"王小{n}") for n in range(1, 4)]
    site.pull()
    whose = site.customer(ids[0])["id"]
    lost = dict(crm.people[ids[0]])
    if crm.KIND == "salesforce":  # whose deleted ones are told with the others
        crm.people[ids[0]] |= {"gone": True, "at": f"{AT}40.000+0000"}
    else:
        del crm.people[ids[0]]
    assert site.pull(overlap=0.0).gone == 1
    assert gone.counts(site.store) == {"erp": 1}
    assert site.customer(ids[0])["name"] == "王小1"
    assert site.customer(ids[0])["external_ids"] == {}
    site.result(whose, 1)
    site.result(site.customer(ids[1])["id"], 2)
    site.push()
    assert [crm.call_of(call)[0] for call in crm.calls] == [ids[1]]
    assert outbox.backlog(site.store) == outbox.Backlog(0, 0, 0.0)

    crm.people[ids[0]] = lost  # somebody brings it back
    site.pull(again=True)
    assert gone.counts(site.store) == {}
    assert site.customer(ids[0])["external_ids"] == {"erp": ids[0]}


@pytest.mark.parametrize("crm", ["salesforce"], indirect=True)
def test_one_that_was_deleted_a_moment_ago_is_noticed_as_it_is_told_of(site: Any, crm: Any) -> None:
    wang = put(crm, 1, "王小明")
    site.pull()
    crm.people[wang]["gone"] = True
    site.change(site.customer(wang)["id"], do_not_call=True)
    site.push()
    assert outbox.backlog(site.store) == outbox.Backlog(0, 0, 0.0)
    assert gone.counts(site.store) == {"erp": 1}


@pytest.mark.parametrize("crm", ["odoo"], indirect=True)
def test_one_that_is_archived_is_as_good_as_deleted(site: Any, crm: Any) -> None:
    wang = put(crm, 1, "王小明")
    site.pull()
    crm.people[wang] |= {"gone": True, "at": f"{AT}40".replace("T", " ")}
    assert site.pull(overlap=0.0).gone == 1
    crm.people[wang]["gone"] = False
    site.pull(overlap=0.0)
    assert gone.counts(site.store) == {}


@pytest.mark.parametrize("crm", ["salesforce"], indirect=True)
def test_one_whose_requests_of_the_day_are_used_up_is_left_alone(site: Any, crm: Any) -> None:
    wang = put(crm, 1, "王小明")
    site.pull()
    crm.trouble = [(403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests"}], {})]
    site.result(site.customer(wang)["id"], 1)
    crm.trouble.insert(0, (200, {"access_token": "t"}, {}))
    site.push()
    assert state(site).state == "open"
    assert "TotalRequests" in state(site).last_error


@pytest.mark.parametrize("crm", ["salesforce"], indirect=True)
def test_an_id_that_would_be_part_of_a_query_is_told_of_to_nobody(site: Any, crm: Any) -> None:
    hostile = "0031x' OR Subject LIKE '%"
    site.result(site.known(hostile), 1)
    site.push()
    assert [hostile for asked in crm.asked if hostile in str(asked)] == []
    assert outbox.backlog(site.store).dead == 1
