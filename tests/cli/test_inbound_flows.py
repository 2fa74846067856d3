"""The flow of a campaign's lines on the command line: its file, what is told of it, what came."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from campaigns.arrivals import Arrival, InboundOutcome
from campaigns.effects import Effect, InboundEnded
from campaigns.flow_effects import OptedOut, QuestionAnswered, StepLeft
from campaigns.orders import CampaignState
from cli.dialplan_files import PbxKind, installable
from cli.live_view import in_a_line
from cli.site import open_site
from connectors.calls import EndReason
from storage import campaigns, leases
from storage.admissions import admit
from storage.ids import new_id
from storage.record import record
from tests.cli.test_watch import SHOT

Run = Callable[..., Any]
NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
INBOUND = "inbound: {lines: [care], flow: care}\n"
FLOW = """\
name: care
start: ask
prompts: {how: {say: How was it?}, sorry: {say: Sorry.}}
steps:
  ask:
    survey: visit
    prompt: how
    answers: {1: good, 2: bad}
    next: off
    no_input: done
    too_many: done
  off: {opt_out: sorry, next: done}
  done: {hangup: sale}
"""
TALK = "  done: {agent: sales, no_agent: out}\n  out: {hangup: sale}\n"
HOOK = "  done: {webhook: slots, next: out, fallback: out}\n  out: {hangup: sale}\n"


@pytest.fixture
def file(run: Run, applied: str, tmp_path: Path, campaign_text: str) -> Path:
    """A campaign that dials for agents, and whose callers go through a flow."""
    (tmp_path / "flows").mkdir(exist_ok=True)
    (tmp_path / "flows" / "care.yaml").write_text(FLOW)
    path = tmp_path / "lines.yaml"
    path.write_text(campaign_text + INBOUND)
    return path


def flow_of(file: Path) -> Path:
    return file.parent / "flows" / "care.yaml"


def last(text: str) -> int:
    """The number of the line that a file ends with."""
    return text.count("\n")


def test_a_campaign_of_any_mode_may_have_a_flow_for_callers(run: Run, file: Path) -> None:
    ran = run("campaign", "validate", file)
    assert (ran.code, ran.err) == (0, "")
    assert "callers in flow 'care'" in ran.out
    applied = json.loads(run("campaign", "apply", file, "--json").out)
    assert applied["changed"]
    flow_of(file).write_text(FLOW.replace("How was it?", "How was the visit?"))
    again = json.loads(run("campaign", "apply", file, "--json").out)
    assert again["version"] == applied["version"] + 1, "a changed flow is a new version"


WRONG: dict[str, tuple[str, str, str]] = {
    "no such flow": (
        INBOUND.replace("flow: care", "flow: cure"),
        FLOW,
        "lines.yaml:{last}:32: inbound.flow: expected a flow that is there (got 'cure'); there is "
        "neither flows/cure.yaml nor cure.yaml beside this file",
    ),
    "a wait beside the flow": (
        INBOUND.replace("flow: care", "flow: care, wait: 30s"),
        FLOW,
        "lines.yaml:{last}:38: inbound.wait: expected none beside 'flow'; its steps 'agent' say "
        "for how long",
    ),
    "a message beside the flow": (
        INBOUND.replace("flow: care", "flow: care, message: sorry"),
        FLOW,
        "inbound.message: expected none beside 'flow'; its steps 'agent' go on by 'no_agent'",
    ),
    "a team that is not the campaign's": (
        INBOUND,
        FLOW.replace("  done: {hangup: sale}\n", TALK.replace("sales", "tales")),
        "care.yaml:13:17: steps.done.agent: expected 'any' or one of the teams in the campaign's "
        "'agents' that is there (got 'tales')",
    ),
    "a disposition that the campaign has not": (
        INBOUND,
        FLOW.replace("hangup: sale", "hangup: gone"),
        "care.yaml:13:18: steps.done.hangup: expected one of the campaign's 'dispositions'",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_its_place(
    run: Run, file: Path, campaign_text: str, name: str
) -> None:
    inbound, flow, expected = WRONG[name]
    text = campaign_text + inbound
    file.write_text(text)
    flow_of(file).write_text(flow)
    ran = run("campaign", "validate", file)
    assert ran.code == 1
    assert len(ran.lines) == 1, ran.out
    assert expected.format(last=last(text)) in ran.out


def test_agents_are_needed_only_where_a_flow_asks_for_one(
    run: Run, file: Path, tmp_path: Path
) -> None:
    plain = """\
