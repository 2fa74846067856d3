"""What the command line says of customers who call in."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from campaigns.arrivals import Arrival, InboundOutcome
from campaigns.effects import Effect, InboundEnded, PacingDecided
from campaigns.orders import CampaignState
from cli.live_view import in_a_line
from cli.site import open_site
from connectors.calls import EndReason
from storage import campaigns, leases
from storage.admissions import admit
from storage.ids import new_id
from storage.pacing import write_decisions
from storage.record import record
from tests.cli.test_watch import SHOT

LINES = "inbound: {lines: [support], wait: 30s}\n"
NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


@pytest.fixture
def other(run: Any, applied: str, tmp_path: Path, campaign_text: str) -> Callable[[str, str], Path]:
    """`other(name, rest)`: the file of another campaign."""

    def write(name: str, rest: str) -> Path:
        file = tmp_path / f"{name}.yaml"
        file.write_text(campaign_text.replace("name: spring", f"name: {name}", 1) + rest)
        return file

    return write


def test_a_line_is_served_by_one_campaign(run: Any, applied: str, other: Any) -> None:
    assert run("campaign", "apply", other("summer", LINES)).code == 0
    assert run("campaign", "start", "summer").code == 0
    ran = run("campaign", "apply", other("spring", LINES))
    why = "line 'support' of PBX 'main' is served by campaign 'summer', which is running"
    assert ran.code == 0
    assert f"Campaign 'spring' cannot be started yet: {why}" in ran.err
    ran = run("campaign", "start", "spring")
    assert ran.code != 0
    assert f"Campaign 'spring' cannot be started: {why}" in ran.err
    assert len(ran.err.splitlines()) == 1
    run("campaign", "stop", "summer")
    assert run("campaign", "start", "spring").code == 0


def test_a_campaign_at_work_is_not_given_a_line_that_another_serves(
    run: Any, applied: str, other: Any
) -> None:
    run("campaign", "apply", other("summer", LINES))
    run("campaign", "start", "summer")
    run("campaign", "start", "spring")
    ran = run("campaign", "apply", other("spring", LINES))
    assert ran.code != 0
    assert "nothing was applied" in ran.err
    assert json.loads(run("campaign", "list", "--json").out.splitlines()[0])["version"] == 1


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("inbound: {lines: []}", "inbound.lines: "),
        ("inbound: {lines: [a, a]}", "inbound.lines[1]: expected a name only once"),
        ("inbound: {lines: ['a b']}", "inbound.lines[0]: "),
        ("inbound: {wait: 60s}", "inbound.lines: "),
        ("inbound: {lines: [a], wait: 1h}", "inbound.wait: "),
    ],
)
def test_a_wrong_line_is_told(run: Any, other: Any, part: str, said: str) -> None:
    ran = run("campaign", "validate", other("summer", part + "\n"))
    assert ran.code == 1
    assert said in ran.out


def came(*outcomes: InboundOutcome) -> None:
    """Calls that came in a minute apart, answered after 4 s, over after 30."""
    with open_site() as site:
        spec = campaigns.get(site.store, "spring").spec
        campaigns.set_wanted(site.store, "spring", CampaignState.RUNNING, NOW)
        lease = leases.acquire(site.store, "spring", "w1", 60)
        assert lease is not None
        arrivals = [
            Arrival(new_id(), "main", "support", "", NOW + timedelta(minutes=n))
            for n in range(len(outcomes))
        ]
        admit(site.store, lease, spec, 1, arrivals)
        told: list[Effect] = [_over(a, o) for a, o in zip(arrivals, outcomes, strict=True)]
        record(site.store, lease, spec, told)


def _over(arrival: Arrival, outcome: InboundOutcome) -> InboundEnded:
    talked = outcome is InboundOutcome.ANSWERED
    return InboundEnded(
        arrival.call_id,
        outcome,
        outcome.value,
        EndReason.HUNG_UP,
        "16",
        arrival.at + timedelta(seconds=30),
        arrival.at + timedelta(seconds=4) if talked else None,
        "ann" if talked else None,
    )


def test_the_report_has_figures_of_their_own(run: Any, applied: str) -> None:
    assert "called in" not in run("campaign", "report", applied, "--until", "2026-11-21").out
    came(*[InboundOutcome.ANSWERED] * 3, InboundOutcome.GIVEN_UP, InboundOutcome.WAITED_OUT)
    report = ("campaign", "report", applied, "--until", "2026-11-21")
    told = " ".join(run(*report).out.split())
    assert "called in 5, of whom 3 spoke to an agent (p50 4 s, longest 4 s)" in told
    assert "in vain 1 gave up, 1 waited too long" in told
    assert "attempts 0" in told
    assert "abandoned 0 (and 0 late)" in told
    figures = json.loads(run(*report, "--json").out)["inbound"]
    assert (figures["calls"], figures["answered"], figures["open"]) == (5, 3, 0)


def test_who_has_called_in_is_listed(run: Any, applied: str) -> None:
    assert "Nobody has called in." in run("inbound", "list").out
    came(InboundOutcome.ANSWERED, InboundOutcome.GIVEN_UP)
    told = [json.loads(line) for line in run("inbound", "list", "--json").lines]
    assert [call["outcome"] for call in told] == ["given_up", "answered"]
    ran = run("inbound", "list", "--campaign", applied, "--limit", "1")
    assert "given_up" in ran.out
    assert "answered" not in ran.out
    assert run("inbound", "list", "--campaign", "nothing").code != 0


def test_who_waits_is_shown_live() -> None:
    found = {"waiting": 2, "longest_wait": 31.4, "talking": 1}
    found |= {"answered": 9, "given_up": 2, "waited_out": 1, "lost": 0}
    line = in_a_line({**SHOT, "inbound": found})
    assert "inbound waiting: 2 (31 s); inbound today: 9 served, 3 in vain; agents: " in line
    assert in_a_line({**SHOT, "inbound": None}) == in_a_line(SHOT)


def test_a_decision_that_callers_have_lowered_says_so(run: Any, applied: str) -> None:
    with open_site() as site, site.store.writing() as connection:
        figures = {"free": 0.0, "in_flight": 1.0, "inbound": 2.0}
        told = PacingDecided(NOW, 0, "0 free x 1 lines - 1 in flight; 2 inbound waiting", figures)
        write_decisions(connection, applied, [told])
    ran = run("pacing", "explain", applied, "--at", "2026-11-20T14:31")
    assert "2 inbound calls waited, which lowered the number: as many agents" in ran.out


def test_a_simulated_shift_tells_who_called_in(run: Any, applied: str, other: Any) -> None:
    file = other("summer", "inbound: {lines: [inbound]}\n")
    world = "fake://default?inbound=0.02"
    shift = ("simulate", file, "--agents", "5", "--hours", "0.5", "--world", world)
    found = json.loads(run(*shift, "--json").out)
    assert found["inbound"]["answered"] > 10
    assert "inbound outcome" in run(*shift).out
