"""Each invariant is broken on purpose and found, by the check and by its view; what is only nearly
so is not. The rows are forged: no way through the program leads there."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, table, text, update
from sqlalchemy.dialects import mysql

from campaigns.effects import AttemptEnded, AttemptNoted
from campaigns.leads import Attempt, Candidate
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from connectors.calls import EndReason
from storage import dnc
from storage.engine import Store
from storage.ids import new_id
from storage.invariants.check import FIRST, broken, check, offenders
from storage.invariants.declared import INVARIANTS
from storage.invariants.views import view_of
from storage.leases import Lease
from storage.record import record
from storage.reports import report
from storage.tables.attempts import ATTEMPT_EVENTS, ATTEMPTS
from storage.tables.inbound import INBOUND_CALLS
from storage.tables.lists import DO_NOT_CALL
from storage.tables.people import LEADS
from storage.tables.records import OUTBOX
from storage.trimming import trim

Forge = Callable[..., UUID]
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
TINY = timedelta(microseconds=1)


@pytest.fixture
def three(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
    ended: Callable[..., AttemptEnded],
) -> list[Attempt]:
    """Attempts on three numbers at once, each ten seconds long; a fourth is still live."""
    *over, _ = placed = place(lease, campaign, fill(campaign, 4))
    record(store, lease, campaign, [ended(attempt, Outcome.BUSY) for attempt in over])
    return placed[:3]


@pytest.fixture
def forge(store: Store, three: list[Attempt], now: datetime) -> Forge:
    """Write one more attempt as the first one is, with its history and message: to a number of its
    own, `after` the first was placed; and what else is given. Its id."""

    def write(
        after: timedelta = timedelta(),
        history: tuple[tuple[str, timedelta], ...] = (),
        token: int = 1,
        told: timedelta = timedelta(seconds=10),
        placed: int = 1,
        **changes: Any,
    ) -> UUID:
        with store.writing() as connection:
            of_first = select(ATTEMPTS).where(ATTEMPTS.c.id == three[0].attempt_id)
            first = dict(connection.execute(of_first).mappings().one())
            at = now + after
            own = {"id": new_id(), "lead_id": new_id(), "number": f"+4940{new_id().int % 10**9:09}"}
            times = {
                "placed_at": at,
                "stored_at": at,
                "ended_at": at + 10 * SECOND,
                "open_until": at + DAY,
            }
            row = first | own | times | changes
            connection.execute(insert(ATTEMPTS), row)
            line = {"attempt_id": row["id"], "token": token, "detail": ""}
            lines = [("placed", timedelta(), timedelta())] * placed + [
                ("ended", 10 * SECOND, told) for _ in [row["ended_at"]] if row["ended_at"]
            ]
            lines += [(what, later, later) for what, later in history]
            connection.execute(
                insert(ATTEMPT_EVENTS),
                [
                    line | {"what": w, "at": at + a, "stored_at": now + after + s}
                    for w, a, s in lines
                ],
            )
            message: dict[str, Any] = {
                "kind": "attempt.ended",
                "idempotency_key": f"{row['id']}:ended",
            }
            message |= {"payload": {"attempt_id": str(row["id"])}, "attempts": 1, "last_error": ""}
            connection.execute(
                insert(OUTBOX), {"id": new_id(), "created_at": at, "next_at": at} | message
            )
        return UUID(str(row["id"]))

    return write


def change(store: Store, rows: Any, key: Any, **values: Any) -> None:
    with store.writing() as connection:
        connection.execute(update(rows).where(key).values(**values))


def found(store: Store) -> dict[str, set[UUID]]:
    """Who breaks what; the views and the checks must say the same."""
    by_view = {}
    with store.reading() as connection:
        for invariant in INVARIANTS:
            count = select(func.count()).select_from(table(view_of(invariant)))
            by_view[invariant.name] = connection.execute(count).scalar_one()
    checks = check(store)
    assert {c.name: c.rows for c in checks} == by_view
    return {c.name: {offender.id for offender in c.first} for c in checks if c.rows}


def test_all_is_well(store: Store, three: list[Attempt], forge: Forge) -> None:
    forge()
    assert found(store) == {}
    assert broken(store) == {}
    assert [c.name for c in check(store)] == [f"I{n}" for n in range(1, 11)]


def test_i1_two_live_attempts_on_a_number(
    store: Store, campaign: Campaign, three: list[Attempt], forge: Forge, now: datetime
) -> None:
    number = three[0].order.candidate.number
    gap = {"campaign_version": 7}  # of which nobody knows the gap that is asked between calls
    forge(10 * SECOND, number=number, **gap)
    assert found(store) == {}  # the first ended at 10: back to back is fine
    meanwhile = forge(20 * SECOND - TINY, number=number, **gap)
    assert len(found(store)["I1"]) == 1
    forge(20 * SECOND - TINY, number=number, **gap)
    assert len(found(store)["I1"]) == 2
    assert meanwhile in found(store)["I1"]
    year = now + 365 * DAY
    assert report(store, campaign, year).double_dials == 2
    assert report(store, campaign, year, since=now + 11 * SECOND).double_dials == 1


@pytest.mark.parametrize("column", ["outcome", "disposition"])
def test_i2_an_end_without_a_result(store: Store, forge: Forge, column: str) -> None:
    bad = forge(**{column: ""})
    assert found(store) == {"I2": {bad}}


def test_i2_a_result_without_an_end(store: Store, forge: Forge) -> None:
    bad = forge(ended_at=None)
    assert found(store)["I2"] == {bad}
    assert "it has a result, and has not ended" in broken(store)["I2"][0]


def test_i2_two_ends_or_none(store: Store, forge: Forge) -> None:
    forge(history=(("corrected", 10 * SECOND), ("disposed", 20 * SECOND)))
    assert found(store) == {}
    twice = forge(history=(("ended", 11 * SECOND),))
    assert found(store) == {"I2": {twice}}


def test_i2_a_result_that_could_not_be_stored_sooner(store: Store, forge: Forge) -> None:
    """Nobody else was called meanwhile, so the database may have been away; afterwards does not
    count."""
    forge(told=41 * SECOND)
    assert found(store) == {}
    forge(100 * SECOND)
    assert found(store) == {}


def test_i2_a_result_that_was_left_behind(store: Store, forge: Forge, now: datetime) -> None:
    """The campaign went on dialling while it was not told. On a clock of its own nobody can say."""
    forge(told=41 * SECOND, stored_at=now - 10 * SECOND - TINY)
    live = forge(ended_at=None, outcome="", disposition="")
    change(store, OUTBOX, OUTBOX.c.idempotency_key == f"{live}:ended", kind="other")
    forge(40 * SECOND + TINY, stored_at=now + 40 * SECOND)
    line = {"attempt_id": live, "what": "ended", "token": 1, "detail": ""}
    ends = line | {"at": now + 10 * SECOND, "stored_at": now + 40 * SECOND + TINY}
    with store.writing() as connection:
        connection.execute(insert(ATTEMPT_EVENTS), ends)
    over = {"ended_at": now + 10 * SECOND, "outcome": "busy", "disposition": "busy"}
    change(store, ATTEMPTS, ATTEMPTS.c.id == live, **over)
    assert found(store) == {"I2": {live}}


def test_i2_and_i7_leads_and_attempts_that_do_not_agree(store: Store, three: list[Attempt]) -> None:
    change(store, LEADS, LEADS.c.id.is_not(None), state="dialling")
    assert set(found(store)) == {"I2"}
    assert check(store, names=["I2"])[0].rows == 3
    change(store, LEADS, LEADS.c.id.is_not(None), state="ready")
    assert set(found(store)) == {"I7"}


def test_i2_an_inbound_call_without_a_result(store: Store, now: datetime) -> None:
    words = dict.fromkeys(("outcome", "disposition", "reason", "cause", "note"), "")
    call = {"id": new_id(), "campaign": "autumn", "campaign_version": 1, "node": "main"}
    call |= {"line": "one", "caller": "", "token": 1, "state": "waiting", "arrived_at": now}
    with store.writing() as connection:
        connection.execute(insert(INBOUND_CALLS), call | words)
    assert found(store) == {}
    change(store, INBOUND_CALLS, INBOUND_CALLS.c.id == call["id"], ended_at=now)
    assert found(store) == {"I2": {call["id"]}}


def test_i3_outside_of_the_hours(store: Store, forge: Forge, now: datetime) -> None:
    forge(open_until=now + TINY)
    forge(open_until=None)  # placed by an earlier program, which did not note it
    assert found(store) == {}
    closed = forge(open_until=now)
    assert found(store) == {"I3": {closed}}


def test_i4_dialled_although_on_do_not_call(store: Store, forge: Forge, now: datetime) -> None:
    kept: dict[str, UUID] = {}
    for name in ("listed", "lapsed", "of another", "too fresh", "never told"):
        number = f"+49301111{len(kept):04}"
        kept[name] = forge(number=number)
        until = now if name == "lapsed" else None
        scope = "winter" if name == "of another" else "autumn"
        dnc.add(store, [number], now, "a test", scope, until)
        stored = {"too fresh": now - SECOND, "never told": None}.get(name, now - SECOND - TINY)
        change(store, DO_NOT_CALL, DO_NOT_CALL.c.number == number, stored_at=stored)
    assert found(store) == {"I4": {kept["listed"]}}


def test_i5_more_abandoned_than_the_limit(store: Store, forge: Forge, now: datetime) -> None:
    """3 %: of 33 answers none may be, of 34 one, in each period by itself."""

    def answer(n: int, **changes: Any) -> UUID:
        at = n * SECOND
        talk = {"connected_at": now + at + 4 * SECOND, "answered_at": now + at + 3 * SECOND}
        return forge(at, **{**talk, "outcome": "connected", "period": "2026-11-20", **changes})

    alone = {"connected_at": None, "outcome": "abandoned"}
    for n in range(33):
        answer(n)
    answer(40, **alone)
    answer(1, period=None, **alone)  # placed by an earlier program
    assert found(store) == {}
    answer(-9, history=(("agent_lost", 10 * SECOND),), **alone)
    assert found(store) == {}
    tomorrow = answer(41, period="2026-11-21", **alone)
    second = answer(50, **alone)
    assert found(store) == {"I5": {tomorrow, second}}
    at_once = answer(-10, **alone)  # it came first, when there was no room yet
    assert at_once in found(store)["I5"]


def test_i5_who_went_through_a_flow_as_a_person_is_a_live_answer(
    store: Store, forge: Forge, now: datetime
) -> None:
    """33 of them and one who asked in vain: within 3 %. It goes by when an agent was asked for."""
    common = {"answered_at": now + SECOND, "period": "2026-11-20", "connected_at": None}
    for n in range(33):
        forge(n * SECOND, **common, outcome="heard", party="human")
    asked = {"asked_at": now + 60 * SECOND, "outcome": "abandoned"}
    within = forge(**common, **asked)
    assert found(store) == {}
    change(store, ATTEMPTS, ATTEMPTS.c.outcome == "heard", party="")  # a machine, for all we know
    assert found(store) == {"I5": {within}}


def test_i5_an_agent_in_time_after_the_asking_is_not_late(
    store: Store, forge: Forge, now: datetime
) -> None:
    asked = {"asked_at": now + 60 * SECOND, "period": "2026-11-20", "outcome": "connected"}
    forge(connected_at=now + 62 * SECOND, answered_at=now + SECOND, **asked)
    assert found(store) == {}
    late = forge(connected_at=now + 62 * SECOND + TINY, answered_at=now + SECOND, **asked)
    assert found(store) == {"I5": {late}}  # and no message was owed: I9 holds


def test_i9_a_flow_begins_in_time(store: Store, forge: Forge, now: datetime) -> None:
    live = {"outcome": "heard", "period": None, "answered_at": now + SECOND}
    forge(history=(("flow", 3.5 * SECOND), ("flow", 40 * SECOND)), **live)
    assert found(store) == {}
    late = forge(history=(("flow", 3.5 * SECOND + TINY), ("flow", 40 * SECOND)), **live)
    assert found(store) == {"I9": {late}}


def test_i6_caps_and_gaps(store: Store, three: list[Attempt], forge: Forge) -> None:
    """By default 8 for a lead, 3 in 24 h, a minute between two."""
    number, lead = "+49302222222", new_id()
    for n in range(8):
        forge(n * DAY, number=number, lead_id=lead)
    for after in (DAY / 2, DAY / 2 + 60 * SECOND):
        forge(7 * DAY + after, number=number)
    assert found(store) == {}
    one_more = forge(8 * DAY - TINY, number=number)
    assert found(store) == {"I6": {one_more}}
    for_good = forge(30 * DAY, number="+49302222223", lead_id=lead)
    too_soon = forge(30 * DAY + 60 * SECOND - TINY, number="+49302222223")
    assert found(store) == {"I6": {one_more, for_good, too_soon}}


def test_i7_rows_and_calls_that_are_not_one_to_one(
    store: Store, three: list[Attempt], forge: Forge, now: datetime
) -> None:
    silent, twice = forge(placed=0), forge(placed=2)
    assert found(store) == {"I7": {silent, twice}}
    ghost = {"attempt_id": new_id(), "at": now, "what": "waiting", "token": 1, "detail": ""}
    with store.writing() as connection:
        connection.execute(insert(ATTEMPT_EVENTS), ghost)
    assert found(store) == {"I7": {silent, twice, ghost["attempt_id"]}}


def test_i8_a_token_that_fell(store: Store, forge: Forge) -> None:
    forge(token=1)
    forge(token=2)
    forge(token=2)
    forge(token=1, campaign="another")
    assert found(store) == {}
    stale = forge(token=1)
    assert found(store) == {"I8": {stale}}


def test_i9_late_agents_and_late_messages(store: Store, forge: Forge, now: datetime) -> None:
    live = {"outcome": "connected", "period": None, "answered_at": now + SECOND}
    forge(connected_at=now + 3 * SECOND, **live)
    heard = forge(connected_at=now + 9 * SECOND, **live | {"classified_at": now + 7 * SECOND})
    alone = live | {"outcome": "abandoned"}
    waits = ("waiting", SECOND)
    forge(history=(waits, ("message", 3.5 * SECOND)), **alone)
    hasty = {"ended_at": now + 3.5 * SECOND, "outcome": "early_hang_up"}
    forge(history=(waits,), **live | hasty)
    forge(history=(waits,), **alone | {"reason": EndReason.PBX_LOST.value})  # nobody saw its end
    assert found(store) == {}
    late = forge(connected_at=now + 3 * SECOND + TINY, **live)
    message = forge(history=(waits, ("message", 3.5 * SECOND + TINY)), **alone)
    nothing = forge(history=(waits,), **alone)
    assert found(store) == {"I9": {late, message, nothing}}
    assert heard


def test_i10_results_that_are_told_twice_or_never(store: Store, forge: Forge) -> None:
    corrected, late, again, lost, both = forge(), forge(), forge(), forge(), forge()
    key = {name: OUTBOX.c.idempotency_key == f"{name}:ended" for name in (lost, both)}
    with store.writing() as connection:
        more_told = ((corrected, "ended-corrected"), (late, "answered:1"), (again, "ended-again"))
        for attempt, suffix in more_told:
            its = select(OUTBOX).where(OUTBOX.c.idempotency_key == f"{attempt}:ended")
            row = dict(connection.execute(its).mappings().one())
            more = {"id": new_id(), "idempotency_key": f"{attempt}:{suffix}"}
            connection.execute(insert(OUTBOX), row | more)
    assert [o.reason for o in check(store, names=["I10"])[0].first] == [
        "this message tells of an end once more"
    ]
    change(store, OUTBOX, key[lost], kind="other", idempotency_key="other")
    now = text("created_at")
    change(store, OUTBOX, key[both], delivered_at=now, dead_at=now)
    assert lost in found(store)["I10"]
    assert check(store, names=["I10"])[0].rows == 3


def test_i10_a_result_whose_message_has_gone_for_its_age_was_told(
    store: Store, forge: Forge
) -> None:
    old = forge()
    its = OUTBOX.c.idempotency_key == f"{old}:ended"
    change(store, OUTBOX, its, delivered_at=text("created_at"))
    assert trim(store, -1, lambda: False) == 1
    assert found(store) == {}
    lost = forge()
    its = OUTBOX.c.idempotency_key == f"{lost}:ended"
    change(store, OUTBOX, its, kind="other", idempotency_key="other")
    assert found(store) == {"I10": {lost}}


def test_an_agent_who_vanishes_is_told_of_in_history(
    store: Store, lease: Lease, campaign: Campaign, attempt: Attempt, ended: Any, now: datetime
) -> None:
    """So the abandoned call is excepted, and listed."""
    lost = ended(attempt, Outcome.ABANDONED, answered_at=now + SECOND, agent_lost=True)
    note = AttemptNoted(attempt.attempt_id, now + 3 * SECOND, "message")
    record(store, lease, campaign, [note, lost])
    with store.reading() as connection:
        what = connection.execute(select(ATTEMPT_EVENTS.c.what)).scalars().all()
    assert what == ["placed", "message", "ended", "agent_lost"]
    assert found(store) == {}


def test_only_what_was_placed_since(store: Store, forge: Forge, now: datetime) -> None:
    for n in range(FIRST + 2):
        forge(n * SECOND, open_until=now)
    [all_of_them] = check(store, names=["I3"])
    assert (all_of_them.rows, len(all_of_them.first)) == (FIRST + 2, FIRST)
    assert check(store, now + 5 * SECOND, ["I3"])[0].rows == 2
    assert broken(store, now + DAY) == {}


def test_the_history_of_what_was_placed_since_is_counted_alone_and_whole(
    store: Store, forge: Forge, now: datetime
) -> None:
    for placed in (2, 0, 1):
        forge(placed * SECOND, placed=placed)
    assert check(store, now, ["I7"])[0].rows == 2
    assert check(store, now + SECOND, ["I7"])[0].rows == 1
    assert check(store, now + SECOND, ["I2"])[0].rows == 0


def test_mysql_can_be_asked_too() -> None:
    for invariant in INVARIANTS:
        query = offenders(invariant).compile(
            dialect=mysql.dialect(), compile_kwargs={"literal_binds": True}
        )
        assert "attempts" in str(query)
