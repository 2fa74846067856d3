"""The campaigns of mode ivr that ship, each for an hour of virtual time on the fake PBX."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from campaigns.spec.campaign import Mode
from cli.campaign_files import read_campaign
from connectors.fake.url import read
from workers.simulate import simulate

FOLDER = Path(str(files("campaigns"))) / "examples"
EXAMPLES = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
QUESTIONS = {
    "survey": {
        "visit": {"very-bad", "bad", "fair", "good", "very-good"},
        "have_us_again": {"yes", "no", "unsure"},
    }
}


def hour_of(name: str, agents: int = 6, hours: float = 1.0) -> dict[str, Any]:
    found = read_campaign(EXAMPLES[name])
    assert found.campaign.mode is Mode.IVR
    return simulate(found.campaign, read("fake://default").world, agents, hours, 7, found.by_name)


def test_there_is_one_for_each_flow_that_a_campaign_begins_with() -> None:
    flows = {path.stem for path in (FOLDER / "flows").glob("*.yaml")}
    assert EXAMPLES.keys() == flows - {"identify"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_goes_through_its_flow_and_keeps_the_limit(name: str) -> None:
    found = hour_of(name)
    assert found["outcomes"]["heard"] > 20
    assert found["max_abandonment_seen"] <= 0.03
    assert found["invariants_broken"] == 0
    expected = QUESTIONS.get(name, {})
    assert {q: set(given) for q, given in found["answers"].items()} == expected


def test_a_survey_needs_nobody() -> None:
    found = hour_of("survey", agents=50)
    assert "connected" not in found["outcomes"]
    assert found["attempts"] > 600


def test_who_presses_one_talks_to_an_agent() -> None:
    found = hour_of("press-one")
    assert found["outcomes"]["connected"] > 10
    assert found["outcomes"].get("abandoned", 0) <= found["outcomes"]["connected"] / 10


def test_the_same_seed_brings_the_same_hour() -> None:
    first, again = (hour_of("survey", hours=0.3) for _ in range(2))
    assert first == again
    assert first["attempts"] > 50
