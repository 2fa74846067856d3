"""How far a pull has come, with rows that are seen late and many of one time."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import DateTime, Engine, create_engine, text, update

from campaigns.crm.mapping import moment
from crm_sync.fields import to_column
from storage import pulls
from storage.dbtime import db_time
from storage.tables.deliveries import PULLS

MAP = "customers: {table: people, id: id, updated_at: at, fields: {name: name, stage: stage}}"


class People:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.run("CREATE TABLE people (id INTEGER PRIMARY KEY, at TEXT, name TEXT, stage TEXT)")

    def run(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))

    def put(self, n: int, at: str, name: str) -> None:
        self.run(f"INSERT INTO people VALUES ({n}, '2026-11-28 {at}', '{name}', NULL)")  # noqa: S608


@pytest.fixture
def people(site: Any) -> Any:
    engine = create_engine(f"sqlite:///{site.home / 'erp.db'}")
    site.configure(f'[crms.erp]\nkind = "sql"\nurl = "{engine.url}"\nmap = "erp.yaml"\n', erp=MAP)
    yield People(engine)
    engine.dispose()


def pass_by(site: Any, seconds: float) -> None:
    """So much time goes by."""
    with site.store.writing() as connection:
        row = connection.execute(PULLS.select()).one()
        then = timedelta(seconds=seconds)
        told = {"marked_at": row.marked_at - then, "pulled_at": row.pulled_at - then}
        connection.execute(update(PULLS).values(**told, next_at=db_time()))


def test_a_row_that_is_committed_late_is_not_lost_where_pulls_are_seldom(
    site: Any, people: People
) -> None:
    people.put(1, "09:00:30", "王小明")
    assert site.pull().rows == 1
    people.put(2, "09:00:10", "迟到")  # its transaction began before, and was slow
    pass_by(site, 300)
    assert site.pull(overlap=60.0).came["created"] == 1
    pass_by(site, 300)
    assert site.pull(overlap=60.0).rows == 0  # by now nothing can be late


def test_a_row_of_a_time_to_come_is_not_the_last_that_is_pulled(site: Any, people: People) -> None:
    people.put(1, "09:00:00", "王小明")
    people.run("INSERT INTO people VALUES (2, '2099-01-01 00:00:00', '来自未来', NULL)")
    people.run("INSERT INTO people VALUES (3, 'no time', '没有时间', NULL)")
    report = site.pull()
    assert report.came["created"] == 3
    assert report.sentence.startswith("2 has changed more than a day ahead of our clock")
    assert pulls.progress(site.store)["erp"].mark_at == "2026-11-28 09:00:00"
    people.put(4, "09:00:01", "李雷")
    assert site.pull(overlap=0.0).came["created"] == 1


def test_many_rows_of_one_time_are_not_read_for_ever(site: Any, people: People) -> None:
    rows = ", ".join(f"({n}, '2026-11-28 09:00:00', '客户{n}', NULL)" for n in range(1, 452))
    people.run(f"INSERT INTO people VALUES {rows}")  # noqa: S608
    assert site.pull().rows == 451  # three pages
    for _ in range(3):
        pass_by(site, 40)
        site.pull(overlap=60.0)
    assert site.pull(overlap=60.0).rows == 0
    assert pulls.progress(site.store)["erp"].mark_id == "451"


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The worker's machine is not on UTC."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("zone", ["", "Asia/Shanghai"])
def test_times_without_a_zone_mean_the_same_on_every_machine(far_away: None, zone: str) -> None:
    kind = DateTime()
    assert to_column(kind, "2026-11-28T09:00:00", zone) == datetime(2026, 11, 28, 9)  # noqa: DTZ001
    hour = 17 if zone else 9
    told = to_column(kind, "2026-11-28T09:00:00+00:00", zone)
    assert told == datetime(2026, 11, 28, hour)  # noqa: DTZ001
    read = moment("2026-11-28 17:00:00", zone)
    assert read == datetime(2026, 11, 28, 9 if zone else 17, tzinfo=UTC)


def test_a_crm_on_local_time_is_not_always_the_later(site: Any) -> None:
    engine = create_engine(f"sqlite:///{site.home / 'erp.db'}")
    settings = f'[crms.erp]\nkind = "sql"\nurl = "{engine.url}"\nmap = "erp.yaml"\n'
    site.configure(settings, erp=MAP.replace("id: id,", "id: id, zone: Asia/Shanghai,"))
    people = People(engine)
    local = datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(hours=1)
    people.run(f"INSERT INTO people VALUES (1, '{local:%Y-%m-%d %H:%M:%S}', '王', 'potential')")  # noqa: S608
    site.pull()
    mine = site.customer("1")["id"]
    site.change(mine, stage="won")
    site.push()
    people.run(f"UPDATE people SET stage = 'high-intent', at = '{local:%Y-%m-%d %H:%M:%S}'")  # noqa: S608
    site.pull(again=True)
    assert site.customer("1")["stage"] == "won"  # ours is an hour later
    engine.dispose()
