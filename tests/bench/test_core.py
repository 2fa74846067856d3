"""The benches of the core alone: their form; what they come to depends on the machine."""

import pytest

from workers.bench import core


def test_figures_of_the_core_and_of_virtual_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "AGENTS", 10)
    monkeypatch.setattr(core, "HOURS", 0.1)
    monkeypatch.setattr(core, "REPLAYS", 1)
    rows = core.bench_core()
    assert [row.bench for row in rows] == ["core progressive", "core predictive"]
    assert all(row.figure > 0 and row.unit == "events/s" for row in rows)
