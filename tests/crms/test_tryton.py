"""A real Tryton, both ways."""

from importlib.resources import files
from typing import Any

import pytest

from lab.tryton import DATABASE, USER, Tryton
from storage import outbox, receivers
from storage.customers import gone

SETTINGS = """
[crms.erp]
kind = "tryton"
url = "{url}"
allow_private = true
timeout = 25
[crms.erp.secrets]
database = "{database}"
user = "{user}"
password = "{password}"
"""


def settings(tryton: Tryton, **other: str) -> str:
    given = {"url": tryton.url, "database": DATABASE, "user": USER, "password": tryton.password}
    return SETTINGS.format(**{**given, **other})


def party(tryton: Tryton, name: str, mobile: str = "", tags: tuple[str, ...] = ()) -> int:
    ways = [{"type": "mobile", "value": mobile}] if mobile else []
    told = {"name": name, "contact_mechanisms": [["create", ways]] if ways else []}
    [made] = tryton.call("party.party.create", [told])
    for each in tags:
        above = None
        for word in each.split("/"):
            known = tryton.call(
                "party.category.search", [["name", "=", word], ["parent", "=", above]], 0, 1, None
            )
            above = (
                known or tryton.call("party.category.create", [{"name": word, "parent": above}])
            )[0]
        tryton.call("party.party.write", [made], {"categories": [["add", [above]]]})
    return int(made)


def notes(tryton: Tryton, party_id: int) -> list[str]:
    mine = [["resource", "=", f"party.party,{party_id}"]]
    found = tryton.call("ir.note.search_read", mine, 0, 100, [["id", "ASC"]], ["message"])
    return [row["message"] for row in found]


@pytest.fixture
def erp(site: Any, tryton: Tryton) -> Tryton:
    site.configure(settings(tryton))
    return tryton


def test_parties_come_and_calls_are_noted_once(site: Any, erp: Tryton) -> None:
    wang = party(erp, "王小明", "+86 139 1234 5678", ("制造业/设备采购/预算已确认", "vip"))
    report = site.pull()
    assert report.came["refused"] == 0
    found = site.customer(str(wang))
    assert (found["name"], found["numbers"]) == ("王小明", ["+8613912345678"])
    assert found["tags"] == ["vip", "制造业/设备采购/预算已确认"]
    assert site.pull().came["created"] == 0

    key = site.result(found["id"], 1)
    site.push()
    assert notes(erp, wang) == [
        f"disposition: sale; intent: A; agent: ann; note: 客户要求下周发合同 (Dialplane {key})"
    ]
    with site.store.writing() as connection:  # delivered, and nobody heard of it
        connection.exec_driver_sql("UPDATE outbox SET delivered_at = NULL, spread_at = NULL")
    site.push()
    assert len(notes(erp, wang)) == 1
    assert outbox.backlog(site.store) == outbox.Backlog(0, 0, 0.0)


def test_what_has_changed_comes_again_also_a_number_alone(site: Any, erp: Tryton) -> None:
    li = party(erp, "李雷", "+86 139 1234 5001")
    site.pull()
    way = erp.call("party.contact_mechanism.search", [["party", "=", li]], 0, 1, None)
    erp.call("party.contact_mechanism.write", way, {"value": "+86 139 1234 5002"})
    erp.call("party.party.write", [li], {"name": "李雷雷"})
    site.pull()
    found = site.customer(str(li))
    assert found["name"] == "李雷雷"  # the CRM wins identity
    assert found["numbers"] == ["+8613912345001", "+8613912345002"]  # and numbers are added
    quiet = site.pull(overlap=0.0)
    assert quiet.came["created"] == quiet.came["updated"] == 0


