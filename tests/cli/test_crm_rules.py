"""Rules from the command line: tried, applied, switched, looked at."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from cli.site import now, open_site
from storage.customers.changes import By
from storage.customers.given import GivenCustomer
from storage.customers.sync import sync
from storage.tables.all import TABLES
from tests.cli.conftest import CAMPAIGN, Run
from tests.storage.customers.conftest import CRM
from workers.changes import heed_batch

RULES = """\
rules:
  - name: hot
    label: 高意向
    when: {stage: {to: high-intent}}
    do: [{campaign: spring, priority: 9}, {tag: 高意向}]
  - name: rich
    when: {field: budget, at_least: 100000}
    if: not tag 重点
    do: [{remind: 1d}]
  - name: recycle
    when: {idle: 72h}
    if: owner is not empty
    do: [{pool: true}]
"""


@pytest.fixture
def file(run: Run, site: Path, tmp_path: Path) -> Path:
    """A rules file, of a site that has what it names, and three customers."""
    for name, text in (("crm.yaml", CRM), ("spring.yaml", CAMPAIGN), ("rules.yaml", RULES)):
        (tmp_path / name).write_text(text)
    assert run("crm", "apply", "crm.yaml").code == 0
    assert run("campaign", "apply", "spring.yaml").code == 0
    given = [
        GivenCustomer("C-1", name="王小明", numbers=("+8613912345678",), stage="high-intent"),
        GivenCustomer("C-2", name="李雷", stage="high-intent", fields={"budget": 120000}),
        GivenCustomer("C-3", name="张伟", tags=("重点",), fields={"budget": 150000}, owner="ann"),
    ]
    told(given)
    return tmp_path / "rules.yaml"


def told(given: list[GivenCustomer]) -> None:
    with open_site() as site:
        sync(site.store, "crm", given, By("api:crm", "crm"), now())


def rows() -> dict[str, int]:
    with open_site() as site, site.store.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in TABLES
        }


def test_a_file_is_tried_and_nothing_is_written(run: Run, file: Path) -> None:
    before = rows()
    hot, rich, recycle = (
        json.loads(line) for line in run("crm", "rules", "test", file, "--json").lines
    )
    assert rows() == before
    assert (hot["rule"], hot["past"], hot["today"], hot["at_once"]) == ("hot", 2, 2, False)
    assert hot["comes"] == {"added": 1, "not added": 1}, "whose past and today are both told of"
    would = {each["name"]: each["would"] for each in hot["examples"]}
    assert would == {
        "王小明": ["adds to campaign 'spring': added", "adds the tag '高意向'"],
        "李雷": ["adds to campaign 'spring': not added, has no number", "adds the tag '高意向'"],
    }
    assert (rich["past"], rich["today"]) == (1, 1)
    assert (recycle["past"], recycle["today"], recycle["at_once"]) == (0, 0, True)
    said = run("crm", "rules", "test", file, "--days", "0").out
    assert "hot (高意向)" in said
    assert "today: 2 customers, who are so now" in said


def test_a_file_is_applied_and_its_rules_switched(run: Run, file: Path) -> None:
    applied = json.loads(run("crm", "rules", "apply", file, "--off", "--json").out)
    names = ["hot", "rich", "recycle"]
    assert applied == {"version": 1, "added": names, "changed": [], "removed": [], "off": names}
    assert run("crm", "rules", "on", "hot", "rich").out == "on: hot, rich\n"
    assert run("crm", "rules", "on", "hot").out == "on: hot (as before)\n"
    ran = run("crm", "rules", "on", "hat")
    assert (ran.code, ran.err) == (3, "There is no rule 'hat'; did you mean 'hot'?\n")

    file.write_text(RULES.replace("priority: 9", "priority: 10").replace("recycle", "back"))
    again = json.loads(run("crm", "rules", "apply", file, "--json").out)
    assert again == {
        "version": 2, "added": ["back"], "changed": ["hot"], "removed": ["recycle"], "off": [],
    }  # fmt: skip
    assert "version 2\nadded: nothing\n" in run("crm", "rules", "apply", file).out


def test_a_webhook_that_goes_nowhere_is_told(run: Run, file: Path) -> None:
    file.write_text(RULES.replace("pool: true", "webhook: recycled"))
    for word in ("test", "apply"):
        ran = run("crm", "rules", word, file)
        assert (ran.code, "recycle: the webhook goes nowhere" in ran.err) == (0, True)
        assert "hot:" not in ran.err


def test_a_disposition_that_no_campaign_has_is_warned_of(
    run: Run, file: Path, tmp_path: Path
) -> None:
    file.write_text(RULES + "  - {name: sold, when: {call: {disposition: [sael, later]}}, "
                            "do: [{tag: 成交}]}\n")  # fmt: skip
    told = "no campaign has the disposition '{}' yet, so no call is filed so"
    slip = f"[0]: {told.format('sael')}; did you mean 'sale'?"
    for word in ("test", "apply"):
        ran = run("crm", "rules", word, file, "--json")
        assert ran.code == 0
        assert [json.loads(line) for line in ran.lines]
        first, second = ran.err.splitlines()
        assert first.startswith(f"warning: {file}:14:")
        assert first.endswith(f": rules[3].when.call.disposition{slip}")
        assert second.endswith(f": rules[3].when.call.disposition[1]: {told.format('later')}")
    (tmp_path / "spring.yaml").write_text(CAMPAIGN.replace("{name: none}", "{name: later}"))
    assert run("campaign", "apply", "spring.yaml").code == 0
    ran = run("crm", "rules", "apply", file)
    assert (slip in ran.err, "later" in ran.err) == (True, False)
    file.write_text(file.read_text().replace("sael", "sale"))
    assert run("crm", "rules", "apply", file).err == ""


def test_rules_are_listed_with_how_they_fare(run: Run, file: Path) -> None:
    assert run("crm", "rules", "list").out == "No rules.\n"
    run("crm", "rules", "apply", file)
    run("crm", "rules", "off", "rich")
    told([GivenCustomer("C-1", stage="potential")])
    told([GivenCustomer("C-1", stage="high-intent")])
    with open_site() as site:
        while heed_batch(site.store):
            pass
    hot, rich, _ = (json.loads(line) for line in run("crm", "rules", "list", "--json").lines)
    assert (hot["name"], hot["is"], hot["acted"], hot["last_error"]) == ("hot", "on", 1, "")
    assert (rich["is"], rich["acted"], rich["acted_at"]) == ("off", 0, None)
    assert "hot" in run("crm", "rules", "list").out
    [act] = (json.loads(line) for line in run("crm", "rules", "acts", "--json").lines)
    assert (act["rule"], act["name"], act["depth"]) == ("hot", "王小明", 0)
    assert act["did"] == "campaign spring: added; tag 高意向"
    assert "campaign spring: added" in run("crm", "rules", "acts", "+8613912345678").out
    leads = run("leads", "list", "spring").out
    assert "+8613912345678" in leads


def test_what_is_wrong_with_a_file_is_told_by_line(run: Run, file: Path) -> None:
    file.write_text(RULES.replace("campaign: spring", "campaign: sprung").replace("rich", "hot"))
    ran = run("crm", "rules", "apply", file)
    assert ran.code == 1
    assert f"{file}:6:11: rules[1].name: expected another name" in ran.err
    file.write_text(RULES.replace("campaign: spring", "campaign: sprung"))
    for command in ("apply", "test"):
        ran = run("crm", "rules", command, file)
        assert (ran.code, ran.out) == (1, "")
        assert f"{file}:5:21: rules[0].do[0].campaign: expected a campaign that was" in ran.err
        assert "did you mean 'spring'?" in ran.err


def test_the_schema_is_for_editors(run: Run, home: Path) -> None:
    schema: dict[str, Any] = json.loads(run("crm", "rules", "schema").out)
    assert schema["title"] == "Dialplane rules file"
    assert schema["required"] == ["rules"]


def test_a_file_is_tried_for_a_later_day(run: Run, file: Path) -> None:
    for ahead, people in (("0", 0), ("71", 0), ("73", 1)):
        told = run("crm", "rules", "test", file, "--ahead", ahead, "--json").lines
        assert json.loads(told[-1])["today"] == people
    assert (
        "  in 73 hours: 1 customers, acts for them at once\n    张伟"
        in run("crm", "rules", "test", file, "--ahead", "73").out
    )
