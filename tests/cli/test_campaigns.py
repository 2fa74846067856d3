"""Campaigns from the file to the report, without a worker."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import text

from campaigns.effects import AgentChanged, AgentState
from campaigns.orders import CampaignState
from cli.site import now, open_site
from storage import leases
from storage.agent_states import write_changes
from storage.campaigns import note_actual, note_why
from workers.live import live_key


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


def test_plan_tells_how_much_of_the_limit_is_used(
    run: Any, applied: str, tmp_path: Path, campaign_text: str
) -> None:
    day = datetime.now(UTC).date()
    plan = json.loads(run("campaign", "plan", tmp_path / "spring.yaml", "--json").out)
    assert plan["period"] in ([f"{day}"] * 2, [f"{day + timedelta(days=1)}"] * 2)
    assert (plan["limit"], plan["live"], plan["abandoned"], plan["room"]) == (0.03, 0, 0, 0)
    file, first = tmp_path / "blocks.yaml", day - timedelta(days=7)
    file.write_text(f"{campaign_text}abandonment: {{window: {{days: 10, from: {first}}}}}\n")
    ran = run("campaign", "plan", file)
    told = " ".join(ran.out.split())
    assert f"at most 3.00% from {first} to {first + timedelta(days=9)}: 0 of 0 live" in told


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
    assert "mode: expected this key (got nothing), and 5 more" in rows[1]["why"]
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


def test_why_a_lead_is_or_is_not_dialled(run: Any, applied: str, site: Path) -> None:
    def why() -> str | None:
        ran = run("leads", "why", "+12125550110", "--campaign", applied, "--json")
        told: dict[str, Any] = json.loads(ran.out)
        assert told["dialled"] is (told["refusal"] is None)
        refusal: str | None = told["refusal"]
        return refusal

    def ann(state: AgentState) -> None:
        with open_site() as opened, opened.store.writing() as connection:
            write_changes(connection, applied, [AgentChanged("ann", now(), state)])

    assert why() == "campaign: it is 'draft', not running"
    run("campaign", "start", applied)
    assert why() == "campaign: no worker dials it; run: dialplane up, or dialplane worker"
    with open_site() as opened:
        assert leases.acquire(opened.store, applied, "a worker", ttl=60)
        note_why(opened.store, applied, "PBX 'main' does not answer")
        assert why() == "campaign: PBX 'main' does not answer"
        note_actual(opened.store, applied, CampaignState.RUNNING, now())
    assert why() == "agents: none of 1 who may take it is logged in to it"
    ann(AgentState.PAUSED)
    assert why() == "agents: none of 1 who may take it is at work"
    ann(AgentState.READY)
    assert why() is None
    assert run("leads", "why", "+12125550110", "--campaign", applied).out == (
        "+12125550110 on list 'spring' may be dialled now; it waits for its turn.\n"
    )
    run("agent", "add", "ann", "--team", "service")
    assert why() == "agents: nobody may take its calls: see 'dialplane agent add'"
    (site / "dialplane.toml").write_text("[pbx]\neast = 'fake://demo'\n")
    assert "campaign: no PBX 'main' under [pbx]" in str(why())
    run("dnc", "add", "+12125550110")
    assert run("leads", "why", "+12125550110", "--campaign", applied).out == (
        "+12125550110 on list 'spring' is not dialled now: "
        "do_not_call: the number is on the do-not-call list.\n"
    )


def test_why_a_lead_that_needs_a_skill_is_not_dialled(
    run: Any, applied: str, tmp_path: Path
) -> None:
    file = tmp_path / "turkish.csv"
    file.write_text("number,skills\n+12125550119,turkish\n")
    run("leads", "import", file, "--list", "spring")
    run("campaign", "start", applied)
    with open_site() as opened:
        assert leases.acquire(opened.store, applied, "a worker", ttl=60)
    ran = run("leads", "why", "2125550119", "--region", "US", "--campaign", applied, "--json")
    assert json.loads(ran.out)["refusal"] == (
        "agents: none of 1 who may take it has the skills that the lead needs: turkish"
    )


def test_a_lead_is_shown_in_the_words_of_its_file(run: Any, applied: str, tmp_path: Path) -> None:
    file = tmp_path / "more.csv"
    file.write_text("number,priority,score,reference,plan\n+12125550119,7,70,C-1,gold\n")
    run("leads", "import", file, "--list", "spring")
    told = json.loads(run("leads", "show", "+12125550119", "--json").out)
    assert list(told)[:6] == ["number", "name", "list_name", "state", "priority", "score"]
    assert (told["priority"], told["score"], told["reference"]) == (7, 70, "C-1")
    assert told["attempts"] == []
    assert not {"rank", "score_rank"} & set(told)
    lines = [line.split() for line in run("leads", "show", "+12125550119").lines]
    assert ["priority", "7"] in lines
    assert ["reference", "C-1"] in lines
    assert lines[0] == ["number", "+12125550119"]


def test_empty_lists_say_so(run: Any, site: Path) -> None:
    none = {
        ("campaign", "list"): "There are no campaigns yet: dialplane campaign apply FILE\n",
        ("leads", "list"): "There are no lists yet: dialplane leads import FILE.csv --list NAME\n",
        ("agent", "list"): "There are no agents: dialplane agent add NAME --phone PHONE\n",
        ("attempts", "list"): "There are no such attempts.\n",
    }
    for command, words in none.items():
        assert run(*command).out == words
        assert run(*command, "--json").out == ""


@pytest.mark.parametrize(
    ("which", "code", "sentence"),
    [
        ("+12125550199", 3, "There is no lead with the number +12125550199\n"),
        ("nobody", 1, "LEAD (an id or a number) 'nobody': it holds the letter 'n'"),
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
    ran = run("attempts", "list", "--campaign", "nosuch")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == "There is no campaign 'nosuch'; apply its YAML file first\n"
    ran = run("attempts", "list", "--number", "2125550110")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("--number '2125550110': it has no country code")
    assert "--region, such as US" in ran.err
    assert run("attempts", "list", "--number", "2125550110", "--region", "US").code == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("ann", "--phone", "1001&PJSIP/x"), "--phone: expected letters, digits, '-' and '_', at"),
        (("a b", "--phone", "1001"), "NAME: expected letters, digits"),
        (("ann", "--phone", "1001", "--skill", "a,b"), "--skill: expected letters, digits"),
        (("ann", "--phone", "1001", "--node", "west"), "--node: no PBX 'west' under [pbx] in "),
        (("ann",), "--phone: expected the phone of agent 'ann', who is new\n"),
    ],
)
def test_agents_are_checked_before_they_are_kept(
    run: Any, site: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    ran = run("agent", "add", *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(sentence)
    assert run("agent", "list", "--json").out == ""


def test_what_is_left_out_of_a_known_agent_stays(run: Any, site: Path) -> None:
    def ann() -> list[Any]:
        told = json.loads(run("agent", "list", "--json").out)
        return [told[key] for key in ("phone", "node", "label", "teams", "skills")]

    add = ("agent", "add", "ann")
    ran = run(*add, "--phone", "1001", "--team", "sales", "--skill", "english", "--label", "Ann")
    assert ran.out == ("Agent 'ann' added: phone 1001 on PBX main, teams sales, skills english.\n")
    assert run(*add, "--phone", "1002").code == 0
    assert ann() == ["1002", "main", "Ann", ["sales"], ["english"]]
    told = json.loads(run(*add, "--skill", "turkish", "--team", "", "--json").out)
    assert (told["agent"], told["added"], told["teams"]) == ("ann", False, [])
    assert ann() == ["1002", "main", "Ann", [], ["turkish"]]
    ran = run(*add, "--skill", "")
    assert ran.out == "Agent 'ann' changed: phone 1002 on PBX main, no teams, no skills.\n"


def test_a_preview_is_shown_with_number_and_name(
    run: Any, applied: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALPLANE_REDIS_URL", redis_url)
    looking = AgentChanged("ann", now(), AgentState.RESERVED, "preview")
    with open_site() as opened, opened.store.writing() as connection:
        write_changes(connection, applied, [looking])
    shot = {
        "roster": [{"agent": "ann", "lead": "+12125550110"}, {"agent": "bob", "lead": ""}],
        "wanting_skills": {"english + turkish": 3},
    }
    with redis.Redis.from_url(redis_url) as client:
        client.set(live_key(applied), json.dumps(shot))
        told = json.loads(run("agent", "list", "--json").out)
        assert told["lead"] == {"number": "+12125550110", "name": "Ada"}
        assert "+12125550110 Ada" in run("agent", "list", "--campaign", applied).out
        status = json.loads(run("campaign", "status", applied, "--json").out)
        assert status["wanting_skills"] == {"english + turkish": 3}
        assert "english + turkish 3" in run("campaign", "status", applied).out
        client.delete(live_key(applied))
    assert json.loads(run("agent", "list", "--json").out)["lead"] is None
    assert "wanting_skills" not in run("campaign", "status", applied).out


def test_the_scripts_of_a_campaign(
    run: Any, applied: str, tmp_path: Path, campaign_text: str
) -> None:
    assert run("campaign", "script", applied).out == (
        "Campaign 'spring' has no scripts; its file may have them under 'scripts'.\n"
    )
    file = tmp_path / "spring.yaml"
    file.write_text(campaign_text + 'scripts: {opening: "Good day.\\nHow are you?", end: Bye}\n')
    run("campaign", "apply", file)
    assert run("campaign", "script", applied, "opening").out == "Good day.\nHow are you?\n"
    assert run("campaign", "script", applied).lines == [
        *("opening:", "Good day.", "How are you?", "", "end:", "Bye"),
    ]
    told = json.loads(run("campaign", "script", applied, "--json").out)
    assert (told["version"], told["scripts"]["end"]) == (2, "Bye")
    ran = run("campaign", "script", applied, "closing")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == "Campaign 'spring' has no script 'closing'; there are: opening, end\n"


def test_orders_to_a_campaign_that_nobody_dials(run: Any, applied: str) -> None:
    ran = run("agent", "login", "ann", "--campaign", applied)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == ("Campaign 'spring' is 'draft'; run: dialplane campaign start spring\n")
    ran = run("agent", "ready", "ann")
    assert (
        ran.err == "Agent 'ann' is not logged in; run: dialplane agent login ann --campaign NAME\n"
    )
    ran = run("agent", "logout", "ann")
    assert (ran.code, ran.err) == (3, "Agent 'ann' is logged out already\n")
    assert run("agent", "pause", "nobody").err == "There is no agent 'nobody'\n"
    assert run("agent", "ready", "ann", "--note", "x").code == 2


def test_an_agent_of_another_team(run: Any, applied: str) -> None:
    run("agent", "add", "bob", "--phone", "1002", "--team", "service")
    ran = run("agent", "login", "bob", "--campaign", applied)
    assert ran.code == 3
    assert "neither named by campaign 'spring' nor of its teams" in ran.err
