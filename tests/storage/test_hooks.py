"""Posts of PBXs: kept once for each id, taken by one, mended by in one transaction."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from campaigns.effects import AttemptEnded
from campaigns.leads import Attempt
from campaigns.outcomes import Outcome
from connectors.calls import EndReason
from connectors.detail import CallDetail
from storage import attempts, hooks, outbox
from storage.engine import Store
from storage.errors import LeaseLost
from storage.history import history
from storage.hooks import Hook
from storage.invariants.check import broken
from storage.leases import Lease
from storage.mended import Record, apply_record
from storage.tables.hooks import HOOKS

Tell = Callable[..., object]
BUSY = ("17", EndReason.BUSY)


def post(store: Store, told_id: str = "one") -> Hook:
    """One that is taken."""
    assert hooks.keep(store, "main", told_id, "call.ended", {"a": 1})
    [taken] = hooks.take(store)
    return taken


def record(attempt: Attempt, seconds: float, what: tuple[str, EndReason] = BUSY) -> Record:
    ended_at = attempt.placed_at + timedelta(seconds=seconds)
    detail = CallDetail(attempt.attempt_id, ended_at, cause=what[0])
    return Record(detail, what[1], f"{what[0]}, by its record")


def came_of_it(store: Store) -> list[tuple[Any, ...]]:
    with store.reading() as connection:
        rows = connection.execute(HOOKS.select().order_by(HOOKS.c.told_id)).all()
    return [(row.told_id, row.done_at is not None, row.came_of_it) for row in rows]


@pytest.fixture
def lost(attempt: Attempt, ended: Callable[..., AttemptEnded], tell: Tell) -> Attempt:
    """An attempt whose end was only inferred."""
    tell(ended(attempt, Outcome.LOST, reason=EndReason.PBX_LOST))
    return attempt


def test_an_id_that_comes_again_is_kept_once_for_each_node(store: Store) -> None:
    assert hooks.keep(store, "main", "one", "call.ended", {})
    assert not hooks.keep(store, "main", "one", "call.ended", {"other": 1})
    assert hooks.keep(store, "west", "one", "call.ended", {})
    assert hooks.due(store) == 2


def test_what_is_taken_is_nobody_elses_and_comes_again_when_its_time_has_come(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = post(store)
    assert (hook.node, hook.kind, hook.body, hook.tries) == ("main", "call.ended", {"a": 1}, 1)
    assert hook.age >= 0
    assert hooks.take(store) == []
    monkeypatch.setattr(hooks, "WAIT", 0.0)
    hooks.later(store, [hook])
    assert [again.tries for again in hooks.take(store)] == [2]


def test_what_is_done_is_forgotten_after_a_week(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = post(store)
    with store.writing() as connection:
        hooks.done(connection, hook, "well")
    assert hooks.forget(store) == 0
    monkeypatch.setattr(hooks, "KEPT", -1.0)
    assert hooks.forget(store) == 1


def test_a_record_mends_what_was_only_inferred(store: Store, lost: Attempt) -> None:
    assert apply_record(store, post(store), record(lost, 7))
    row = attempts.show(store, lost.attempt_id)
    assert (row.outcome, row.disposition, row.reason) == ("busy", "busy", "busy")
    assert row.cause == "17, by its record"
    assert row.ended_at == lost.placed_at + timedelta(seconds=7)
    assert [e.what for e in history(store, lost.attempt_id)] == ["placed", "ended", "corrected"]
    assert [m.payload["outcome"] for m in outbox.untold(store)] == ["busy"]
    assert came_of_it(store) == [("one", True, "mended: busy")]
    assert broken(store) == {}


def test_a_record_that_comes_again_under_another_id_changes_nothing(
    store: Store, lost: Attempt
) -> None:
    assert apply_record(store, post(store), record(lost, 7))
    assert apply_record(store, post(store, "two"), record(lost, 8, ("1", EndReason.FAILED)))
    assert attempts.show(store, lost.attempt_id).outcome == "busy"
    assert came_of_it(store)[1] == ("two", True, "its end was seen")


def test_a_record_waits_for_the_attempts_result(
    store: Store, attempt: Attempt, ended: Callable[..., AttemptEnded], tell: Tell
) -> None:
    hook = post(store)
    assert not apply_record(store, hook, record(attempt, 7))
    assert came_of_it(store) == [("one", False, "")]
    tell(ended(attempt, Outcome.NO_ANSWER))
    assert apply_record(store, hook, record(attempt, 7))
    assert attempts.show(store, attempt.attempt_id).outcome == "no_answer"


def test_a_record_of_somebody_elses_call_is_told_to_be_that(store: Store, lost: Attempt) -> None:
    other = CallDetail(lost.order.candidate.lead_id, lost.placed_at, cause="17")
    assert apply_record(store, post(store), Record(other, EndReason.BUSY, ""))
    assert came_of_it(store) == [("one", True, "no attempt of ours")]


def test_where_somebody_has_taken_over_meanwhile_nothing_is_kept(
    store: Store, lost: Attempt, lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = post(store)
    monkeypatch.setattr("storage.mended._token", lambda *_: lease.token - 1)
    with pytest.raises(LeaseLost):
        apply_record(store, hook, record(lost, 7))
    assert attempts.show(store, lost.attempt_id).outcome == "lost"
    assert came_of_it(store) == [("one", False, "")]