name: line
mode: ivr
flow: care
trunks: [{name: carrier, channels: 10}]
caller_ids: ["+12125550100"]
leads: {list: care}
windows: {timezone: UTC, hours: [{from: "00:00", to: "24:00"}]}
dispositions: [{name: sale, success: true}]
"""
    file.write_text(plain + "inbound: {lines: [care]}\n")
    ran = run("campaign", "validate", file)
    assert "inbound: expected 'agents' in a campaign that customers may call in to" in ran.out
    file.write_text(plain + INBOUND)
    assert run("campaign", "validate", file).code == 0
    other = flow_of(file).with_name("talk.yaml")
    other.write_text(
        FLOW.replace("name: care", "name: talk").replace("  done: {hangup: sale}\n", TALK)
    )
    file.write_text(plain + INBOUND.replace("flow: care", "flow: talk"))
    ran = run("campaign", "validate", file)
    assert "agents: expected who takes the calls: flow 'talk' has a step 'agent'" in ran.out
    file.write_text(plain + "agents: {teams: [sales]}\n" + INBOUND.replace("care}", "talk}"))
    assert run("campaign", "validate", file).code == 0
    plan = json.loads(run("campaign", "plan", file, "--json").out)
    assert plan["needs_agents"], "callers may ask for one, though no call that is placed does"
    beside = tmp_path / "talk.yaml"
    other.rename(beside)
    ran = run("campaign", "validate", file)
    assert "inbound.flow: expected a flow in the same folder as that of 'flow'" in ran.out


def test_a_line_needs_nobody_who_is_called(run: Run, file: Path, campaign_text: str) -> None:
    file.write_text(campaign_text.replace("leads: {list: spring", "leads: {list: nobody") + INBOUND)
    assert run("campaign", "apply", file).code == 0
    ran = run("campaign", "start", "spring")
    assert ran.code == 0
    assert "The list 'nobody' of campaign 'spring' is empty: its lines are served" in ran.err
    file.write_text(campaign_text.replace("leads: {list: spring", "leads: {list: nobody"))
    run("campaign", "stop", "spring")
    assert run("campaign", "apply", file).code == 0
    assert run("campaign", "start", "spring").code != 0


def test_an_endpoint_that_the_settings_do_not_know_is_warned_of(run: Run, file: Path) -> None:
    flow_of(file).write_text(FLOW.replace("  done: {hangup: sale}\n", HOOK))
    ran = run("campaign", "apply", file)
    assert ran.code == 0
    assert "Its flow asks the endpoint 'slots'" in ran.err


def test_the_flow_of_callers_becomes_files_of_a_pbx(run: Run, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    render = ("dialplan", "render", file, "--out", out, "--no-sounds", "--json", "--pbx")
    for _ in range(2):  # what it has made itself it may replace
        told = json.loads(run(*render, "asterisk").out)
        assert (told["campaign"], told["flow"]) == ("spring", "care")
        made = {Path(path).relative_to(out).as_posix() for path in told["files"]}
        assert {"extensions.d/dialplane-flow-care.conf", "extensions.d/dialplane.conf"} <= made
    told = json.loads(run(*render, "freeswitch").out)
    assert [Path(path).name for path in told["files"]] == ["dialplane-flow-care.xml"]


def test_of_two_flows_both_are_put_in_place(file: Path) -> None:
    flow_of(file).with_name("talk.yaml").write_text(FLOW.replace("name: care", "name: talk"))
    text = file.read_text().replace("flow: care", "flow: talk")
    file.write_text(text.replace("mode: progressive", "mode: ivr\nflow: care"))
    made = installable(file, PbxKind.ASTERISK)
    assert sorted(made.anew({})) == [
        "extensions.d/dialplane-flow-care.conf",
        "extensions.d/dialplane-flow-talk.conf",
    ]
    file.write_text(text)
    assert list(installable(file, PbxKind.ASTERISK).anew({})) == [
        "extensions.d/dialplane-flow-talk.conf"
    ]


def test_what_callers_did_is_told_apart_from_the_calls_that_were_placed(
    run: Run, file: Path
) -> None:
    run("campaign", "apply", file)
    with open_site() as site:
        stored = campaigns.get(site.store, "spring")
        campaigns.set_wanted(site.store, "spring", CampaignState.RUNNING, NOW)
        lease = leases.acquire(site.store, "spring", "w1", 60)
        assert lease is not None
        arrivals = [Arrival(new_id(), "main", "care", n, NOW) for n in ("+442079460000", "")]
        admit(site.store, lease, stored.spec, 1, arrivals, stored.inbound_needs())
        told: list[Effect] = []
        for arrival in arrivals:
            told += [
                QuestionAnswered(arrival.call_id, NOW, "care", "visit", "good"),
                StepLeft(arrival.call_id, NOW, "care", "ask", "next", "1"),
                OptedOut(arrival.call_id, NOW),
                _over(arrival),
            ]
        record(site.store, lease, stored.spec, told)
    found = json.loads(run("campaign", "answers", "spring", "--json").out)
    assert (found["calls"], found["questions"], found["steps"]) == (0, {}, [])
    assert found["callers"]["calls"] == found["callers"]["answered_all"] == 2
    assert found["callers"]["questions"] == {"visit": {"answers": {"good": 2}, "unanswered": 0}}
    shown = run("campaign", "answers", "spring").out
    assert "callers in the flow" in shown
    assert "calls in the flow" not in shown.replace("callers in the flow", "")
    report = " ".join(run("campaign", "report", "spring", "--until", "2026-11-21").out.split())
    assert "served by the flow 2" in report
    assert "2 want no more calls (1 of them from a number that is not known)" in report
    assert "visit good 2" in report
    listed = [json.loads(line) for line in run("inbound", "list", "--json").lines]
    assert {call["outcome"] for call in listed} == {"heard"}
    assert all(call["opted_out_at"] for call in listed)


def _over(arrival: Arrival) -> InboundEnded:
    ended_at = arrival.at + timedelta(seconds=30)
    heard = InboundOutcome.HEARD
    return InboundEnded(arrival.call_id, heard, "sale", EndReason.HUNG_UP, "16", ended_at)


def test_who_goes_through_a_flow_is_shown_live() -> None:
    found = {"waiting": 0, "longest_wait": 0.0, "talking": 0, "in_flow": 3}
    found |= {"answered": 1, "heard": 4, "given_up": 0, "waited_out": 0, "lost": 0}
    line = in_a_line({**SHOT, "inbound": found})
    assert "inbound in flow: 3" in line
    assert "inbound today: 5 served, 0 in vain" in line
