"""What a storm reads of processes, and how it tells growth from chance."""

import os
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from lab.child import Child
from lab.wait import until
from storms.long_shift import growth, size
from storms.spent import Held, cpu_seconds, held, tree
from storms.watched import Watched

MB = 1_000_000
BUSY = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Child]:
    """A process that waits for one which computes."""
    child = Child([sys.executable, "-c", BUSY], log=tmp_path / "log", sweep=tmp_path)
    yield child
    child.kill()


def test_what_a_process_has_started_counts_with_it(busy: Child) -> None:
    assert until(lambda: len(tree([busy.pid])) == 2, 10)
    assert until(lambda: cpu_seconds(tree([busy.pid])) > cpu_seconds([busy.pid]) + 0.2, 20)


def test_a_descriptor_is_seen_and_a_process_that_is_gone_is_not(tmp_path: Path) -> None:
    me = os.getpid()
    before = held([me])[me]
    with (tmp_path / "one").open("w"):
        assert held([me])[me].files == before.files + 1
    assert before.memory > MB
    assert held([2**22 + 1]) == {}
    assert cpu_seconds([2**22 + 1]) == 0.0


def watched(files: list[int], memory: list[int]) -> Watched:
    """A look each minute."""
    seen = [{7: Held(m, f)} for f, m in zip(files, memory, strict=True)]
    return Watched([60.0 * n for n in range(len(seen))], list(range(len(seen))), seen)


@pytest.mark.parametrize(
    ("files", "leaked"),
    [
        ([5, 9, 9, 9, 9, 9, 9, 9], 0),  # a pool that fills
        ([5, 9, 9, 12, 9, 14, 12, 13], 0),  # in use now and then
        ([5, 9, 9, 10, 11, 12, 13, 14], 3),
    ],
)
def test_what_comes_and_goes_is_no_leak(files: list[int], leaked: int) -> None:
    assert watched(files, [MB] * len(files)).leaked == leaked


def test_growth_is_what_an_hour_adds_after_the_warm_up() -> None:
    memory = [10 * MB, 50 * MB, *(100 * MB + n * 20_000 for n in range(6))]
    assert watched([1] * 8, memory).hourly == pytest.approx(0.012, rel=0.01)


def test_only_looks_with_further_attempts_count_as_going_on() -> None:
    seen = watched([1] * 8, [MB] * 8)
    assert seen.grows
    seen.placed.append(seen.placed[-1])
    assert not seen.grows


def test_the_size_of_a_thing_is_that_of_all_it_holds_but_for_code() -> None:
    class Keeper:
        def __init__(self) -> None:
            self.kept: list[bytes] = []
            self.clock = time

    keeper = Keeper()
    before = size(keeper)
    keeper.kept.append(bytes(5000))
    assert 5000 < size(keeper) - before < 5500
    assert before < 5000  # a module is nothing that it holds


def test_a_dialler_does_not_grow_in_a_few_minutes_of_its_shift() -> None:
    grown, attempts = growth(seed=1, hours=0.05, warm=timedelta(minutes=3))
    assert attempts > 100
    assert abs(grown * 0.05) < 0.2
