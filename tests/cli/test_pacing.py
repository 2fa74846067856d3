"""`dialplane pacing explain`."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from campaigns.effects import PacingDecided
from cli.site import open_site
from storage.pacing import write_decisions

AT = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
FIGURES = {
    "free": 3, "talking": 40, "wrapping": 7, "in_flight": 30, "waiting": 1, "live": 2000,
    "abandoned": 45, "room": 15, "lines": 12, "cut_short": 2, "busy": 47, "freed": 6.25,
    "calls": 30, "answered": 7.5, "seconds": 13.1, "risk": 0.0412, "chance": 0.038, "next": 0.0441,
    "theta": 0.05, "reserve": 11.5, "target": 0.025, "dialled": 8, "ringing": 21, "analysing": 0,
}  # fmt: skip


@pytest.fixture
def decided(applied: str) -> str:
    """A campaign with a decision of each kind."""
    with open_site() as site, site.store.writing() as connection:
        told = [
            PacingDecided(
                AT, 2, "3 free x 1 lines - 1 in flight", {"free": 3, "lines": float("inf")}
            ),
            PacingDecided(AT + timedelta(minutes=1), 4, "risk 0.041; 2 cut short", FIGURES),
            PacingDecided(AT + timedelta(minutes=2), 0, "guard: 0 beyond free agents", {"free": 0}),
        ]
        write_decisions(connection, applied, told)
    return applied


def test_a_decision_is_told_in_words(run: Any, decided: str) -> None:
    ran = run("pacing", "explain", decided, "--at", "2026-11-20T14:31:30")
    assert ran.code == 0
    assert ran.lines[:10] == [
        "2026-11-20 14:31:00 UTC: 4 calls placed, 2 ringing calls cut short.",
        "Agents: 3 free, 40 talking, 7 in wrap-up.",
        "Calls in flight that may ask for an agent: 30; 8 do not ring yet, 21 ring, 0 are listened "
        "to, 1 wait for one.",
        "Within 13.1 s, when a new call would be answered, 6.2 of 47 busy agents were expected to "
        "get free, and 7.5 of 30 calls to be answered by people.",
        "The chance that its answer finds nobody was 3.8% for a first new call, and 4.4% for one "
        "more than were placed; the budget allowed 4.1%: the day's level of 5.0%, moved by how "
        "much of the budget and of the guard's room was left.",
        "Of the guard's room, 11.5 calls were set aside for what is usually in flight; the target "
        "is 2.5% abandoned.",
        "By then, 45 of the day's 2000 live answers were abandoned (2.25%); the limit is 3.00%.",
        "The guard let 15 calls be in flight beyond the free agents; the lines had room for 12 "
        "further calls.",
        "So: risk 0.041; 2 cut short.",
        "What came: 0 of these calls were answered by people in that time, and 0 busy agents got "
        "free.",
    ]
    around = ran.out.partition("The decisions around it:")[2]
    assert around.index("14:32:00") < around.index("14:30:00")
    assert "3 free x 1 lines" in around


def test_of_a_block_the_live_answers_are_since_its_first_day(
    run: Any, decided: str, campaign_text: str, tmp_path: Path
) -> None:
    file = tmp_path / "blocks.yaml"
    file.write_text(f"{campaign_text}abandonment: {{window: {{days: 30, from: 2026-10-30}}}}\n")
    assert run("campaign", "apply", file).code == 0
    ran = run("pacing", "explain", decided, "--at", "2026-11-20T14:31:30")
    assert "45 of the 2000 live answers since 2026-10-30 were abandoned (2.25%)" in ran.out


def test_the_latest_is_told_where_no_time_is_given(run: Any, decided: str) -> None:
    told = json.loads(run("pacing", "explain", decided, "--json").out)
    assert (told["calls"], told["why"]) == (0, "guard: 0 beyond free agents")
    assert told["came"] is None
    assert "no call placed" in run("pacing", "explain", decided).out


def test_what_was_without_bound_is_told_so(run: Any, decided: str) -> None:
    ran = run("pacing", "explain", decided, "--at", "2026-11-20T14:30")
    assert "the lines had room for any number of further calls" in ran.out
    assert "finds nobody" not in ran.out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("spring", "--at", "noon"), 1, "--at: expected a time such as 14:30"),
        (("spring", "--at", "2026-11-19"), 3, "has decided nothing by 2026-11-19"),
        (("autumn",), 3, "autumn"),
    ],
)
def test_what_cannot_be_explained_is_one_sentence(
    run: Any, decided: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    ran = run("pacing", "explain", *arguments)
    assert ran.code == code
    assert words in ran.err
    assert len(ran.err.strip().splitlines()) == 1
