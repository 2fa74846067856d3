"""The bench of claims and results, small."""

from collections.abc import Callable

import pytest

from workers.bench.results import bench_results, results_on_postgresql
from workers.bench.rows import Row

ON_POSTGRESQL = ["claims, postgresql", "results, postgresql"]


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("bench", "names"),
    [
        (results_on_postgresql, ON_POSTGRESQL),
        pytest.param(
            bench_results, [*ON_POSTGRESQL, "claims, sqlite", "results, sqlite"],
            marks=pytest.mark.long,
        ),
    ],
)  # fmt: skip
def test_a_batch_is_many_times_as_fast_as_its_rows_alone(
    bench: Callable[[int, int], list[Row]], names: list[str]
) -> None:
    rows = {row.bench: row for row in bench(160, 10)}
    assert [*rows] == names
    assert all(row.figure > 0 and row.baseline > 0 for row in rows.values())
    on_postgres = rows["results, postgresql"]
    assert on_postgres.reach == 10.0
    assert on_postgres.ratio is not None
    assert on_postgres.ratio >= 5
