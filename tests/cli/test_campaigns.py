"""Campaigns from the file to the report, without a worker."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from cli.site import open_site


def test_apply_makes_versions(run: Any, applied: str, tmp_path: Path, campaign_text: str) -> None:
    file = tmp_path / "spring.yaml"
    same = json.loads(run("campaign", "apply", file, "--json").out)
    assert same == {
        "campaign": "spring",
        "version": 1,
        "changed": False,
        "state": "draft",
        "pbx_unknown": [],
    }
    file.write_text("# only a comment\n" + campaign_text)
    assert json.loads(run("campaign", "apply", file, "--json").out)["changed"] is False
    file.write_text(campaign_text.replace("channels: 10", "channels: 20"))
    assert json.loads(run("campaign", "apply", file, "--json").out)["version"] == 2


def test_apply_refuses_a_wrong_file(run: Any, site: Path, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("name: x\n")
    ran = run("campaign", "apply", file)
    assert (ran.code, ran.out) == (1, "")
    assert all(line.startswith(f"{file}:1:1: ") for line in ran.err.splitlines())
    assert run("campaign", "list", "--json").out == ""


def test_plan_counts_what_could_be_called(
    run: Any, applied: str, tmp_path: Path, campaign_text: str
) -> None:
    run("dnc", "add", "+12125550110")
    file = tmp_path / "spring.yaml"
    plan = json.loads(run("campaign", "plan", file, "--json").out)
    assert (plan["leads"], plan["callable_now"]) == (2, 1)
    assert plan["refused"] == {"do_not_call": 1}
    assert (plan["agents"], plan["lines"], plan["channels"]) == (1, 1, 10)
    assert (plan["window_open"], plan["applied_version"], plan["changes"]) == (True, 1, [])
    file.write_text(campaign_text.replace("channels: 10", "channels: 20"))
    ran = run("campaign", "plan", file)
    assert ran.code == 0
    assert "+trunks: [{name: carrier, channels: 20}]" in ran.lines
    assert json.loads(run("campaign", "list", "--json").out)["version"] == 1  # nothing was stored


def test_plan_of_a_closed_window(
    run: Any, applied: str, tmp_path: Path, campaign_text: str
) -> None:
    file = tmp_path / "spring.yaml"
    hours = 'hours: [{days: [mon], from: "03:00", to: "03:01"}]'
    file.write_text(campaign_text.replace('hours: [{from: "00:00", to: "24:00"}]', hours))
    plan = json.loads(run("campaign", "plan", file, "--json").out)
    if not plan["window_open"]:  # it is that very minute once a week
        assert plan["refused"] == {"windows": 2}
        assert "T03:00:00" in plan["window_opens"]
        assert plan["next_lead_due"] == plan["window_opens"]


@pytest.mark.parametrize("zone", ["customer", "UTC"])
def test_plan_of_an_empty_list(
    run: Any, site: Path, tmp_path: Path, campaign_text: str, zone: str
) -> None:
    file = tmp_path / "spring.yaml"
    file.write_text(campaign_text.replace("timezone: UTC", f"timezone: {zone}"))
    plan = json.loads(run("campaign", "plan", file, "--json").out)
    assert plan["window_open"] is (None if zone == "customer" else True)
    assert (plan["leads"], plan["next_lead_due"]) == (0, None)
    ran = run("campaign", "plan", file)
    assert "The list is empty: dialplane leads import FILE.csv --list spring" in ran.lines
    unknown = "unknown: it goes by the leads' time zones, and there are no leads"
    assert (unknown in ran.out) is (zone == "customer")
    assert "closed" not in ran.out
    assert "none is left to call" in ran.out


def test_a_campaign_on_a_pbx_that_the_settings_do_not_know(
    run: Any, applied: str, site: Path, tmp_path: Path, campaign_text: str
) -> None:
    file = tmp_path / "spring.yaml"
    file.write_text(campaign_text + "pbx: [nope, main]\n")
    why = f"no PBX 'nope' under [pbx] in {site}/dialplane.toml (there are: main)"
    assert json.loads(run("campaign", "plan", file, "--json").out)["pbx_unknown"] == ["nope"]
    assert f"It could not be started: {why}" in run("campaign", "plan", file).lines
    assert run("campaign", "start", applied).code == 0
    ran = run("campaign", "apply", file)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        "Campaign 'spring' is running, and could not be dialled any more: "
        f"{why}; nothing was applied\n"
    )
    run("campaign", "stop", applied)
    ran = run("campaign", "apply", file)
    assert (ran.code, ran.err) == (0, f"Campaign 'spring' cannot be started yet: {why}\n")
    ran = run("campaign", "start", applied)
    assert (ran.code, ran.err) == (3, f"Campaign 'spring' cannot be dialled: {why}\n")


def test_a_campaign_that_cannot_be_read_hides_no_other_and_is_stopped(
    run: Any, applied: str, tmp_path: Path, campaign_text: str
) -> None:
    other = tmp_path / "autumn.yaml"
    other.write_text(campaign_text.replace("name: spring", "name: autumn"))
    run("campaign", "apply", other)
    run("campaign", "start", applied)
    broken = (
        """UPDATE campaign_versions SET spec = '{"name": "spring"}' WHERE campaign = 'spring'"""
    )
    with open_site() as opened, opened.store.writing() as connection:
        connection.execute(text(broken))
    rows = [json.loads(line) for line in run("campaign", "list", "--json").lines]
    assert [(row["campaign"], row["mode"]) for row in rows] == [
        ("autumn", "progressive"),
        ("spring", None),
    ]
    assert "mode: expected this key (got nothing), and 6 more" in rows[1]["why"]
    assert run("campaign", "list").code == 0
    ran = run("campaign", "status", applied)
    assert (ran.code, ran.err) == (3, rows[1]["why"] + "\n")
    found = json.loads(run("doctor", "--json").out)["findings"]
    assert rows[1]["why"] in next(f["words"] for f in found if f["part"] == "campaigns")
    assert run("campaign", "pause", applied).code == 0
    assert run("campaign", "stop", applied).code == 0
    assert run("campaign", "plan", tmp_path / "spring.yaml").code == 0
    assert run("campaign", "apply", tmp_path / "spring.yaml").code == 0


def test_a_campaign_is_started_paused_resumed_and_stopped(run: Any, applied: str) -> None:
    def wanted() -> str:
        return str(json.loads(run("campaign", "status", applied, "--json").out)["wanted"])

    ran = run("campaign", "pause", applied)
    assert (ran.code, ran.err) == (3, "Campaign 'spring' is 'draft', not 'running'\n")
    ran = run("campaign", "start", applied)
    assert ran.code == 0
    assert "No worker is running here" in ran.out
    assert wanted() == "running"
    assert run("campaign", "pause", applied).code == 0
    assert wanted() == "paused"
    assert run("campaign", "resume", applied).code == 0
    assert run("campaign", "resume", applied).code == 3
    told = json.loads(run("campaign", "stop", applied, "--json").out)
    assert told == {"campaign": "spring", "wanted": "stopped", "workers_told": False}


@pytest.mark.parametrize(
    "command", ["start", "pause", "resume", "stop", "status", "report", "watch"]
)
def test_a_campaign_that_is_not_there(run: Any, site: Path, command: str) -> None:
    ran = run("campaign", command, "none")
    assert (ran.code, ran.out) == (3 if command != "watch" else 4, "")
    if command != "watch":
        assert ran.err == "There is no campaign 'none'; apply its YAML file first\n"


def test_an_empty_list_is_not_started(
    run: Any, site: Path, tmp_path: Path, campaign_text: str
) -> None:
    file = tmp_path / "spring.yaml"
    file.write_text(campaign_text)
    run("campaign", "apply", file)
    ran = run("campaign", "start", "spring")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        "The list 'spring' of campaign 'spring' is empty; "
        "run: dialplane leads import FILE.csv --list spring\n"
    )


def test_lists_reports_and_states_for_people(run: Any, applied: str) -> None:
    for command in (
        ("campaign", "list"),
        ("campaign", "status", applied),
        ("campaign", "report", applied, "--since", "2026-01-01"),
        ("leads", "list"),
        ("leads", "list", "spring"),
        ("leads", "show", "+12125550110"),
        ("agent", "list"),
        ("agent", "list", "--campaign", applied),
        ("attempts", "list"),
        ("doctor",),
    ):
        ran = run(*command)
        assert ran.code == 0, (command, ran.err)
        assert ran.out.strip()
        assert "\x1b" not in ran.out  # colours are for terminals


def test_a_report_on_nothing(run: Any, applied: str) -> None:
    told = json.loads(run("campaign", "report", applied, "--json").out)
    assert (told["attempts"], told["abandonment"], told["double_dials"]) == (0, 0.0, 0)


def test_why_a_lead_is_or_is_not_dialled(run: Any, applied: str) -> None:
    def why() -> dict[str, Any]:
        told: dict[str, Any] = json.loads(
            run("leads", "why", "+12125550110", "--campaign", applied, "--json").out
        )
        return told

    assert why()["refusal"] == "campaign: it is 'draft', not running"
    run("campaign", "start", applied)
    assert (why()["dialled"], why()["refusal"]) == (True, None)
    assert run("leads", "why", "+12125550110", "--campaign", applied).out == (
        "+12125550110 on list 'spring' may be dialled now; it waits for its turn.\n"
    )
    run("dnc", "add", "+12125550110")
    assert run("leads", "why", "+12125550110", "--campaign", applied).out == (
        "+12125550110 on list 'spring' is not dialled now: "
        "do_not_call: the number is on the do-not-call list.\n"
    )


@pytest.mark.parametrize(
    ("which", "code", "sentence"),
    [
        ("+12125550199", 3, "There is no lead with the number +12125550199\n"),
        ("nobody", 1, "expected a lead's id or a number with its '+': it holds the letter 'n'"),
        (
            "01a1f8f3-0932-7a7e-a9b6-812ddb5885cf",
            3,
            "There is no lead with the id 01a1f8f3-0932-7a7e-a9b6-812ddb5885cf\n",
        ),
    ],
)
def test_a_lead_that_is_not_there(
    run: Any, applied: str, which: str, code: int, sentence: str
) -> None:
    for command in (("show", which), ("why", which, "--campaign", applied)):
        ran = run("leads", *command)
        assert (ran.code, ran.out) == (code, "")
        assert ran.err.startswith(sentence)


def test_an_attempt_that_is_not_there(run: Any, site: Path) -> None:
    ran = run("attempts", "show", "nonsense")
    assert (ran.code, ran.err) == (
        1,
        "'nonsense' is no attempt's id; 'dialplane attempts list' shows them\n",
    )
    assert run("attempts", "show", "01a1f8f3-0932-7a7e-a9b6-812ddb5885cf").code == 3


def test_agents_are_checked_before_they_are_kept(run: Any, site: Path) -> None:
    ran = run("agent", "add", "ann", "--phone", "1001&PJSIP/x")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("The phone of an agent may hold letters")
    assert run("agent", "list", "--json").out == ""


def test_orders_to_a_campaign_that_nobody_dials(run: Any, applied: str) -> None:
    ran = run("agent", "login", "ann", "--campaign", applied)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == ("Campaign 'spring' is 'draft'; run: dialplane campaign start spring\n")
    ran = run("agent", "ready", "ann")
    assert (
        ran.err == "Agent 'ann' is not logged in; run: dialplane agent login ann --campaign NAME\n"
    )
    assert run("agent", "pause", "nobody").err == "There is no agent 'nobody'\n"
    assert run("agent", "ready", "ann", "--note", "x").code == 2


def test_an_agent_of_another_team(run: Any, applied: str) -> None:
    run("agent", "add", "bob", "--phone", "1002", "--team", "service")
    ran = run("agent", "login", "bob", "--campaign", applied)
    assert ran.code == 3
    assert "neither named by campaign 'spring' nor of its teams" in ran.err
