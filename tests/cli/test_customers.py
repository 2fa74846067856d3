"""The commands about customers, and what a site says of them."""

import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cli.output import shown
from cli.site import now, open_site
from storage.customers.changes import By
from storage.customers.follow_ups import NewFollowUp, plan
from storage.customers.given import GivenCustomer
from storage.customers.reminding import remind
from storage.customers.sync import sync
from tests.storage.customers.conftest import CRM
from workers.settings_api import ApiSettings

HOUR = timedelta(hours=1)
NUMBER = "+8613912345678"


@pytest.fixture
def crm(run: Any, site: Path, tmp_path: Path) -> Path:
    file = tmp_path / "crm.yaml"
    file.write_text(CRM)
    ran = run("crm", "apply", file)
    assert ran.code == 0
    assert "stage high-intent" in ran.out
    assert "indexed: field budget, which 0 customers have" in ran.out
    return file


@pytest.fixture
def wang(crm: Path) -> str:
    given = [
        GivenCustomer(
            "C-1", name="王小明", numbers=(NUMBER,), stage="new", tags=("制造业/设备采购",)
        ),
        GivenCustomer("C-2", name="李雷", owner="ann"),
    ]
    with open_site() as site:
        return str(sync(site.store, "crm", given, By("api:crm", "crm"), now())[0]["customer_id"])


def test_customers_are_listed_by_what_they_have_in_common(run: Any, wang: str) -> None:
    stages = [json.loads(line) for line in run("customers", "list", "--json").lines]
    assert stages == [{"stage": None, "customers": 1}, {"stage": "new", "customers": 1}]
    assert "new" in run("customers", "list").out
    for options in (("--stage", "new"), ("--tag", "制造业"), ("--owner", "", "--stage", "new")):
        [told] = map(json.loads, run("customers", "list", *options, "--json").lines)
        assert (told["id"], told["name"]) == (wang, "王小明")
    assert "王小明" in run("customers", "list", "--tag", "制造业").out
    assert run("customers", "list", "--tag", "农业").out == "No such customer.\n"
    assert run("customers", "list", "--tag", "a//b").code == 3


def test_stages_are_counted_in_the_order_of_the_pipeline(run: Any, site: Path, crm: Path) -> None:
    assert "dialplane customers import FILE" in run("customers", "list").out
    stages = ("won", "potential", "new", "high-intent", None)
    given = [GivenCustomer(f"C-{n}", name="客户", stage=each) for n, each in enumerate(stages)]
    with open_site() as opened:
        sync(opened.store, "crm", given, By("api:crm", "crm"), now())
    told = [json.loads(line)["stage"] for line in run("customers", "list", "--json").lines]
    assert told == [None, "new", "potential", "high-intent", "won"]


def test_a_customer_is_shown_by_number_and_id(run: Any, wang: str) -> None:
    for which in ((NUMBER,), ("139 1234 5678", "--region", "CN"), (wang,)):
        told = json.loads(run("customers", "show", *which, "--json").out)
        assert (told["id"], told["stage"]) == (wang, "new")
        assert [entry["kind"] for entry in told["timeline"]] == ["stage"]
    out = run("customers", "show", NUMBER).out
    assert "王小明" in out
    assert "mobile, CN, China Mobile" in out
    ran = run("customers", "show", "+8613912345679")
    assert (ran.code, ran.err) == (3, "There is no customer with the number +8613912345679\n")
    assert run("customers", "show", "139CALL").code == 1


