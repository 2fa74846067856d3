"""No test gets lost on the way to its process, and those of whole sites keep out of crowds."""

from itertools import groupby
from pathlib import Path

import pytest

from tests.lanes import SITES, in_lanes

FILES = {
    "campaigns/test_a.py": 40,
    "contract/test_b.py": 30,
    "system/test_c.py": 4,
    "test_names.py": 3,
    "workers/test_d.py": 6,
    "workers/test_e.py": 5,
}
TESTS = [(Path(file), number) for file, count in FILES.items() for number in range(count)]


def path_of(test: tuple[Path, int]) -> Path:
    return test[0]


@pytest.mark.parametrize("processes", [1, 2, 3, 4, 8, 50])
@pytest.mark.parametrize("tests", [TESTS, TESTS[:70], TESTS[70:], TESTS[-11:], []])
def test_every_test_is_run_once_and_a_file_in_its_order(
    tests: list[tuple[Path, int]], processes: int
) -> None:
    ordered = in_lanes(tests, processes, path_of)
    assert sorted(ordered) == sorted(tests)
    for file in FILES:
        assert [t for t in ordered if path_of(t) == Path(file)] == [
            t for t in tests if path_of(t) == Path(file)
        ]


@pytest.mark.parametrize("processes", [2, 3, 4])
def test_half_of_the_processes_begin_with_whole_sites(processes: int) -> None:
    ordered = in_lanes(TESTS, processes, path_of)
    piece = len(TESTS) // processes
    sites = [path_of(test).parts[0] in SITES for test in ordered]
    for number in range(processes):
        runs = [is_site for is_site, _ in groupby(sites[number * piece : (number + 1) * piece])]
        assert runs == ([True, False] if number < processes // 2 else [False])


def test_a_file_stays_whole() -> None:
    ordered = [path_of(t) for t in in_lanes(TESTS, 4, path_of) if path_of(t).parts[0] in SITES]
    assert len(list(groupby(ordered))) == 3
