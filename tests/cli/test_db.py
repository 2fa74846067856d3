"""`dialplane db partition`, and what doctor says of it."""

import json
from typing import Any

import pytest

from cli.health import Verdict
from cli.health_data import partitions, replica
from cli.site import open_site
from storage.partitioning.convert import Layout, layout_of
from storage.partitioning.months import Month
from storage.partitioning.upkeep import Standing
from storage.replica import Judged

NEXT = Month(2026, 12)


def test_an_embedded_site_is_told_that_it_needs_none(run: Any, site: Any) -> None:
    ran = run("db", "partition")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("Partitions are PostgreSQL's; this site's database is SQLite")


def test_a_site_is_partitioned_once(
    run: Any, home: Any, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALPLANE_DATABASE_URL", postgres_url)
    assert run("init").code == 0
    told = json.loads(run("db", "partition", "--customers", "2", "--json").out)
    assert told["partitioned"] == ["attempts", "attempt_events", "customers"]
    assert len(told["months"]) == 8  # the present one, and three ahead, of two tables
    assert run("db", "partition").out == (
        "Everything is partitioned already, and the months ahead are there.\n"
    )
    other = run("db", "partition", "--customers", "3")
    assert (other.code, other.out) == (3, "")
    assert "in 2 partitions already" in other.err
    with open_site() as opened, opened.store.reading() as connection:
        assert layout_of(connection) == Layout(True, 2)
    findings = json.loads(run("doctor", "--json").out)["findings"]
    [found] = [each for each in findings if each["part"] == "partitions"]
    assert found["verdict"] == "ok"
    assert run("init").code == 0


def test_doctor_tells_when_no_month_is_ahead() -> None:
    assert partitions(Standing(NEXT.next, [], False)).verdict is Verdict.OK
    late = partitions(Standing(NEXT, [NEXT, NEXT.next], True))
    assert late.verdict is Verdict.WARNING
    assert late.words == (
        "calls are kept by month, and the months until 2026_12 are there; "
        "not there: 2026_12, 2027_01; some calls are in no month's partition"
    )
    assert "dialplane db partition" in late.mend


def test_doctor_tells_of_a_replica(
    run: Any, home: Any, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert replica(Judged(0.25), "postgresql://db2/site").words == (
        "postgresql://db2/site is 0.2 s behind"
    )
    monkeypatch.setenv("DIALPLANE_DATABASE_URL", postgres_url)
    monkeypatch.setenv("DIALPLANE_REPLICA_URL", "postgresql://nobody:s3cret@127.0.0.1:1/site")
    assert run("init").code == 0
    assert run("leads", "list").code == 0  # from the database itself
    ran = run("doctor", "--json")
    [found] = [each for each in json.loads(ran.out)["findings"] if each["part"] == "replica"]
    assert found["verdict"] == "warning"
    assert "it does not answer" in found["words"]
    assert "s3cret" not in ran.out
