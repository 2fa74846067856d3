"""When calls are answered, and by how many, as learned."""

import numpy as np
import pytest
from numpy.random import Generator, default_rng

from campaigns.pacing.answers import SEGMENTS, Answers


def answers() -> Answers:
    known = Answers(share=0.25, delay=12, ring=25, amd=False)
    known.number("a")
    return known


def shift(known: Answers, rng: Generator, share: float, calls: int, start: float) -> float:
    """A call each second; people answer after 10 s, or nobody does and it rings out."""
    ends: dict[int, list[tuple[int, str]]] = {}
    for second in range(calls):
        known.placed(0)
        live = rng.random() < share
        ends.setdefault(second + (10 if live else 25), []).append((second, "live"))
        if not live:
            ends[second + 25][-1] = (second, "no_answer")
        for placed, how in ends.pop(second, []):
            known.ended(0, second - placed, how)
        known.advance(start + second)
        if second % 60 == 0:
            known.rebuild()
    return start + calls


def test_the_share_is_learned_and_a_change_is_felt_within_minutes() -> None:
    known, rng = answers(), default_rng(1)
    now = shift(known, rng, 0.4, 1500, 1000)
    assert known.share[0] == pytest.approx(0.4, abs=0.08)
    shift(known, rng, 0.1, 400, now)
    assert known.share[0] == pytest.approx(0.1, abs=0.07)


def test_the_moment_of_the_answer_is_learned() -> None:
    known = answers()
    shift(known, default_rng(2), 0.5, 2000, 1000)
    assert known.delays[1] == pytest.approx(10.5, abs=1.5)
    chances = known.within()[1, 0]
    assert chances[8, 1] > 3 * chances[20, 1]  # whoever has not answered by then hardly will


def test_chances_are_chances() -> None:
    known = answers()
    shift(known, default_rng(3), 0.9, 500, 1000)
    for chances in (known.within(), known.of_new()):
        assert np.all(np.isfinite(chances))
        assert np.all((chances >= 0) & (chances < 1))


def test_segments_are_told_apart_up_to_a_number() -> None:
    known = answers()
    assert [known.number("a"), known.number("b"), known.number("a")] == [0, 1, 0]
    numbers = {known.number(f"more {n}") for n in range(100)}
    assert numbers == {0, *range(2, SEGMENTS)}
    assert known.count == SEGMENTS


@pytest.mark.parametrize("how", ["live", "machine", "failed", "no_answer", "cancelled"])
def test_one_outcome_only(how: str) -> None:
    known = answers()
    for second in range(300):
        known.placed(0)
        known.ended(0, second % 40 - 5, how)  # ages below 0 too
        known.advance(1000 + second)
    known.rebuild()
    assert 0 < known.share[0] < 1
    assert np.all(np.isfinite(known.within()))
    assert 0 < known.of_answered < 1


def test_of_a_call_cut_short_nothing_is_learned() -> None:
    told, untold = answers(), answers()
    for known in (told, untold):
        known.advance(1000)
    told.placed(0)
    told.ended(0, 0, "cancelled")
    for known in (told, untold):
        known.advance(1030)
    assert told.share[0] == untold.share[0]


def test_a_clock_that_steps_back_or_far_ahead() -> None:
    known = answers()
    known.placed(0)
    assert known.advance(1_000) == 0
    assert known.advance(900) == 0
    assert known.advance(901) == 1
    assert known.advance(1e9) == known.ages
    assert np.all(np.isfinite(known.share))
