"""The benches of the core alone: their form; what they come to depends on the machine."""

import pytest

from workers.bench import core


def test_figures_of_the_core_and_of_virtual_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "AGENTS", 10)
    monkeypatch.setattr(core, "CROWD", 10)
    monkeypatch.setattr(core, "HOURS", 0.1)
    monkeypatch.setattr(core, "REPLAYS", 1)
    rows = core.bench_core()
    names = ["core progressive", "core predictive", "predictive decisions"]
    assert [row.bench for row in rows] == names
    assert [row.unit for row in rows] == ["events/s", "events/s", "/s"]
    assert all(row.figure > 0 for row in rows)
    assert rows[1].ratio == pytest.approx(rows[1].figure / rows[0].figure)
