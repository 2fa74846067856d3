"""What the guard counts, by the database: the same as Python counts, to the microsecond."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select, text

from campaigns.guard import Tally
from campaigns.outcomes import Outcome
from campaigns.periods import Period, days
from campaigns.spec.campaign import Campaign
from storage.attempts import filed, waited
from storage.durations import _microseconds
from storage.engine import Store
from storage.tables.attempts import ATTEMPTS
from storage.tallies import so_far, tallies

NEW_YORK = ZoneInfo("America/New_York")
CLOCKS_BACK = datetime(2026, 11, 1, 12, tzinfo=NEW_YORK)  # a day of 25 hours
DAYS = days("2026-10-30", "2026-11-03")
DISPOSITIONS = [
    {"name": "sale"},
    {"name": "voicemail", "machine": True},
    {"name": "fax", "machine": True},
]
BLANK = dict.fromkeys(ATTEMPTS.c.keys()) | {
    "campaign_version": 1, "node": "main", "trunk": "carrier", "caller_id": "+12125550100",
    "token": 1, "state": "ended", "reason": "", "cause": "", "party": "", "note": "",
}  # fmt: skip


@pytest.fixture
def campaign_of(make_campaign: Callable[..., Campaign]) -> Callable[..., Campaign]:
    """A campaign in New York, under these rules of abandonment."""

    def make(zone: str = "America/New_York", **abandonment: Any) -> Campaign:
        windows = {"timezone": zone, "hours": [{"from": "00:00", "to": "24:00"}]}
        return make_campaign(windows=windows, dispositions=DISPOSITIONS, abandonment=abandonment)

    return make


def history(rng: Random, within: float, count: int = 400) -> list[dict[str, Any]]:
    """Attempts around the ends of days, that waited for about as long as the law allows."""
    edges = [datetime(2026, 10, 31, tzinfo=NEW_YORK) + timedelta(days=n) for n in range(4)]
    return [_attempt(rng, n, rng.choice(edges), within) for n in range(count)]


def _attempt(rng: Random, number: int, edge: datetime, within: float) -> dict[str, Any]:
    near = rng.choice([timedelta(microseconds=rng.randint(-2, 2)), rng.random() * timedelta(1)])
    placed = edge.astimezone(UTC) + near
    row = BLANK | {
        "id": UUID(int=rng.getrandbits(128), version=4),
        "lead_id": UUID(int=number),
        "customer_id": UUID(int=number),
        "number": f"+1212555{number:04d}",
        "campaign": rng.choice(["autumn", "autumn", "autumn", "winter"]),
        "placed_at": placed,
        "outcome": rng.choice(["connected", "abandoned", "no_answer", ""]),
        "disposition": rng.choice(["sale", "voicemail", "fax", ""]),
        "disposed_at": rng.choice([None, placed]),
        "ended_at": placed + timedelta(minutes=5),
    }
    live_at = placed + timedelta(microseconds=rng.randint(0, 30_000_000))
    for told in ("answered_at", "classified_at"):
        row[told] = rng.choice([None, live_at])
    if rng.random() < 0.7:
        row["connected_at"] = live_at + _wait(rng, within)
    return row


def _wait(rng: Random, within: float) -> timedelta:
    least = timedelta(microseconds=rng.randint(-1, 1))
    return least + rng.choice(
        [timedelta(seconds=within), timedelta(0), rng.random() * timedelta(1)]
    )


def counted(rows: list[Any], campaign: Campaign) -> dict[str, Tally]:
    """As Python has it, row by row."""
    found: dict[str, Tally] = defaultdict(Tally)
    for row in rows:
        day = row.placed_at.astimezone(NEW_YORK).date().isoformat()
        found[day].day = day
        found[day].count(
            waited(row),
            campaign.abandonment.answer_within,
            machine=campaign.is_machine(filed(row)),
            abandoned=row.outcome == Outcome.ABANDONED,
        )
    return {day: tally for day, tally in found.items() if tally.live or tally.machines}


@pytest.mark.parametrize("within", [2.0, 1.5, 0.5000004, 2.0000006, 3.3, 10])
def test_the_database_counts_as_python_does(
    store: Store, campaign_of: Callable[..., Campaign], within: float
) -> None:
    campaign = campaign_of(answer_within=within)
    with store.writing() as connection:
        connection.execute(ATTEMPTS.insert(), history(Random(f"tally/{within}"), within))
    with store.reading() as connection:
        every = select(ATTEMPTS).where(ATTEMPTS.c.campaign == "autumn")
        expected = counted(list(connection.execute(every)), campaign)
    found = {tally.day: tally for tally in tallies(store, campaign, DAYS)}
    assert found == expected
    assert sum(tally.late for tally in found.values()) > 20
    assert sum(tally.machines for tally in found.values()) > 20
    assert len(found) == 5


@given(st.floats(0.5, 10), st.integers(-3, 3))
def test_the_longest_lawful_wait_is_pythons(seconds: float, off: int) -> None:
    wait = timedelta(microseconds=round(seconds * 1e6) + off)
    longer = wait // timedelta(microseconds=1) > _microseconds(seconds)
    assert longer == (wait.total_seconds() > seconds)


def test_without_a_disposition_for_machines_all_are_people(
    store: Store, make_campaign: Callable[..., Campaign]
) -> None:
    windows = {"timezone": "America/New_York", "hours": [{"from": "00:00", "to": "24:00"}]}
    campaign = make_campaign(windows=windows)
    with store.writing() as connection:
        connection.execute(ATTEMPTS.insert(), history(Random(3), 2.0, 50))
    assert sum(tally.machines for tally in tallies(store, campaign, DAYS)) == 0
    assert sum(tally.live for tally in tallies(store, campaign, DAYS)) > 10


def test_what_a_period_has_come_to_so_far(
    store: Store, campaign_of: Callable[..., Campaign]
) -> None:
    with store.writing() as connection:
        connection.execute(ATTEMPTS.insert(), history(Random(4), 2.0))
    window = {"days": 3, "from": "2026-10-31"}
    by_day = {t.day: t.live for t in tallies(store, campaign_of(), DAYS)}
    period, tally = so_far(store, campaign_of(window=window), CLOCKS_BACK)
    assert period == Period("2026-10-31", "2026-11-02")
    assert tally.live == sum(by_day[day] for day in period.days)
    period, tally = so_far(store, campaign_of(), CLOCKS_BACK)
    assert (period, tally.live) == (Period("2026-11-01", "2026-11-01"), by_day["2026-11-01"])


def test_an_index_of_their_own_finds_them(
    store: Store, campaign_of: Callable[..., Campaign]
) -> None:
    """Thanks to it, a million attempts in a block are counted in half a second."""
    asked: list[Any] = []

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, *_more: Any) -> None:
        asked.append((statement, given))

    event.listen(store.engine, "before_cursor_execute", note)
    tallies(store, campaign_of(), DAYS[:1])
    event.remove(store.engine, "before_cursor_execute", note)
    [(statement, given)] = [each for each in asked if "attempts" in each[0]]
    explain = "EXPLAIN QUERY PLAN" if store.is_sqlite else "EXPLAIN"
    with store.writing() as connection:
        if not store.is_sqlite:  # there is hardly a row to look for
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = connection.exec_driver_sql(f"{explain} {statement}", given).all()
    assert "ix_attempts_picked_up" in str(plan)
