"""Campaigns of mode ivr on a real Asterisk whose customers press keys: from the file to the answers
in the database, by the demo.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from cli.campaign_files import read_campaign
from workers.demo import run_demo
from workers.demo_given import Given
from workers.demo_plan import DemoPlan

FOLDER = Path(str(files("campaigns"))) / "examples"
LEADS = 6
WAITS = ("appointment", "payment", "press-one")
"""For what nobody says and no endpoint answers, or for agents: one or two minutes each."""
LONG = [pytest.param(name, marks=pytest.mark.long) for name in WAITS]


def demo(name: str, agents: int = 4) -> dict[str, Any]:
    read = read_campaign(FOLDER / f"{name}.yaml")
    assert read.flows is not None
    given = Given(read.campaign, read.flows.by_name, read.flows.texts)
    plan = DemoPlan("asterisk", LEADS, agents, seed=7, given=given)
    return run_demo(plan, lambda _: None, lambda _: None)


@pytest.mark.asterisk
@pytest.mark.slow
def test_a_survey_ends_with_answers_by_question() -> None:
    found = demo("survey")
    assert found["attempts"] == found["outcomes"]["heard"] == LEADS
    assert sum(found["answers"]["visit"].values()) >= 3
    assert found["answers"]["have_us_again"].keys() == {"yes"}  # they all press 1 there
    assert (found["invariants_broken"], found["unresolved"], found["double_dials"]) == (0, 0, 0)


@pytest.mark.asterisk
@pytest.mark.slow
@pytest.mark.parametrize("name", ["opt-out", *LONG])
def test_every_other_example_goes_through_its_flow(name: str) -> None:
    found = demo(name)
    assert found["outcomes"].keys() <= {"heard", "connected", "early_hang_up", "machine"}
    assert found["outcomes"].get("heard", 0) + found["outcomes"].get("connected", 0) > LEADS // 2
    assert (found["abandoned"], found["invariants_broken"], found["unresolved"]) == (0, 0, 0)
