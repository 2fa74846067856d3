"""The demo with an example campaign on a real Asterisk, as people try it out: the processes of a
site, a PBX and a carrier of its own. What its flow plays is looked at in test_real_flows.
"""

import pytest

from cli.campaign_files import read_campaign
from tests.system.examples import FOLDER
from workers.demo import run_demo
from workers.demo_given import Given
from workers.demo_plan import DemoPlan

LEADS = 6


@pytest.mark.asterisk
@pytest.mark.long
def test_the_demo_of_a_survey_ends_with_answers_by_question() -> None:
    read = read_campaign(FOLDER / "survey.yaml")
    assert read.flows is not None
    given = Given(read.campaign, read.flows.by_name, read.flows.texts)
    found = run_demo(
        DemoPlan("asterisk", LEADS, 4, seed=7, given=given), lambda _: None, lambda _: None
    )
    assert found["attempts"] == found["outcomes"]["heard"] == LEADS
    assert sum(found["answers"]["visit"].values()) >= 3
    assert found["answers"]["have_us_again"].keys() == {"yes"}  # they all press 1 there
    assert (found["invariants_broken"], found["unresolved"], found["double_dials"]) == (0, 0, 0)
