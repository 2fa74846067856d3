"""The do-not-call list."""

from datetime import datetime, timedelta

from sqlalchemy import select

from storage import dnc
from storage.dbtime import read_db_time
from storage.engine import Store
from storage.tables.lists import DO_NOT_CALL, EVERYWHERE

NUMBER = "+493010000001"


def entries(store: Store) -> list[tuple[str, str, datetime | None]]:
    columns = DO_NOT_CALL.c
    with store.reading() as connection:
        rows = connection.execute(select(columns.number, columns.scope, columns.expires_at))
        return sorted((row.number, row.scope, row.expires_at) for row in rows)


def test_add_check_remove(store: Store, now: datetime) -> None:
    assert dnc.add(store, [NUMBER], now, source="phone call") == dnc.Listed(added=1)
    [entry] = dnc.check(store, NUMBER)
    assert (entry.scope, entry.source, entry.added_at) == (EVERYWHERE, "phone call", now)
    assert entry.expires_at is None
    assert dnc.remove(store, NUMBER)
    assert not dnc.remove(store, NUMBER)
    assert dnc.check(store, NUMBER) == []


def test_adding_twice_is_told_and_harmless(store: Store, now: datetime) -> None:
    assert dnc.add(store, [NUMBER, NUMBER], now) == dnc.Listed(added=1)
    assert dnc.add(store, [NUMBER], now) == dnc.Listed(known=1)


def test_scopes_are_entries_of_their_own(store: Store, now: datetime) -> None:
    dnc.add(store, [NUMBER], now)
    dnc.add(store, [NUMBER], now, scope="autumn")
    assert len(entries(store)) == 2
    assert dnc.remove(store, NUMBER, scope="autumn")
    assert entries(store) == [(NUMBER, EVERYWHERE, None)]


def test_an_entry_is_prolonged_and_never_shortened(store: Store, now: datetime) -> None:
    day, week = now + timedelta(days=1), now + timedelta(days=7)
    for given, kept in ((day, day), (week, week), (day, week), (None, None), (day, None)):
        dnc.add(store, [NUMBER], now, expires_at=given)
        assert entries(store) == [(NUMBER, EVERYWHERE, kept)]


def test_what_is_not_a_number_is_told_and_hinders_nothing(store: Store, now: datetime) -> None:
    given = [NUMBER, "0301234567", "+49301\r\n", "'; DROP TABLE leads;--", "+493010000002"]
    listed = dnc.add(store, given, now)
    assert (listed.added, listed.known, listed.refused) == (2, 0, tuple(given[1:4]))


def test_a_long_list_in_batches(store: Store, now: datetime) -> None:
    numbers = [f"+49301{n:07}" for n in range(2500)]
    assert dnc.add(store, iter(numbers), now) == dnc.Listed(added=2500)
    assert dnc.add(store, [*numbers, NUMBER + "9"], now) == dnc.Listed(added=1, known=2500)


def test_who_may_not_be_called_by_whom_and_until_when(store: Store, now: datetime) -> None:
    everywhere, here, there, over, soon_over = (f"+49301000000{n}" for n in range(1, 6))
    dnc.add(store, [everywhere], now)
    dnc.add(store, [here], now, scope="autumn")
    dnc.add(store, [there], now, scope="winter")
    dnc.add(store, [over], now, expires_at=now)
    dnc.add(store, [soon_over], now, expires_at=now + timedelta(microseconds=1))
    asked = [everywhere, here, there, over, soon_over, "+493010000009"]
    with store.reading() as connection:
        assert dnc.forbidden(connection, "autumn", asked, now) == {
            everywhere: None, here: None, soon_over: now + timedelta(microseconds=1)
        }  # fmt: skip
    dnc.add(store, [soon_over], now, scope="autumn", expires_at=now + timedelta(hours=1))
    dnc.add(store, [everywhere], now, scope="autumn", expires_at=now + timedelta(hours=1))
    with store.reading() as connection:
        both = dnc.forbidden(connection, "autumn", [everywhere, soon_over], now)
    assert both == {everywhere: None, soon_over: now + timedelta(hours=1)}


def test_an_entry_counts_from_when_it_could_be_seen(store: Store, now: datetime) -> None:
    """However long its transaction takes, no claim is blamed for what it could not see."""
    with store.writing() as connection:
        new = dnc.put(connection, [NUMBER], now, "a batch")
        begun = read_db_time(connection)
        uncommitted = connection.execute(select(DO_NOT_CALL.c.stored_at)).scalar_one()
    assert uncommitted >= begun + timedelta(seconds=50)
    dnc.seen_by_all(store, new)
    [entry] = dnc.check(store, NUMBER)
    with store.reading() as connection:
        assert entry.stored_at
        assert begun <= entry.stored_at <= read_db_time(connection)


def test_one_that_is_added_by_itself_counts_at_once(store: Store, now: datetime) -> None:
    dnc.add(store, [NUMBER], now)
    [entry] = dnc.check(store, NUMBER)
    with store.reading() as connection:
        assert entry.stored_at
        assert entry.stored_at <= read_db_time(connection)