def test_a_number_is_whole_on_a_narrow_terminal(
    run: Any, wang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert NUMBER in run("customers", "list", "--stage", "new").out


def test_the_tree_of_tags_is_shown_and_a_tag_moved_but_not_in_a_circle(run: Any, wang: str) -> None:
    run("customers", "tag", "设备/机床", NUMBER)
    told = [json.loads(line) for line in run("customers", "tags", "--json").lines]
    assert {"tag": "设备", "customers": 0} in told
    assert {"tag": "设备/机床", "customers": 1} in told
    assert "设备/机床  1\n" in run("customers", "tags").out
    ran = run("customers", "tags", "--move", "设备", "--under", "设备/机床")
    assert (ran.code, ran.err) == (
        3,
        "The tag '设备' cannot come under '设备/机床': that would be a circle\n",
    )
    assert run("customers", "tags", "--move", "设备").code == 1
    assert run("customers", "tags", "--move", "设备", "--under", "制造业").out == (
        "It is 制造业/设备 now\n"
    )
    [found] = map(json.loads, run("customers", "list", "--tag", "制造业/设备", "--json").lines)
    assert "制造业/设备/机床" in [tag["path"] for tag in found["tags"]]


def test_tags_are_given_and_taken_away(run: Any, wang: str) -> None:
    assert run("customers", "tag", "vip", NUMBER).out == "changed: 1 of 1\n"
    told = json.loads(run("customers", "tag", "制造业", wang, "--remove", "--json").out)
    assert told == {"changed": 1, "customers": [{"id": wang, "tags": ["vip"]}]}
    ran = run("customers", "tag", "a\tb", wang)
    assert (ran.code, ran.err) == (3, "That is no tag: a tag's name holds a control character\n")


def test_what_is_to_be_done_is_listed_with_what_was_reminded_of(run: Any, wang: str) -> None:
    by, at = By("api:crm", "crm"), now()
    given = [
        NewFollowUp(UUID(wang), at - HOUR, "visit", owner="ann", remind_at=at - HOUR, note="上门"),
        NewFollowUp(UUID(wang), at + HOUR, owner="bob"),
    ]
    with open_site() as site:
        plan(site.store, given, by, at)
        assert remind(site.store, tells=False) == 1
    both = list(map(json.loads, run("customers", "follow-ups", "--json").lines))
    assert [(each["owner"], each["reminded_at"] is None) for each in both] == [
        *(("ann", False), ("bob", True)),
    ]
    due = run("customers", "follow-ups", "--due", "--customer", NUMBER)
    assert all(word in due.out for word in ("ann", "visit", "王小明", NUMBER, "上门"))
    assert "bob" not in due.out
    assert "Nothing is to be done" in run("customers", "follow-ups", "--owner", "carl").out


def test_a_crm_file_tells_what_is_wrong_and_where(run: Any, crm: Path) -> None:
    crm.write_text("stages: [{name: new}, {name: new}]\nfields: [{name: x, type: money}]\n")
    ran = run("crm", "apply", crm)
    assert ran.code == 1
    assert ran.err.splitlines() == [
        f"{crm}:1:30: stages[1].name: expected another name, 'new' is taken above",
        f"{crm}:2:26: fields[0].type: expected one of text, number, yes_no, date, time, choice "
        "(got 'money')",
    ]
    crm.write_text("fields: [{name: budget, type: text}]\n")
    ran = run("crm", "apply", crm)
    assert ran.code == 3
    assert "give the new one another name" in ran.err
    crm.write_text("stages: [{name: won}]\n")
    told = json.loads(run("crm", "apply", crm, "--json").out)
    assert (told["added"], "field budget" in told["removed"]) == ([], True)


def test_a_key_is_made_and_its_line_lets_it_in(run: Any, site: Path) -> None:
    told = json.loads(run("crm", "key", "shop", "--json").out)
    line = told["line"].partition(" = ")[2].strip('"')
    assert line == "sha256:" + sha256(told["key"].encode()).hexdigest()
    settings = ApiSettings.model_validate({"keys": {"shop": line}})
    assert settings.caller(told["key"]) == "shop"
    assert settings.caller(line) is None
    assert run("crm", "key", "a b").code == 1


def test_editors_get_a_schema(run: Any) -> None:
    schema = json.loads(run("crm", "schema").out)
    assert set(schema["properties"]) == {"stages", "intents", "fields", "duplicates"}


def test_stages_and_owners_are_moved_by_hand(run: Any, wang: str, crm: Path) -> None:
    assert run("customers", "stage", "won", NUMBER, "--note", "签了").out == "changed: 1 of 1\n"
    assert run("customers", "stage", "won", wang).out == "changed: 0 of 1\n"
    told = json.loads(run("customers", "owner", "ann", wang, "--json").out)
    assert told == {"changed": 1, "customers": [{"id": wang, "owner": "ann"}]}
    shown = json.loads(run("customers", "show", wang, "--json").out)
    assert (shown["stage"], shown["owner"]) == ("won", "ann")
    assert shown["timeline"][0]["facts"]["why"] == "签了"
    assert run("customers", "owner", "", NUMBER).out == "changed: 1 of 1\n"
    assert json.loads(run("customers", "list", "--owner", "", "--json").out)["id"] == wang
    ran = run("customers", "stage", "lots", wang)
    assert (ran.code, ran.err.startswith("There is no stage 'lots'; there are: ")) == (3, True)


def test_a_campaign_tells_levels_that_the_crm_file_has(
    run: Any, crm: Path, campaign_text: str, tmp_path: Path
) -> None:
    file = tmp_path / "spring.yaml"
    file.write_text(campaign_text.replace("success: true", "success: true, intent: Z"))
    for command in ("plan", "apply"):
        ran = run("campaign", command, file)
        assert ran.code == 1
        assert ran.err.endswith(
            "dispositions[0].intent: expected one of the CRM file's levels of intent (got 'Z'); "
            "there are: A, B, C\n"
        )
    file.write_text(campaign_text.replace("success: true", "success: true, intent: A"))
    assert run("campaign", "apply", file).code == 0


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (120000.55, "120000.55"),
        (12345678.9, "12345678.9"),
        (99999.95, "99999.95"),
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.333333"),
        (1e6, "1000000"),
    ],
)
def test_money_is_shown_as_it_is(number: float, told: str) -> None:
    assert shown({"budget": number}) == f"budget {told}"
