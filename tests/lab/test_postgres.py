"""PostgreSQL: started, stopped, killed; the machine's programs and fetched ones."""

import os
from pathlib import Path

import psycopg
import pytest

from lab.account import Account
from lab.postgres import Postgres, fetched_programs, start


def _ask(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_each_test_has_an_empty_database(postgres: Postgres, postgres_url: str) -> None:
    assert _ask(postgres_url, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []
    assert postgres.fresh() != postgres_url


def test_it_keeps_text_as_it_is(postgres_url: str) -> None:
    assert _ask(postgres_url, "SELECT 'Łódź 杭州'") == [("Łódź 杭州",)]


def test_committed_rows_outlive_a_kill() -> None:
    with start(durable=True) as server:
        url = server.create("kept")
        assert _ask(url, "SHOW fsync") == [("on",)]
        _ask(url, "CREATE TABLE t AS SELECT 7 AS n")
        server.kill()
        server.start()
        assert _ask(url, "SELECT n FROM t") == [(7,)]
        server.restart()
        assert _ask(url, "SELECT n FROM t") == [(7,)]
    assert not server.run_dir.exists()


@pytest.mark.long  # a fresh clone of CI does it anyway
@pytest.mark.postgres
def test_a_machine_without_postgresql_fetches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.postgres.find_programs", fetched_programs)
    with start() as server:
        assert "PostgreSQL" in str(_ask(server.fresh(), "SELECT version()"))


def test_root_hands_it_to_an_account_that_can_reach_it(tmp_path: Path) -> None:
    account = Account.unprivileged()
    assert account.uid != 0
    tmp_path.chmod(0o700)
    assert account.reaches(tmp_path / "root") == (os.geteuid() != 0)
    assert account.reaches(Path("/usr/bin/env"))
