"""The model holds for the code as it is, and finds each bug that is put into it on purpose."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from storms.model.bugs import BUGS, Bug, BugGone, seeded
from storms.model.hunt import EXAMPLES, hunt
from tests.score import SEEDED

HOLDS, LONG = 10, 400
SEEDS = (11, 12, 13)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_each_seeded_bug_is_found(bug: Bug, record_property: Callable[[str, object], None]) -> None:
    with seeded(bug):
        came = hunt(EXAMPLES, bug.seed)
    record_property(SEEDED, came.found)
    assert came.found, f"{bug.breaks}: not found in {came.examples} examples"


@pytest.mark.slow
def test_the_code_as_it_is_holds() -> None:
    """In more examples than it takes to find any of the bugs."""
    assert hunt(HOLDS).why == ""


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", SEEDS)
def test_it_holds_in_many_more(seed: int) -> None:
    assert hunt(LONG, seed).why == ""


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_it_holds_on_postgresql(postgres_url: str) -> None:
    assert hunt(LONG // 4, database_url=postgres_url).why == ""


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_each_seeded_bug_is_found_whatever_the_seed(bug: Bug, seed: int) -> None:
    with seeded(bug):
        assert hunt(LONG, seed).found, bug.breaks


def test_there_are_fifteen_and_each_says_what_it_breaks() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) == 15
    assert all(bug.breaks and bug.right != bug.wrong for bug in BUGS)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_what_a_bug_changes_is_still_there_and_comes_back(bug: Bug) -> None:
    with seeded(bug):
        pass
    with seeded(bug):  # and so it was put back
        pass


@pytest.mark.parametrize(
    "rotten", [{"right": "what nobody has written"}, {"where": "storage.leases:gone"}]
)
def test_a_bug_whose_statement_is_gone_says_so(rotten: dict[str, Any]) -> None:
    with pytest.raises(BugGone, match=BUGS[0].name), seeded(replace(BUGS[0], **rotten)):
        pass
