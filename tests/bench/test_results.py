"""The bench of claims and results, small, on both databases."""

import pytest

from workers.bench.results import bench_results


@pytest.mark.postgres
def test_a_batch_is_many_times_as_fast_as_its_rows_alone() -> None:
    rows = {row.bench: row for row in bench_results(many=240, single=15)}
    assert [*rows] == [
        "claims, postgresql",
        "results, postgresql",
        "claims, sqlite",
        "results, sqlite",
    ]
    assert all(row.figure > 0 and row.baseline > 0 for row in rows.values())
    on_postgres = rows["results, postgresql"]
    assert on_postgres.reach == 10.0
    assert on_postgres.ratio is not None
    assert on_postgres.ratio >= 5
