"""`simulate` and `bench`."""

import json
from pathlib import Path
from typing import Any

import pytest

from workers.bench.esl import EslRow
from workers.bench.pacing import PacingRow
from workers.bench.rows import Row

ASKED = {
    "agents",
    "attempts",
    "connected",
    "abandoned",
    "abandonment",
    "agent_idle",
    "talk_share",
    "max_abandonment_seen",
}


def test_a_shift_needs_no_site(run: Any, tmp_path: Path, campaign_text: str) -> None:
    file = tmp_path / "spring.yaml"
    file.write_text(campaign_text)
    shift = ("simulate", file, "--agents", "5", "--hours", "0.5", "--seed", "1")
    ran = run(*shift, "--json")
    told = json.loads(ran.out)
    assert ran.code == 0
    assert told.keys() >= ASKED
    assert told["attempts"] >= told["connected"] > 0
    assert run(*shift, "--json").out == ran.out  # the same seed, the same day
    assert "connected" in run(*shift).out


def test_a_flow_without_agents_has_none(run: Any, site: Path) -> None:
    file = site / "examples/survey.yaml"
    told = json.loads(run("simulate", file, "--hours", "0.1", "--json").out)
    assert (told["mode"], told["agents"]) == ("ivr", 0)
    assert told["answers"]


@pytest.mark.parametrize(
    ("world", "sentence"),
    [
        ("ami://x", "expected a world of the fake PBX, one of fake://default, fake://demo, "),
        ("fake://mars", "there is no world 'mars'; use one of"),
        ("fake://default?anser=0.2", "'anser' is not an option of a fake PBX; did you mean 'ans"),
        ("fake://default?answer=2", "answer: "),
    ],
)
def test_a_world_that_is_not_there(
    run: Any, tmp_path: Path, campaign_text: str, world: str, sentence: str
) -> None:
    file = tmp_path / "spring.yaml"
    file.write_text(campaign_text)
    ran = run("simulate", file, "--world", world)
    assert (ran.code, ran.out) == (1, "")
    place = world if world.startswith("fake:") else "--world"
    assert ran.err.startswith(f"{place}: {sentence}")


def test_a_seed_is_not_below_zero(run: Any, tmp_path: Path, campaign_text: str) -> None:
    file = tmp_path / "spring.yaml"
    file.write_text(campaign_text)
    for command in (("simulate", file), ("demo",)):
        ran = run(*command, "--seed", "-1")
        assert (ran.code, ran.out) == (2, "")
        assert "--seed" in ran.err


def test_figures_are_rows(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Row("core", 60_000, "events/s", reach=50_000), Row("sim", 2, "s", 1, "real", 3)]
    monkeypatch.setattr("workers.bench.core.bench_core", lambda: rows)
    ran = run("bench", "core", "--json")
    assert ran.code == 0
    assert [json.loads(line)["holds"] for line in ran.lines] == [True, False]
    assert run("bench", "core", "--check").code == 1
    assert "60,000 events/s" in run("bench", "core").out


def test_all_transports_of_an_event_socket_are_one_object(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = EslRow(
        "esl by asyncio", 90.0, "events/s", 20.0, "bare greenswitch", 3.0, "", "asyncio", 7
    )
    gone = EslRow("esl by native", 0.0, "events/s", note="it needs a thing", transport="native")
    monkeypatch.setattr("workers.bench.esl.bench_esl", lambda: [quick, gone])
    [line] = run("bench", "esl", "--json").lines
    told = json.loads(line)
    assert told["transports"] == {
        "asyncio": {"events_per_s": 90},
        "native": {"events_per_s": None, "reason": "it needs a thing"},
    }
    assert (told["stream_events"], told["ratio"], told["holds"]) == (7, 4.5, True)
    table = run("bench", "esl").out
    assert "4.50 x bare greenswitch" in table
    assert "it needs a thing" in table


OF_PACING = ("bench", "pacing", "--hours", "0.1", "--agents", "3", "--scenario", "steady")
PACING_ROW = {"scenario", "rule", "agents", "idle", "abandonment", "max_abandonment_seen"}


def test_pacing_rules_are_compared(run: Any, tmp_path: Path) -> None:
    drawn = tmp_path / "pacing.svg"
    chosen = (*OF_PACING, "--rule", "dialplane", "--rule", "issabel", "--picture", drawn)
    told = json.loads(run(*chosen, "--json").out)
    assert (told["bench"], told["hours"], told["seed"]) == ("pacing", 0.1, 1)
    assert [(row["rule"], row["agents"]) for row in told["rows"]] == [
        ("dialplane", 3),
        ("issabel", 3),
    ]
    assert all(row.keys() >= PACING_ROW for row in told["rows"])
    assert drawn.read_text().startswith("<svg")
    ran = run(*chosen)
    assert ran.code == 0
    assert "issabel" in ran.out
    assert ran.err.startswith("measuring pacing: 2 shifts of 0.1 h")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (("--rule", "isabel"), "--rule: there is no rule 'isabel'; did you mean 'issabel'?"),
        (("--scenario", "x"), "--scenario: there is no scenario 'x'; there are steady, steps, "),
    ],
)
def test_a_rule_or_day_that_is_not_there(run: Any, wrong: tuple[str, str], sentence: str) -> None:
    ran = run("bench", "pacing", *wrong)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(sentence)


@pytest.mark.parametrize(("share", "code"), [(0.03, 0), (0.031, 1)])
def test_our_own_rule_is_checked_against_the_limit(
    run: Any, monkeypatch: pytest.MonkeyPatch, share: float, code: int
) -> None:
    row = PacingRow("steady", "dialplane", 3, 0.1, share, share, 100.0, 500, None)
    monkeypatch.setattr("cli.bench_pacing.run_all", lambda shifts, jobs: [row])
    assert run("bench", "pacing", "--check").code == code


def test_a_bench_that_is_not_there(run: Any) -> None:
    ran = run("bench", "everything")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("there is no bench 'everything'; there are core, ")


def test_what_of_the_list_is_not_simulated_is_said(
    run: Any, tmp_path: Path, campaign_text: str
) -> None:
    file = tmp_path / "mixed.yaml"
    leads = 'leads: {mix: {spring: 70%, autumn: 30%}, filter: "score > 5"}'
    file.write_text(campaign_text.replace("leads: {list: spring}", leads))
    ran = run("simulate", file, "--agents", "2", "--hours", "0.05", "--json")
    assert json.loads(ran.out)["attempts"] > 0
    assert ran.err.startswith("Not simulated: leads.filter and leads.mix.")
