"""A site at work beside its CRM, in processes of its own: what changes there is here within
seconds, and what happens here is there."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from lab.wait import until
from storage.customers import look

MAIN = "from cli.main import main; main()"
MAP = """
customers:
  table: people
  id: id
  updated_at: at
  fields: {name: name, stage: status, last_disposition: result}
  values: {stage: {potential: 潜在, high-intent: 高意向}}
results: {table: calls}
"""


@pytest.fixture
def erp(site: Any) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{site.home / 'erp.db'}")
    run(
        engine,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, at TEXT, name TEXT, status TEXT,"
        " result TEXT)",
        "CREATE TABLE calls (idempotency_key TEXT UNIQUE, note TEXT)",
        "INSERT INTO people VALUES (1, '2026-11-28 09:00:00', '王小明', '潜在', NULL)",
    )
    site.configure(
        f'[crms.erp]\nkind = "sql"\nurl = "{engine.url}"\nmap = "erp.yaml"\nevery = 1\n', erp=MAP
    )
    yield engine
    engine.dispose()


@pytest.fixture
def at_work(site: Any, erp: Engine) -> Iterator[None]:
    environ = {**os.environ, "DIALPLANE_HOME": str(site.home)}
    call = [sys.executable, "-P", "-c", MAIN]
    subprocess.run([*call, "init"], env=environ, check=True, capture_output=True, timeout=60)
    log = site.home / "log"
    with log.open("w") as out:
        served = subprocess.Popen(
            [*call, "up"], env=environ, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield
    finally:
        os.killpg(served.pid, signal.SIGTERM)
        served.wait(60)
        sys.stdout.write(Path(log).read_text())


def run(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for each in statements:
            connection.execute(text(each))


def rows(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(query)).scalars())


@pytest.mark.slow
def test_both_ways_by_itself(site: Any, erp: Engine, at_work: None) -> None:
    def known() -> dict[str, Any]:
        found = look.by_external_id(site.store, "erp", "1")
        return look.get(site.store, found) if found else {}

    assert until(lambda: known().get("stage") == "potential", 300), "it was not pulled"
    run(erp, "UPDATE people SET status = '高意向', at = '2026-11-28 09:00:05'")
    assert until(lambda: known()["stage"] == "high-intent", 30), "a change was not pulled"
    key = site.result(known()["id"], 1)
    arrived = until(lambda: rows(erp, "SELECT idempotency_key FROM calls") == [key], 30)
    assert arrived, "a result was not pushed"
