"""`simulate` and `bench`."""

import json
from pathlib import Path
from typing import Any

import pytest

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


def test_a_bench_that_is_not_there(run: Any) -> None:
    ran = run("bench", "everything")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("there is no bench 'everything'; there are core, ")
