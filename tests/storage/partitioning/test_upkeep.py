"""The months to come are made before they begin, and what came too early finds its place."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from storage.engine import Store
from storage.errors import DatabaseBusy
from storage.partitioning.convert import partition
from storage.partitioning.months import Month, month_of
from storage.partitioning.upkeep import keep_up, standing
from tests.storage.partitioning.rows import attempt, put

NOW = datetime.now(UTC)
NEXT = month_of(NOW).next


def drop(store: Store, month: Month) -> None:
    with store.writing() as connection:
        for table in ("attempts", "attempt_events"):
            connection.execute(text(f"DROP TABLE {table}_{month.name}"))


def count(store: Store, table: str) -> int:
    with store.reading() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608


def test_an_unpartitioned_database_wants_nothing(plain: Store) -> None:
    assert standing(plain) is None
    assert keep_up(plain) == []


def test_months_that_are_not_there_are_told_of_and_made(plain: Store) -> None:
    partition(plain)
    told = standing(plain)
    assert told is not None
    assert (told.missing, told.stray) == ([], False)
    assert told.until == NEXT.next.next.next
    drop(plain, NEXT.next)
    told = standing(plain)
    assert told is not None
    assert (told.missing, told.until) == ([NEXT.next], NEXT.next)
    made = [f"{table}_{NEXT.next.name}" for table in ("attempts", "attempt_events")]
    assert keep_up(plain) == made
    assert keep_up(plain) == []


def test_rows_without_a_month_are_kept_and_move_once_it_is_made(plain: Store) -> None:
    partition(plain)
    drop(plain, NEXT)
    put(plain, [attempt(NEXT.begins + timedelta(days=1), f"+49{n}") for n in range(20)])
    put(plain, [attempt(datetime(9000, 1, 1, tzinfo=UTC), "+4999")])
    told = standing(plain)
    assert told is not None
    assert told.stray
    keep_up(plain)
    assert count(plain, f"attempts_{NEXT.name}") == 20
    assert count(plain, f"attempt_events_{NEXT.name}") == 40
    assert (count(plain, "attempts_rest"), count(plain, "attempt_events_rest")) == (1, 2)
    with plain.reading() as connection:
        grows = text(
            "SELECT tgenabled FROM pg_trigger WHERE tgname = 'attempt_events_only_grow' "
            "AND tgrelid = 'attempt_events_rest'::regclass"
        )
        assert connection.execute(grows).scalar() in ("O", b"O")


def test_the_upkeep_does_not_wait_for_long(plain: Store) -> None:
    partition(plain)
    drop(plain, NEXT)
    with plain.writing() as connection:
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        connection.execute(text("LOCK TABLE attempts_rest IN ACCESS SHARE MODE"))
        with pytest.raises(DatabaseBusy, match="lock"):
            keep_up(plain)
    assert len(keep_up(plain)) == 2
