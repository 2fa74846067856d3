"""What the inspector looks at: the last hour now, the month by the day."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from storage.dbtime import read_db_time
from storage.engine import Store
from storage.errors import DatabaseUnavailable
from storage.tables.attempts import ATTEMPTS
from workers.bench.core import campaign
from workers.bench.site import filled, opened
from workers.inspecting import AGAIN, DAY, Inspector, pause

MINUTE = timedelta(minutes=1)
Strike = Callable[[datetime], None]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A site's database with two live attempts."""
    with opened(f"sqlite:///{tmp_path / 'dialplane.db'}") as store:
        site = filled(store, campaign("progressive", 2), leads=2)
        assert len(site.claim(site.candidates(2), at_once=2)) == 2
        yield store


@pytest.fixture
def clock(store: Store, monkeypatch: pytest.MonkeyPatch) -> "Clock":
    clock = Clock(store)
    monkeypatch.setattr("workers.inspecting.read_db_time", lambda _connection: clock.now)
    return clock


@pytest.fixture
def inspector(store: Store, clock: "Clock") -> Inspector:
    return Inspector(lambda: store)


@pytest.fixture
def strike(store: Store) -> Strike:
    """`strike(placed_at)`: all attempts were placed then, and are live with a result (I2)."""
    return lambda placed_at: _change(store, placed_at=placed_at, outcome="busy")


class Clock:
    """The database's, which can be put on."""

    def __init__(self, store: Store) -> None:
        with store.reading() as connection:
            self.now = read_db_time(connection)


def _change(store: Store, **changes: Any) -> None:
    with store.writing() as connection:
        connection.execute(update(ATTEMPTS).values(changes))


def test_the_last_hour_is_looked_at_first_and_then_the_month(
    inspector: Inspector, clock: Clock, strike: Strike
) -> None:
    strike(clock.now - AGAIN - MINUTE)
    assert inspector.found is None
    inspector.check()
    assert inspector.found == {}
    inspector.check()
    assert inspector.found == {"I2": 2}


def test_what_was_found_stays_until_the_month_is_looked_at_again(
    inspector: Inspector, clock: Clock, store: Store, strike: Strike
) -> None:
    for _ in range(2):
        inspector.check()
    strike(clock.now)
    inspector.check()
    assert inspector.found == {"I2": 2}
    _change(store, outcome="")
    clock.now += DAY - MINUTE
    inspector.check()
    assert inspector.found == {"I2": 2}
    clock.now += MINUTE
    inspector.check()
    assert inspector.found == {}


def test_a_check_reaches_back_to_an_hour_before_the_last_one(
    inspector: Inspector, clock: Clock, strike: Strike
) -> None:
    for _ in range(2):
        inspector.check()
    strike(clock.now - AGAIN + MINUTE)
    clock.now += 5 * AGAIN
    inspector.check()
    assert inspector.found == {"I2": 2}


def test_what_nobody_could_look_at_is_looked_at_later(
    store: Store, clock: Clock, strike: Strike
) -> None:
    away: list[Store] = [store]

    def open_it() -> Store:
        if not away:
            raise DatabaseUnavailable("it is away")
        return away[0]

    inspector = Inspector(open_it)
    for _ in range(2):
        inspector.check()
    seen = inspector.at
    strike(clock.now)
    away.clear()
    clock.now += 5 * AGAIN
    inspector.check()
    assert (inspector.found, inspector.at) == ({}, seen)
    away.append(store)
    inspector.check()
    assert inspector.found == {"I2": 2}


def test_checks_leave_the_database_to_others_for_most_of_the_time() -> None:
    assert pause(took=2.0) == 600
    assert pause(took=60.0) == pytest.approx(60 * 19)
