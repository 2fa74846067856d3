"""The bench of posts, small, against the real `dialplane serve`."""

import pytest

from workers.bench.hooks import bench_hooks


@pytest.mark.postgres
def test_a_post_takes_a_few_commits_of_time() -> None:
    [row] = bench_hooks(many=20)
    assert (row.bench, row.reach) == ("hooks", 0.1)
    assert row.ratio is not None
    assert row.ratio > 0.02
    assert row.note.endswith(" ms each")
