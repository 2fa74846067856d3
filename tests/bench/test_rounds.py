"""How figures are taken."""

import asyncio

import pytest

from workers.bench import rounds
from workers.bench.rounds import BenchFailed, medians, run_in_time
from workers.bench.rows import Row


def test_runs_take_turns_and_the_median_counts() -> None:
    told: list[str] = []
    figures = {"one": iter([5.0, 1.0, 3.0]), "other": iter([2.0, 2.0, 9.0])}

    def run(name: str) -> float:
        told.append(name)
        return next(figures[name])

    found = medians({"one": lambda: run("one"), "other": lambda: run("other")})
    assert found == {"one": 3.0, "other": 2.0}
    assert told == ["one", "other"] * 3


def test_what_takes_too_long_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "PATIENCE", 0.05)

    async def never() -> None:
        await asyncio.Event().wait()

    with pytest.raises(BenchFailed, match="the bench of nothing was not over within"):
        run_in_time("nothing", never())


@pytest.mark.parametrize(
    ("row", "ratio", "holds"),
    [
        (Row("a", 9, "x/s", 10, "b", 0.9), 0.9, True),
        (Row("a", 8, "x/s", 10, "b", 0.9), 0.8, False),
        (Row("a", 8, "x/s", 10, "b"), 0.8, None),
        (Row("a", 50, "x/s", reach=50), None, True),
        (Row("a", 49, "x/s", reach=50), None, False),
    ],
)
def test_a_row_holds_by_its_ratio_or_by_itself(
    row: Row, ratio: float | None, holds: bool | None
) -> None:
    assert (row.ratio, row.holds) == (ratio, holds)
    told = row.as_json()
    assert (told["ratio"], told["holds"], told["bench"]) == (ratio, holds, "a")
