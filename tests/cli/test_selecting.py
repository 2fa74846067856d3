"""Which leads a campaign means: counted, planned, asked why; and what cannot be asked."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.site import now, open_site
from storage import leases
from storage.customers.changes import By
from storage.customers.given import GivenCustomer
from storage.customers.sync import sync
from tests.cli.conftest import CAMPAIGN
from tests.storage.customers.conftest import CRM

ADA, BO, WANG = "+12125550110", "+12125550111", "+8613912345678"
FILTER = 'stage = "high-intent" and custom.budget > 50000 and tag 制造业'


@pytest.fixture
def spring(run: Any, applied: str, tmp_path: Path) -> str:
    """A list with Ada, Bo and Wang, of whom the CRM tells that Wang may buy; its campaign."""
    file = tmp_path / "more.csv"
    file.write_text(f"number,name,timezone,city\n{WANG},王小明,Asia/Shanghai,北京\n")
    assert run("leads", "import", file, "--list", applied).code == 0
    (tmp_path / "crm.yaml").write_text(CRM)
    assert run("crm", "apply", tmp_path / "crm.yaml").code == 0
    wang = GivenCustomer(
        "C-1",
        numbers=(WANG,),
        stage="high-intent",
        tags=("制造业/设备采购",),
        fields={"budget": 120000},
    )
    with open_site() as site:
        [row] = sync(site.store, "crm", [wang], By("api:crm", "crm"), now())
    assert row["came"] == "updated"
    return applied


def selecting(tmp_path: Path, filter_: str) -> Path:
    file = tmp_path / "selecting.yaml"
    told = json.dumps(filter_, ensure_ascii=False)
    file.write_text(CAMPAIGN.replace("{list: spring}", f"{{list: spring, filter: {told}}}"))
    return file


def test_leads_are_counted_by_what_is_known_of_them(run: Any, spring: str) -> None:
    for filter_, leads in (
        (FILTER, 1),
        (f"not ({FILTER})", 2),
        ('lead.city = "北京"', 1),
        ('name begins "王" or number = "+12125550110"', 2),
        ("attempts = 0 and attempts.busy = 0", 3),
        ("last_call within 3d", 0),
        ("not " * 199 + 'name begins "王"', 2),
    ):
        ran = run("leads", "count", spring, "--filter", filter_, "--json")
        told = json.loads(ran.out)
        assert (told["leads"], told["ready"]) == (leads, leads), filter_
        each = {"list": spring, "leads": leads, "ready": leads}
        assert told["lists"] == ([each] if leads else [])
    assert run("leads", "count", "--filter", FILTER).out.split()[-3:] == [spring, "1", "1"]
    assert run("leads", "count", "autumn", "--filter", FILTER).code == 3


@pytest.mark.parametrize(
    ("filter_", "told"),
    [
        ("stage =", "--filter: character 8: expected"),
        ('stage = "hihg-intent"', "expected a value that 'stage' has (got 'hihg-intent'); did you"),
        ("custom.remark is empty", "expected a field with 'indexed: true' in the CRM file"),
        ("custom.budgte > 1", "(got 'custom.budgte'); did you mean 'custom.budget'?"),
        ("budget > 1", "character 1: expected a field that is known (got 'budget')"),
        ("1=1; drop table leads", "character 1: expected"),
    ],
)
def test_what_cannot_be_asked_is_told_at_its_place(
    run: Any, spring: str, filter_: str, told: str
) -> None:
    ran = run("leads", "count", "--filter", filter_)
    assert (ran.code, ran.out) == (1, "")
    assert told in ran.err


def test_a_campaign_plans_whom_it_would_call_and_why_not_the_others(
    run: Any, spring: str, tmp_path: Path
) -> None:
    file = selecting(tmp_path, FILTER)
    plan = json.loads(run("campaign", "plan", file, "--json").out)
    assert (plan["leads"], plan["callable_now"], plan["refused"]) == (3, 1, {"filter": 2})
    assert run("campaign", "apply", file).code == 0
    run("dnc", "add", BO)
    told = json.loads(run("why", "--campaign", spring, "--json").out)
    thinned = {step["rule"]: (step["refused"], step["left"]) for step in told["funnel"]}
    assert thinned["state"] == (0, 3)
    assert (thinned["do_not_call"], thinned["filter"]) == ((1, 2), (1, 1))
    assert thinned["windows"] == (0, told["callable_now"]) == (0, 1)
    assert told["hindrance"] == "campaign: it is 'draft', not running"
    assert "filter" in run("why", "--campaign", spring).out


def test_tags_and_lists_that_there_are_not_yet_are_warned_of(
    run: Any, spring: str, tmp_path: Path
) -> None:
    filter_ = 'not tag 零售/常客 and (tag 制造业 or tag "制造业/设备采购" or attempts = 0)'
    told = "there is no tag '零售/常客' yet, so nobody has it"
    ran = run("leads", "count", spring, "--filter", filter_, "--json")
    assert (ran.code, json.loads(ran.out)["leads"]) == (0, 3)
    assert ran.err == f"warning: --filter: character 9: {told}\n"
    file = selecting(tmp_path, filter_)
    mixed = file.read_text().replace("list: spring", "mix: {spring: 60%, autum: 40%}")
    file.write_text(mixed)
    for word in ("plan", "apply"):
        ran = run("campaign", word, file, "--json")
        assert (ran.code, json.loads(ran.out)["campaign"]) == (0, spring)
        first, second = ran.err.splitlines()
        assert first.startswith(f"warning: {file}:")
        assert first.endswith(f": leads.filter: at character 9 of the filter, {told}")
        assert second.endswith(
            ": leads.mix.autum: no lead is on a list 'autum' yet; until then the others give its "
            "share"
        )
    run("customers", "tag", "零售/常客", WANG)
    file.write_text(mixed.replace(", autum: 40%", "").replace("60%", "100%"))
    assert run("campaign", "apply", file).err == ""
    assert run("leads", "count", spring, "--filter", filter_).err == ""


def test_every_rule_is_asked_about_a_lead(run: Any, spring: str, tmp_path: Path) -> None:
    run("campaign", "apply", selecting(tmp_path, FILTER))
    run("campaign", "start", spring)
    run("dnc", "add", ADA)
    [told] = json.loads(run("why", ADA, "--json").out)["campaigns"]
    assert (told["campaign"], told["list"], told["dialled"]) == (spring, "spring", False)
    refusing = {each["rule"]: each["refusal"] for each in told["rules"] if each["refusal"]}
    assert list(refusing) == ["do_not_call", "filter"]
    assert told["refusal"] == f"do_not_call: {refusing['do_not_call']}"
    assert told["eligible_at"] is None
    [told] = json.loads(run("why", WANG, "--campaign", spring, "--json").out)["campaigns"]
    assert told["eligible_at"] is not None  # the rules let it through; nobody dials the campaign
    assert told["refusal"].startswith("campaign: no worker dials it")
    with open_site() as opened:
        assert leases.acquire(opened.store, spring, "a worker", ttl=60)
    out = run("why", WANG).out
    assert "agents: none of 1 who may take it is logged in to it" in out
    assert "lets it through" in out


def test_who_is_kept_from_for_a_while_is_told_until_when(
    run: Any, spring: str, tmp_path: Path
) -> None:
    file = selecting(tmp_path, "not added before 1d")
    run("campaign", "apply", file)
    run("dnc", "add", ADA, "--days", "30")
    [told] = json.loads(run("why", ADA, "--json").out)["campaigns"]
    listed = next(each for each in told["rules"] if each["rule"] == "do_not_call")
    assert listed["again"] is not None
    assert told["eligible_at"] is None  # she will not be meant any more by then
    file = selecting(tmp_path, "added before 1d")
    run("campaign", "apply", file)
    [told] = json.loads(run("why", ADA, "--json").out)["campaigns"]
    assert told["eligible_at"] == listed["again"]
    [told] = json.loads(run("why", BO, "--json").out)["campaigns"]
    meant = next(each for each in told["rules"] if each["rule"] == "filter")
    assert told["eligible_at"] == meant["again"] < listed["again"]
    assert json.loads(run("campaign", "plan", file, "--json").out)["next_lead_due"] == min(
        json.loads(run("why", number, "--json").out)["campaigns"][0]["eligible_at"]
        for number in (ADA, BO, WANG)
    )


def test_a_lead_is_asked_about_where_somebody_calls_it(
    run: Any, spring: str, tmp_path: Path
) -> None:
    file = tmp_path / "other.csv"
    file.write_text("number\n+12125550119\n")
    run("leads", "import", file, "--list", "other")
    ran = run("why", "+12125550119")
    assert (ran.code, ran.out) == (3, "")
    assert "is on the list 'other', and no campaign calls from there" in ran.err
    assert run("why", "+12125550119", "--campaign", spring).code == 3
    assert run("why").code == 1


def test_a_campaign_file_is_told_what_its_filter_lacks(
    run: Any, spring: str, tmp_path: Path
) -> None:
    wrong = selecting(tmp_path, "scroe >= 5")
    ran = run("campaign", "validate", wrong)
    assert ran.code == 1
    assert "selecting.yaml:6:" in ran.out
    assert "leads.filter: expected a filter; at character 1 of it, expected a field" in ran.out
    assert "did you mean 'score'?" in ran.out
    unknown = selecting(tmp_path, 'stage = "won" and custom.age > 40')
    assert run("campaign", "validate", unknown).code == 0  # what the site has is not known there
    for command in ("plan", "apply"):
        ran = run("campaign", command, unknown)
        assert (ran.code, ran.out) == (1, "")
        assert "leads.filter: at character 19 of the filter, expected a field" in ran.err


def test_a_field_that_a_campaign_goes_by_stays(run: Any, spring: str, tmp_path: Path) -> None:
    """Whoever is left out by 'not custom.budget > 9' would be called once nobody has a budget."""
    run("campaign", "apply", selecting(tmp_path, "not custom.budget > 9"))
    crm = tmp_path / "crm.yaml"
    crm.write_text(CRM.replace("type: number, indexed: true", "type: number"))
    ran = run("crm", "apply", crm)
    assert (ran.code, ran.out) == (3, "")
    assert f"Campaign '{spring}' goes by the field 'budget'" in ran.err
    run("campaign", "apply", selecting(tmp_path, "score > 9"))
    assert run("crm", "apply", crm).code == 0


def test_a_tag_that_a_campaign_goes_by_stays_where_it_is(
    run: Any, spring: str, tmp_path: Path
) -> None:
    run("customers", "tag", "设备/机床", ADA)
    move = ("customers", "tags", "--move", "设备", "--under", "行业")
    run("campaign", "apply", selecting(tmp_path, "not tag 设备/机床"))
    ran = run(*move)
    sentence = f"Campaign '{spring}' goes by the tag; change its 'leads.filter' first\n"
    assert (ran.code, ran.err) == (3, sentence)
    run("campaign", "apply", selecting(tmp_path, "score > 9"))
    assert run(*move).code == 0