def test_a_party_that_is_deleted_or_put_away_is_gone(site: Any, erp: Tryton) -> None:
    parties = [party(erp, f"将去{n}", f"+86 137 1234 700{n}") for n in range(3)]
    site.pull()
    ids = [site.customer(str(each))["id"] for each in parties]
    erp.call("party.party.delete", [parties[0]])
    erp.call("party.party.write", [parties[1]], {"active": False})
    assert site.pull(overlap=0.0).gone == 2
    for n, each in enumerate(ids):
        site.result(each, 50 + n)
    site.push()
    assert len(notes(erp, parties[2])) == 1
    assert notes(erp, parties[1]) == []
    assert outbox.backlog(site.store) == outbox.Backlog(0, 0, 0.0)
    erp.call("party.party.write", [parties[1]], {"active": True})
    assert site.pull(again=True).gone == 0  # it was told of with the others
    assert gone.counts(site.store) == {"erp": 1}


def test_a_customer_is_made_there_once(site: Any, erp: Tryton) -> None:
    site.configure(settings(erp).replace('kind = "tryton"', 'kind = "tryton"\ncreate = true'))
    han = site.known("h", "shop", name="韩梅梅新", numbers=("+8613912345888",))
    key = site.result(han, 60, connected_at="2026-11-28T01:29:10+00:00")
    site.push()
    [made] = erp.call("party.party.search", [["name", "=", "韩梅梅新"]], 0, 9, None)
    assert site.customer(str(made))["id"] == han
    with site.store.writing() as connection:  # and nobody heard what it is called there
        connection.exec_driver_sql("DELETE FROM customer_refs WHERE source = 'erp'")
        connection.exec_driver_sql("UPDATE outbox SET delivered_at = NULL, spread_at = NULL")
    site.push()
    assert erp.call("party.party.search", [["name", "=", "韩梅梅新"]], 0, 9, None) == [made]
    assert len(notes(erp, made)) == 1
    assert key in notes(erp, made)[0]
    assert site.pull().came["refused"] == 0
    assert site.customer(str(made))["id"] == han


def test_what_the_map_says_is_ours_is_written_there(site: Any, erp: Tryton) -> None:
    mapped = (files("crm_sync") / "maps/tryton.yaml").read_text("utf-8")
    mine = mapped.replace("  pull:\n", "  wins: {name: dialler}\n  pull:\n", 1)
    told = settings(erp).replace('kind = "tryton"', 'kind = "tryton"\nmap = "ours.yaml"')
    site.configure(told, ours=mine)
    han = party(erp, "韩梅梅", "+86 139 1234 5003")
    site.pull()
    site.change(site.customer(str(han))["id"], name="韩梅")
    site.push()
    [row] = erp.call("party.party.read", [han], ["name"])
    assert row["name"] == "韩梅"
    site.pull()
    assert site.customer(str(han))["name"] == "韩梅"


def test_an_outage_in_the_middle_loses_and_doubles_nothing(site: Any, erp: Tryton) -> None:
    parties = [party(erp, f"客户{n}", f"+86 138 1234 600{n}") for n in range(3)]
    site.pull()
    ids = [site.customer(str(each))["id"] for each in parties]
    before = site.result(ids[0], 10)
    site.push()
    erp.stop()
    during = [site.result(each, 20 + n) for n, each in enumerate(ids)]
    later = site.result(ids[0], 30)  # of a customer of whom an earlier one waits
    site.push()
    assert outbox.unsent(site.store)[0] == 4
    stands = next(s for s in receivers.standings(site.store) if s.name == "erp")
    assert "ConnectError" in stands.last_error
    erp.start()
    for _ in range(3):
        site.push()
    told = [[note.rpartition("Dialplane ")[2][:-1] for note in notes(erp, p)] for p in parties]
    assert told == [[before, during[0], later], [during[1]], [during[2]]]
    assert outbox.backlog(site.store) == outbox.Backlog(0, 0, 0.0)


def test_one_that_does_not_let_us_in_says_so_without_the_password(
    site: Any, tryton: Tryton
) -> None:
    site.configure(settings(tryton, password="wrong-password-1"))
    known = site.known("1", name="王", numbers=("+8613912345999",))
    site.result(known, 40)
    site.push()
    stands = next(s for s in receivers.standings(site.store) if s.name == "erp")
    assert stands.waiting == 1
    assert "401" in stands.last_error
    assert "wrong-password-1" not in stands.last_error
