"""A database in use is made a partitioned one, and nothing of it is lost, refused or forgotten."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Select, func, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from campaigns.orders import CampaignState
from storage import campaigns
from storage.engine import Store, open_store
from storage.errors import Refused, StorageError
from storage.invariants.check import broken
from storage.leases import acquire, release
from storage.migrate import configuration, create_or_upgrade
from storage.partitioning.catalog import months_of
from storage.partitioning.convert import Layout, layout_of, partition
from storage.partitioning.months import month_of
from storage.tables.all import TABLES
from storage.tables.attempts import ATTEMPT_EVENTS, ATTEMPTS
from storage.tables.people import CUSTOMERS
from tests.storage.partitioning.rows import attempt, place, put

NOW = datetime.now(UTC)
LAST_MONTH = month_of(NOW).begins - timedelta(days=2)
FAR = datetime(9000, 1, 1, tzinfo=UTC)


def migrate(store: Store, name: str, *arguments: str) -> None:
    with store.writing() as connection:
        getattr(command, name)(configuration(connection), *arguments)


def where(connection: Connection) -> dict[str, int]:
    """How many attempts lie in which partition."""
    query = text("SELECT tableoid::regclass::text, count(*) FROM attempts GROUP BY 1")
    return {row[0]: row[1] for row in connection.execute(query)}


def indexes_of(store: Store) -> set[str]:
    with store.reading() as connection:
        return {str(index["name"]) for index in inspect(connection).get_indexes("attempts")}


def test_what_is_there_stays_and_becomes_the_first_partition(plain: Store) -> None:
    put(plain, [attempt(LAST_MONTH, "+491"), attempt(NOW, "+492"), attempt(FAR, "+493")])
    indexes = indexes_of(plain)
    made = partition(plain)
    assert made.tables == ["attempts", "attempt_events"]
    assert made.months == [
        f"{table}_{month}" for table in made.tables for month in _ahead(month_of(NOW))
    ]
    with plain.reading() as connection:
        assert where(connection) == {"attempts_before": 2, "attempts_rest": 1}
        assert connection.execute(select(func.count(ATTEMPT_EVENTS.c.seq))).scalar() == 6
    put(plain, [attempt(_ahead_of_now(), "+494")])
    with plain.reading() as connection:
        assert where(connection)[f"attempts_{month_of(_ahead_of_now()).name}"] == 1
        seqs = connection.execute(select(ATTEMPT_EVENTS.c.seq)).scalars().all()
        assert sorted(seqs) == list(range(1, 9))  # counted on
    assert indexes - indexes_of(plain) == {"uq_attempts_live_number"}
    with plain.reading() as connection:  # the views read the table that is now
        assert connection.execute(text("SELECT count(*) FROM invariant_i10")).scalar() == 4
    assert len(broken(plain)["I10"]) == 4


def test_an_empty_database_has_the_present_month_by_itself(plain: Store) -> None:
    partition(plain)
    put(plain, [attempt(NOW, "+491")])
    with plain.reading() as connection:
        assert where(connection) == {f"attempts_{month_of(NOW).name}": 1}


def test_twice_is_as_once(plain: Store) -> None:
    partition(plain, customers=3)
    with plain.reading() as connection:
        before = [months_of(connection, table) for table in ("attempts", "attempt_events")]
    again = partition(plain, customers=3)
    assert (again.tables, again.months) == ([], [])
    with plain.reading() as connection:
        assert before == [months_of(connection, t) for t in ("attempts", "attempt_events")]
        assert layout_of(connection) == Layout(True, 3)
    with pytest.raises(Refused, match="in 3 partitions already"):
        partition(plain, customers=4)


def test_the_models_agree_and_every_migration_goes_down_and_up(plain: Store) -> None:
    put(plain, [attempt(NOW, "+491")])
    partition(plain, customers=2)
    migrate(plain, "check")
    for _ in ScriptDirectory.from_config(configuration()).walk_revisions():
        migrate(plain, "downgrade", "-1")
    with plain.reading() as connection:
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
    create_or_upgrade(plain)
    migrate(plain, "check")


def test_a_later_migration_reaches_every_partition(plain: Store) -> None:
    put(plain, [attempt(LAST_MONTH, "+491")])
    partition(plain)
    with plain.writing() as connection:
        connection.execute(text("ALTER TABLE attempts ADD COLUMN colour TEXT DEFAULT 'red'"))
        connection.execute(text("CREATE INDEX ix_attempts_colour ON attempts (colour)"))
    with plain.reading() as connection:
        colours = text("SELECT DISTINCT colour FROM attempts_before")
        assert connection.execute(colours).scalars().all() == ["red"]


def test_sqlite_is_told_what_it_would_take(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'site.db'}")
    create_or_upgrade(store)
    with pytest.raises(Refused, match="Partitions are PostgreSQL's; this site's database is SQLit"):
        partition(store)
    store.close()


def test_nobody_dials_meanwhile(plain: Store, campaign: Any) -> None:
    campaigns.apply(plain, campaign, "name: autumn", NOW)
    campaigns.set_wanted(plain, campaign.name, CampaignState.RUNNING, NOW)
    lease = acquire(plain, campaign.name, "worker", ttl=60)
    assert lease is not None
    with pytest.raises(Refused, match="Workers dial now: autumn"):
        partition(plain)
    with plain.reading() as connection:
        assert layout_of(connection) == Layout(False, 0)
    release(plain, lease)
    partition(plain)
    assert acquire(plain, campaign.name, "worker", ttl=60)
    assert partition(plain).tables == []  # and what is done already asks nobody to stop


def test_one_that_breaks_off_leaves_nothing(plain: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(plain, [attempt(NOW, "+491")])

    def fail(*_: object) -> None:
        raise StorageError("the machine stops here")

    monkeypatch.setattr("storage.partitioning.convert.create_views", fail)
    with pytest.raises(StorageError, match="stops here"):
        partition(plain, customers=2)
    with plain.reading() as connection:
        assert layout_of(connection) == Layout(False, 0)
        assert set(inspect(connection).get_table_names()) - {"alembic_version"} == {
            table.name for table in TABLES
        }
    migrate(plain, "check")
    monkeypatch.undo()
    assert partition(plain).tables == ["attempts", "attempt_events"]


def test_history_still_only_grows(plain: Store) -> None:
    put(plain, [attempt(LAST_MONTH, "+491")])
    partition(plain)
    put(plain, [attempt(NOW, "+492")])
    for change in ("UPDATE attempt_events SET what = 'x'", "DELETE FROM attempt_events"):
        refused = (DBAPIError, StorageError)
        with pytest.raises(refused, match="only be added to"), plain.writing() as connection:
            connection.execute(text(change))


def test_who_may_read_may_still(plain: Store) -> None:
    with plain.writing() as connection:
        connection.execute(text("GRANT SELECT ON attempts TO pg_monitor, PUBLIC"))
    query = text("SELECT relacl::text FROM pg_class WHERE relname = 'attempts'")
    with plain.reading() as connection:
        before = connection.execute(query).scalar_one()
    partition(plain)
    with plain.reading() as connection:
        after = connection.execute(query).scalar_one()
    assert set(after.strip("{}").split(",")) == set(before.strip("{}").split(","))


@pytest.mark.parametrize(("first", "second"), [(-30, 30), (-86_400, 3000), (30, 60)])
def test_a_number_is_on_one_call_also_over_the_end_of_a_month(
    plain: Store, first: float, second: float
) -> None:
    """`first`, `second`: seconds from the turn of the month at which it is to be called."""
    partition(plain)
    turn = month_of(NOW).next.begins
    one = attempt(turn + timedelta(seconds=first), "+491", live=True)
    two = attempt(turn + timedelta(seconds=second), "+491", live=True)
    assert place(plain, one)
    assert not place(plain, two)
    assert place(plain, attempt(two["placed_at"], "+492", live=True))
    with plain.writing() as connection:
        ended = ATTEMPTS.update().where(ATTEMPTS.c.id == one["id"]).values(ended_at=NOW)
        connection.execute(ended)
    assert place(plain, two)


def test_two_who_call_a_number_at_the_turn_of_a_month_do_not_both(plain: Store) -> None:
    partition(plain)
    turn = month_of(NOW).next.begins
    with plain.writing() as connection:  # not committed yet
        connection.execute(insert(ATTEMPTS), attempt(turn - timedelta(0, 5), "+491", live=True))
        assert not place(plain, attempt(turn + timedelta(0, 5), "+491", live=True))


def test_customers_by_hash_keep_their_leads_and_numbers(
    plain: Store, campaign: Any, fill_plain: Callable[[int], None]
) -> None:
    fill_plain(50)
    with plain.reading() as connection:
        before = connection.execute(select(CUSTOMERS).order_by(CUSTOMERS.c.id)).all()
    assert partition(plain, customers=16).tables[-1] == "customers"
    with plain.reading() as connection:
        assert connection.execute(select(CUSTOMERS).order_by(CUSTOMERS.c.id)).all() == before
        parts = text("SELECT count(DISTINCT tableoid) FROM customers")
        assert 4 < connection.execute(parts).scalar_one() <= 16
        plan = _plan(connection, select(CUSTOMERS).where(CUSTOMERS.c.id == before[0].id))
        assert len(_scanned(plan, "customers_")) == 1
    with pytest.raises(StorageError), plain.writing() as connection:  # leads still need theirs
        connection.execute(CUSTOMERS.delete().where(CUSTOMERS.c.id == before[0].id))
    fill_plain(60)
    with plain.reading() as connection:
        counted = select(func.count(), func.count(CUSTOMERS.c.number.distinct()))
        assert connection.execute(counted.select_from(CUSTOMERS)).one() == (60, 60)


def test_a_question_that_names_an_id_or_a_past_time_reads_one_partition(plain: Store) -> None:
    from storage.partitioning.upkeep import close_past, make_ahead  # noqa: PLC0415

    partition(plain)
    later = month_of(NOW).next.next.next.next.begins
    with plain.writing() as connection:
        for table in ("attempts", "attempt_events"):
            make_ahead(connection, table, later)
    months = [month_of(NOW).next, month_of(NOW).next.next]
    rows = [attempt(m.begins + timedelta(days=d), f"+49{d}") for m in months for d in range(2, 25)]
    put(plain, rows)
    names = [f"attempts_{month.name}" for month in months]
    assert close_past(plain, later) == names
    assert close_past(plain, later) == []
    with plain.reading() as connection:
        by_id = _plan(connection, select(ATTEMPTS).where(ATTEMPTS.c.id == rows[0]["id"]))
        events = select(ATTEMPT_EVENTS).where(ATTEMPT_EVENTS.c.attempt_id == rows[-1]["id"])
        of_one = _plan(connection, events)
        at = months[1].begins + timedelta(days=5)
        period = ATTEMPTS.c.placed_at.between(at, at + timedelta(days=2))
        by_time = _plan(connection, select(ATTEMPTS).where(period))
    assert _scanned(by_id, "attempts_") == {names[0]}
    assert _scanned(of_one, "attempt_events_") == {f"attempt_events_{months[1].name}"}
    assert names[1] in _scanned(by_time, "attempts_")
    assert names[0] not in _scanned(by_time, "attempts_")


@pytest.fixture
def fill_plain(plain: Store) -> Callable[[int], None]:
    """Import so many leads, each of a customer."""
    from storage.imports import import_leads  # noqa: PLC0415
    from storage.lead_rows import NewLead  # noqa: PLC0415

    def fill(count: int) -> None:
        leads = [NewLead(number=f"+49301{n:07}", zones=("Europe/Berlin",)) for n in range(count)]
        import_leads(plain, "first", leads, NOW)

    return fill


def _plan(connection: Connection, query: Select[Any]) -> str:
    """As PostgreSQL plans a query of ours, with its values."""
    ran = query.compile(connection, compile_kwargs={"literal_binds": True})
    return "\n".join(connection.execute(text(f"EXPLAIN {ran}")).scalars())


def _scanned(plan: str, prefix: str) -> set[str]:
    """The tables of a plan that begin so."""
    scans = [line for line in plan.splitlines() if " on " in line and "Bitmap Index" not in line]
    names = {line.split(" on ")[1].split()[0] for line in scans}
    return {name for name in names if name.startswith(prefix)}


def _ahead(month: Any) -> list[str]:
    return [month.next.name, month.next.next.name, month.next.next.next.name]


def _ahead_of_now() -> datetime:
    return month_of(NOW).next.begins + timedelta(days=3)
