"""Pacing decisions: as they were made, around a moment, and no longer than they are kept."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.effects import PacingDecided
from storage.engine import Store
from storage.pacing import after, at_or_before, forget, write_decisions

AT = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


@pytest.fixture
def decided(store: Store) -> Store:
    """Five decisions of one campaign, a minute apart, and one of another."""
    with store.writing() as connection:
        told = [PacingDecided(AT + timedelta(minutes=n), n, f"no. {n}") for n in range(5)]
        write_decisions(connection, "spring", told)
        write_decisions(connection, "autumn", [PacingDecided(AT, 9, "another")])
    return store


def test_decisions_around_a_moment_are_told_newest_first(decided: Store) -> None:
    moment = AT + timedelta(minutes=2)
    assert [d.calls for d in at_or_before(decided, "spring", moment, 2)] == [2, 1]
    assert [d.calls for d in after(decided, "spring", moment, 5)] == [4, 3]
    assert [d.calls for d in after(decided, "spring", AT, 1)] == [1]
    assert after(decided, "spring", AT + timedelta(hours=1), 1) == []


def test_the_oldest_are_let_go_in_portions(decided: Store) -> None:
    before = AT + timedelta(minutes=3)
    assert forget(decided, AT) == 0
    assert forget(decided, before, most=2) == 2
    assert [d.calls for d in at_or_before(decided, "spring", None, 100)] == [4, 3, 2]
    assert forget(decided, before) == 2
    assert [d.calls for d in at_or_before(decided, "spring", None, 100)] == [4, 3]
    assert at_or_before(decided, "autumn", None, 100) == []
    assert forget(decided, before) == 0


def test_nothing_is_let_go_where_there_is_nothing(store: Store) -> None:
    assert forget(store, AT) == 0
