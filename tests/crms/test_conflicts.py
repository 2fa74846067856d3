"""Stage and owner, which both sides change, while one has not heard of the other's yet."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, text, update

from storage.dbtime import db_time
from storage.tables.changes import CUSTOMER_CHANGES

MAP = """
customers:
  table: people
  id: id
  updated_at: at
  fields: {name: name, stage: stage, last_disposition: result}
"""


@pytest.fixture
def wang(site: Any) -> Any:
    """A customer whom both sides know, in stage potential."""
    engine = create_engine(f"sqlite:///{site.home / 'erp.db'}")
    site.configure(f'[crms.erp]\nkind = "sql"\nurl = "{engine.url}"\nmap = "erp.yaml"\n', erp=MAP)

    class Wang:
        def run(self, statement: str, **given: Any) -> None:
            with engine.begin() as connection:
                connection.execute(text(statement), given)

        def put(self, hours: int, **columns: str) -> None:
            """The CRM's people change something, so many hours from now by its clock."""
            at = f"{datetime.now(UTC) + timedelta(hours=hours):%Y-%m-%d %H:%M:%S}"
            sets = ", ".join(f"{name} = :{name}" for name in columns)
            self.run(f"UPDATE people SET at = :at, {sets}", at=at, **columns)  # noqa: S608

        @property
        def row(self) -> dict[str, Any]:
            with engine.connect() as connection:
                return dict(connection.execute(text("SELECT * FROM people")).mappings().one())

    made = Wang()
    made.run("CREATE TABLE people (id INTEGER PRIMARY KEY, at TEXT, name TEXT, stage TEXT,"
             " result TEXT)")  # fmt: skip
    made.run("INSERT INTO people VALUES (1, '2026-11-28 09:00:00', '王小明', 'potential', NULL)")
    site.pull()
    yield made
    engine.dispose()


def heed(site: Any) -> None:
    """Rules have had their turn."""
    with site.store.writing() as connection:
        connection.execute(update(CUSTOMER_CHANGES).values(heeded_at=db_time()))


@pytest.mark.parametrize("heeded", [True, False])
def test_a_row_that_changed_elsewhere_brings_no_old_stage_back(
    site: Any, wang: Any, heeded: bool
) -> None:
    mine = site.customer("1")["id"]
    site.change(mine, stage="won")  # and the CRM has not heard of it
    if heeded:
        heed(site)
    wang.put(1, name="王小明明")
    site.pull()
    assert (site.customer("1")["name"], site.customer("1")["stage"]) == ("王小明明", "won")
    site.push()
    assert wang.row["stage"] == "won"


def test_what_we_told_of_a_call_makes_no_old_stage_new(site: Any, wang: Any) -> None:
    wang.run("CREATE TRIGGER touched AFTER UPDATE OF result ON people BEGIN"
             " UPDATE people SET at = datetime('now', '+1 minute'); END")  # fmt: skip
    mine = site.customer("1")["id"]
    site.result(mine, 1)
    site.push()
    assert wang.row["at"] > "2026-11-28 09:00:00"  # it is a change there
    site.change(mine, stage="won")
    heed(site)
    site.pull()
    assert site.customer("1")["stage"] == "won"


def test_a_stage_that_the_crm_did_change_counts_by_its_time(site: Any, wang: Any) -> None:
    mine = site.customer("1")["id"]
    site.change(mine, stage="won")
    heed(site)
    wang.put(1, stage="high-intent")
    site.pull()
    assert site.customer("1")["stage"] == "high-intent"
    site.push()
    assert wang.row["stage"] == "high-intent"


def test_once_it_has_heard_of_ours_it_may_take_that_back(site: Any, wang: Any) -> None:
    site.change(site.customer("1")["id"], stage="won")
    heed(site)
    site.push()
    assert wang.row["stage"] == "won"
    wang.put(1, stage="potential")
    site.pull()
    assert site.customer("1")["stage"] == "potential"
