"""Campaigns of mode ivr on the command line: their flows, and the answers to them."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from campaigns.flow_effects import QuestionAnswered, StepLeft
from campaigns.leads import DialOrder
from campaigns.orders import CampaignState
from cli.site import open_site
from storage import campaigns
from storage.candidates import candidates
from storage.claims import claim
from storage.engine import open_store
from storage.leases import acquire
from storage.record import record

Run = Callable[..., Any]
CAMPAIGN = """\
name: care
mode: ivr
flow: care
trunks: [{name: carrier, channels: 10}]
caller_ids: ["+12125550100"]
leads: {list: care}
windows: {timezone: UTC, hours: [{from: "00:00", to: "24:00"}]}
pacing: {channels: 6}
dispositions: [{name: done, success: true}, {name: silent}]
"""
FLOW = """\
name: care
start: ask
prompts: {how: {say: How was it?}, sorry: {say: Sorry.}}
steps:
  ask:
    survey: visit
    prompt: how
    answers: {1: good, 2: bad}
    next: done
    no_input: silent
    too_many: silent
  done: {hangup: done}
  silent: {hangup: silent}
"""
TALK = "  silent: {agent: sales, no_agent: silence}\n  silence: {hangup: silent}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A campaign file with its flow in the folder beside it."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "care.yaml").write_text(FLOW)
    path = tmp_path / "care.yaml"
    path.write_text(CAMPAIGN)
    return path


def flow_of(file: Path) -> Path:
    return file.parent / "flows" / "care.yaml"


@pytest.fixture
def running(run: Run, site: Path, file: Path, tmp_path: Path) -> str:
    """The campaign applied, with two leads."""
    leads = tmp_path / "care.csv"
    leads.write_text("number,name,tags\n+12125550110,Ada,vip\n+12125550111,Bo,\n")
    assert run("campaign", "apply", file).code == 0
    assert run("leads", "import", leads, "--list", "care").code == 0
    return "care"


def test_a_campaign_is_validated_with_its_flow(run: Run, file: Path) -> None:
    ran = run("campaign", "validate", file)
    assert (ran.code, ran.err) == (0, "")
    assert "ivr with flow 'care'" in ran.out


def test_a_flow_may_lie_beside_the_campaign_too(run: Run, file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "spring.yaml").write_text(CAMPAIGN)
    shutil.copy(flow_of(file), folder / "care.yaml")
    assert run("campaign", "validate", folder / "spring.yaml").code == 0


WRONG: dict[str, tuple[Callable[[str], str], Callable[[str], str], str]] = {
    "no such flow": (
        lambda c: c.replace("flow: care", "flow: cure"),
        lambda f: f,
        "care.yaml:3:7: flow: expected a flow that is there (got 'cure'); "
        "there is neither flows/cure.yaml nor cure.yaml beside this file",
    ),
    "a disposition that the campaign has not": (
        lambda c: c,
        lambda f: f.replace("done: {hangup: done}", "done: {hangup: dune}"),
        "care.yaml:12:18: steps.done.hangup: expected one of the campaign's 'dispositions' that is "
        "there (got 'dune'); did you mean 'done'?",
    ),
    "a flow with a mistake": (
        lambda c: c,
        lambda f: f.replace("prompt: how", "prompt: hwo"),
        "care.yaml:7:13: steps.ask.prompt: expected one of the 'prompts' that is there",
    ),
    "a flow of another name": (
        lambda c: c,
        lambda f: f.replace("name: care", "name: core"),
        "care.yaml:1:7: name: expected the name of its file, 'care' (got 'core')",
    ),
    "an agent and nobody to be one": (
        lambda c: c,
        lambda f: f.replace("  silent: {hangup: silent}\n", TALK),
        "care.yaml:1:1: agents: expected who takes the calls: flow 'care' has a step 'agent'; "
        "name agents or a team, or take the step out of the flow",
    ),
    "a team that is not the campaign's": (
        lambda c: c + "agents: {teams: [sale]}\n",
        lambda f: f.replace("  silent: {hangup: silent}\n", TALK),
        "steps.silent.agent: expected 'any' or one of the teams in the campaign's 'agents' that "
        "is there (got 'sales'); did you mean 'sale'?",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_its_place(run: Run, file: Path, name: str) -> None:
    change_campaign, change_flow, expected = WRONG[name]
    file.write_text(change_campaign(CAMPAIGN))
    flow_of(file).write_text(change_flow(FLOW))
    ran = run("campaign", "validate", file)
    assert ran.code == 1
    assert len(ran.lines) == 1, ran.out
    assert expected in ran.out
    told = json.loads(run("campaign", "validate", file, "--json").out)
    assert len(told["problems"]) == 1


DASHES = "  si-lent: {hangup: silent}\n", "too_many: si-lent"
"""Two steps that differ in a dash, over which Asterisk passes."""


def test_what_one_pbx_cannot_hold_is_warned_of_with_its_name(
    run: Run, site: Path, file: Path
) -> None:
    flow_of(file).write_text(FLOW.replace("too_many: silent", DASHES[1]) + DASHES[0])
    for command in (("flow", "check", flow_of(file)), ("campaign", "validate", file),
                    ("campaign", "apply", file)):  # fmt: skip
        ran = run(*command)
        assert ran.code == 0
        assert "care.yaml:14:3: steps.si-lent: on Asterisk: expected a name that differs" in ran.err
    told = json.loads(run("campaign", "validate", file, "--json").out)
    assert (told["ok"], len(told["warnings"])) == (True, 1)


def test_what_no_pbx_can_hold_is_an_error(run: Run, site: Path, file: Path) -> None:
    flow_of(file).write_text(FLOW + "variables: {v: x-pre-process}\n")
    for command in (("flow", "check", flow_of(file)), ("campaign", "validate", file),
                    ("campaign", "apply", file)):  # fmt: skip
        ran = run(*command)
        assert ran.code == 1
        assert "care.yaml:14:16: variables.v: expected a text without 'x-pre-process'" in (
            ran.out + ran.err
        )


def test_an_agent_may_be_asked_for_where_there_are_any(run: Run, file: Path) -> None:
    file.write_text(CAMPAIGN + "agents: {teams: [sales]}\n")
    flow_of(file).write_text(FLOW.replace("  silent: {hangup: silent}\n", TALK))
    assert run("campaign", "validate", file).code == 0


def test_a_plan_needs_no_agents_and_tells_what_has_changed_in_the_flow(
    run: Run, running: str, file: Path
) -> None:
    plan = json.loads(run("campaign", "plan", file, "--json").out)
    assert (plan["flow"], plan["needs_agents"], plan["lines"]) == ("care", False, 6)
    assert plan["changes"] == []
    flow_of(file).write_text(FLOW.replace("How was it?", "How was the visit?"))
    ran = run("campaign", "plan", file)
    assert "No agent may take its calls" not in ran.out
    assert "+prompts: {how: {say: How was the visit?}, sorry: {say: Sorry.}}" in ran.out
    assert "flow care, version 1" in ran.out


def test_a_changed_flow_is_a_new_version_of_the_campaign(
    run: Run, running: str, file: Path
) -> None:
    assert not json.loads(run("campaign", "apply", file, "--json").out)["changed"]
    flow_of(file).write_text(FLOW.replace("How was it?", "How was the visit?"))
    applied = json.loads(run("campaign", "apply", file, "--json").out)
    assert (applied["version"], applied["changed"]) == (2, True)


def test_starting_asks_for_no_agent(run: Run, running: str) -> None:
    ran = run("campaign", "start", running)
    assert ran.code == 0
    assert "No agent may take its calls" not in ran.out


def test_nobody_at_work_keeps_no_flow_from_calling(run: Run, running: str) -> None:
    """Unless it has a step `agent`: then the dialler waits for one, and so is told."""
    assert run("campaign", "start", running).code == 0
    with open_site() as site:
        assert acquire(site.store, running, "a worker", ttl=60)
    assert json.loads(run("why", "--campaign", running, "--json").out)["hindrance"] is None


def test_answers_are_shown_by_question(run: Run, running: str, site: Path) -> None:
    _two_calls(site)
    told = json.loads(run("campaign", "answers", running, "--json").out)
    assert told["questions"] == {"visit": {"answers": {"good": 1}, "unanswered": 1}}
    assert (told["calls"], told["answered_all"], told["answered_some"]) == (2, 1, 0)
    assert told["steps"] == [
        {"flow": "care", "step": "ask", "ways": {"next": 1, "no_input": 1}},
    ]
    shown = run("campaign", "answers", running)
    assert "visit: 1 answers, 1 calls gave none" in shown.out
    assert "100.0%" in shown.out
    report = json.loads(run("campaign", "report", running, "--json").out)
    assert report["answers"] == {"visit": {"good": 1}}
    assert "visit" in run("campaign", "report", running).out


def _two_calls(site: Path) -> None:
    """One answers, one is silent."""
    store = open_store(f"sqlite:///{site}/dialplane.db")
    at = datetime.now(UTC)
    stored = campaigns.get(store, "care")
    campaigns.set_wanted(store, "care", CampaignState.RUNNING, at)
    lease = acquire(store, "care", "test")
    assert lease is not None
    found = candidates(store, stored.spec, 2, frozenset(), at)
    orders = [DialOrder(each, "main", "carrier", "+12125550100") for each in found]
    one, two = claim(store, lease, stored.spec, 1, orders, at, stored.needs()).attempts
    assert {one.told.tags, two.told.tags} == {("vip",), ()}
    record(
        store,
        lease,
        stored.spec,
        [
            QuestionAnswered(one.attempt_id, at, "care", "visit", "good"),
            StepLeft(one.attempt_id, at, "care", "ask", "next", "1"),
            StepLeft(two.attempt_id, at, "care", "ask", "no_input"),
        ],
    )
    store.close()


def test_a_campaign_with_agents_asks_no_questions(run: Run, applied: str) -> None:
    ran = run("campaign", "answers", applied)
    assert ran.code != 0
    assert ran.err == (
        "Campaign 'spring' is not of mode ivr, and its lines have no flow: it asks no questions\n"
    )


@pytest.mark.parametrize("pbx", ["fake-ami", "fake-esl,freeswitch", "fake-esl,asterisk"])
def test_the_demo_says_which_pbx_plays_a_flow(run: Run, file: Path, pbx: str) -> None:
    ran = run("demo", "--campaign", file, "--pbx", pbx)
    assert ran.code != 0
    assert "a flow is played by fake, asterisk, freeswitch, not by" in ran.err


def test_the_doctor_tries_out_the_voice_of_flows_that_say_variables(
    run: Run, running: str, file: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("DIALPLANE_SPEECH_PROGRAM", "/nowhere/espeak-ng")

    def voice() -> list[dict[str, str]]:
        found = json.loads(run("doctor", "--json").out)["findings"]
        return [finding for finding in found if finding["part"] == "voice"]

    run("campaign", "start", running)
    assert voice() == []
    flow = flow_of(file)
    text = FLOW.replace("How was it?", '"How was it, {name}?"')
    flow.write_text(text.replace("start: ask", "start: ask\nvariables: {name: there}"))
    assert run("campaign", "apply", file).code == 0
    [found] = voice()
    assert found["verdict"] == "warning"
    assert "heard without their variables: " in found["words"]
    assert not (home / "speech").exists()
    run("campaign", "stop", running)
    assert voice() == []
