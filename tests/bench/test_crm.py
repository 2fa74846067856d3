"""The bench of the CRM's side, small, on real parts; and that its question goes by the indexes."""

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from storage.candidates import due_leads
from storage.engine import Store, open_store
from storage.selection.condition import moments
from workers.bench import crm
from workers.bench.crm_import import imports
from workers.bench.crm_lag import lags
from workers.bench.crm_selection import FILTERS, RARE, Selected, Slowest, plan
from workers.bench.crowd import LIST, crowd
from workers.bench.rounds import percentile
from workers.bench.rows import Row

pytestmark = pytest.mark.postgres
CUSTOMERS = 60_000


@pytest.fixture(scope="module")
def crowded(postgres: Any) -> Any:
    """A database with a crowd in it."""
    store = open_store(url := postgres.fresh())
    assert [*crowd(store, CUSTOMERS)][-1] == 1.0
    yield store
    store.close()
    postgres.drop(url.rpartition("/")[2])


@pytest.mark.parametrize("name", FILTERS)
def test_the_next_leads_are_found_by_an_index(crowded: Store, name: str) -> None:
    asked, now = plan(FILTERS[name]), datetime.now(UTC)
    query = due_leads(asked, LIST, now).limit(50).params(moments(asked.leads.filter, now))
    with crowded.reading() as connection:
        sql = query.compile(connection, compile_kwargs={"literal_binds": True})
        told = "\n".join(connection.exec_driver_sql(f"EXPLAIN {sql}").scalars())
    assert " using ix_leads_by_priority on leads" in told
    assert "Seq Scan on leads" not in told
    assert "Seq Scan on customers" not in told
    assert "Sort" not in told


def test_each_customer_of_the_crowd_is_a_lead_and_is_found_by_what_is_told(crowded: Store) -> None:
    with crowded.reading() as connection:
        counts = connection.exec_driver_sql(
            "SELECT (SELECT count(*) FROM customers), (SELECT count(*) FROM leads l JOIN customers "
            "c ON c.id = l.customer_id AND c.number = l.number), (SELECT count(*) FROM field_values"
            " v JOIN customers c ON c.id = v.customer_id AND v.number = 1000000 * "
            "(c.fields->>'budget')::bigint), (SELECT count(*) FROM pg_indexes WHERE indexname "
            "LIKE 'ix_leads_by_%%' OR indexname = 'uq_customers_number')"
        ).one()
    assert tuple(counts[:3]) == (CUSTOMERS,) * 3
    assert counts[3] == 6


def test_all_figures_are_taken_and_told_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the results in batches, which have a test of their own."""
    monkeypatch.setattr(crm, "imports", partial(imports, rows=2000, single=20))
    monkeypatch.setattr(crm, "KNOWN", 40)
    results = Row(crm.RESULTS, 2000.0, "results/s", 100.0, "a commit per row", 10.0)
    monkeypatch.setattr(crm, "results_on_postgresql", lambda: [results])
    monkeypatch.setattr(crm, "lags", partial(lags, calls=40, warm=10))
    told: list[str] = []
    rows = crm.bench_crm(20_000, told.append)
    assert [row.bench for row in rows] == [
        "results, postgresql",
        "customer look-up",
        "result to CRM",
        "import",
        "lead selection",
        "lead selection, rare",
    ]
    assert "20,000 customers are made: 100%" in told
    assert all(row.figure > 0 and row.baseline > 0 for row in rows)
    figures = json.loads(json.dumps(crm.document(rows)))
    assert figures["results_batch_ratio"] == 20.0
    assert figures["lookup_cache_ratio"] > 3
    assert 0 < figures["crm_lag_p99_s"] < 60
    assert figures["select_p95_ms"] > 0
    assert figures["import_rows_per_s"] > 0


def test_who_is_meant_by_few_is_told_apart() -> None:
    found = Selected(1000, Slowest("a stage", 20.0), Slowest("an owner", 500.0), 2000.0)
    usual, rare = crm._selection_rows(found)
    assert (usual.ratio, usual.holds) == (100.0, True)
    assert (rare.ratio, rare.holds) == (4.0, None)
    assert set(FILTERS) & set(RARE) == set()


def test_a_percentile_is_one_of_the_figures() -> None:
    figures = [float(n) for n in range(1, 101)]
    assert [percentile(figures, p) for p in (1, 50, 95, 99, 100)] == [1, 50, 95, 99, 100]
    assert percentile([7.0], 95) == 7.0
