"""`dialplane pacing replay`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from campaigns.spec.file import load
from cli.site import open_site

DAY = "2026-11-20"


@pytest.fixture
def files(run: Any, site: Path, tmp_path: Path, campaign_text: str) -> Callable[..., Path]:
    """`files(old=new)` writes the campaign's file with words replaced, and gives its path."""

    def write(**changes: str) -> Path:
        text = campaign_text
        for old, new in changes.items():
            text = text.replace(old, new)
        path = tmp_path / ("changed.yaml" if changes else "spring.yaml")
        path.write_text(text)
        return path

    assert run("campaign", "apply", write()).code == 0
    return write


@pytest.fixture
def dialled(
    files: Callable[..., Path], shift_rows: Callable[..., Any], campaign_text: str
) -> Callable[..., Path]:
    """The same, of a campaign that has dialled for an hour."""
    rows = shift_rows(load(campaign_text.encode(), "spring.yaml"))
    with open_site() as site, site.store.writing() as connection:
        for table, made in rows.items():
            connection.execute(table.insert(), made)
    return files


def test_the_three_stand_side_by_side(run: Any, dialled: Callable[..., Path]) -> None:
    changed = dialled(**{"channels: 10": "channels: 3"})
    ran = run("pacing", "replay", "spring", "--with", changed, "--seed", "2")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[0] == f"Campaign 'spring' on {DAY}"
    assert "what happened" in ran.out
    assert "replay: version 1" in ran.out
    assert "replay: changed.yaml" in ran.out
    assert "The replays are simulations made from this day's figures" in ran.out
    told = json.loads(
        run("pacing", "replay", "spring", "--with", changed, "--day", DAY, "--json").out
    )
    really, was, new = (told[key] for key in ("happened", "as_it_was", "changed"))
    assert (told["day"], told["version"], told["notes"]) == (DAY, 1, [])
    assert really["abandoned"] == was["abandoned"] == 0
    assert was["dials"] == pytest.approx(really["dials"], rel=0.15)
    assert was["idle"] == pytest.approx(really["idle"], abs=0.08)
    assert new["dials"] < was["dials"]
    assert new["idle"] > was["idle"] + 0.1
    assert new["talk_share"] < was["talk_share"]


def test_what_a_replay_leaves_out_is_told(run: Any, dialled: Callable[..., Path]) -> None:
    def notes(**changes: str) -> str:
        ran = run("pacing", "replay", "spring", "--with", dialled(**changes))
        assert ran.code == 0
        return " ".join(ran.out.split())

    assert "both replays are the same" in notes()
    assert "takes every window for open" in notes(UTC="customer")


@pytest.mark.parametrize(
    ("changes", "more", "code", "words"),
    [
        ({}, ("spring", "--day", "2026-11-19"), 3, "placed no call on 2026-11-19; it last did on"),
        ({}, ("autumn",), 3, "There is no campaign 'autumn'"),
        ({"spring": "summer"}, ("spring",), 1, "expected campaign 'spring' (got 'summer')"),
        ({"progressive": "brisk"}, ("spring",), 1, "mode"),
    ],
)
def test_what_cannot_be_replayed_is_one_sentence(
    run: Any,
    dialled: Callable[..., Path],
    changes: dict[str, str],
    more: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    ran = run("pacing", "replay", *more, "--with", dialled(**changes))
    assert ran.code == code
    assert words in ran.err
    assert len(ran.err.strip().splitlines()) == 1


def test_a_campaign_without_calls_has_nothing_to_replay(
    run: Any, files: Callable[..., Path]
) -> None:
    ran = run("pacing", "replay", "spring", "--with", files())
    assert (ran.code, ran.err) == (3, "Campaign 'spring' has placed no call yet\n")
