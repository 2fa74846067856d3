"""What PBXs have posted is dealt with: results mended, numbers listed, recordings noted."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from campaigns.effects import AttemptEnded
from campaigns.leads import Attempt
from campaigns.outcomes import Outcome
from connectors.calls import EndReason
from connectors.detail import CallDetail
from storage import attempts, dnc, hooks
from storage.engine import Store
from workers import heeding
from workers.heeding import CALL_ENDED, OPTED_OUT, RECORDED, body_of, detail_from, heed_batch

Tell = Callable[..., object]


@pytest.fixture
def lost(attempt: Attempt, ended: Callable[..., AttemptEnded], tell: Tell) -> Attempt:
    tell(ended(attempt, Outcome.LOST, reason=EndReason.PBX_LOST))
    return attempt


def detail(attempt: Attempt) -> CallDetail:
    return CallDetail(
        attempt.attempt_id, attempt.placed_at + timedelta(seconds=7), None, "USER_BUSY", "486"
    )


def test_a_detail_goes_through_the_database_whole(attempt: Attempt) -> None:
    one = detail(attempt)
    assert detail_from(body_of(one)) == one


def test_a_record_mends_a_lost_result(store: Store, lost: Attempt) -> None:
    hooks.keep(store, "main", "one", CALL_ENDED, body_of(detail(lost)))
    assert heed_batch(store) == 1
    row = attempts.show(store, lost.attempt_id)
    assert (row.outcome, row.cause) == ("busy", "USER_BUSY, SIP 486, by its record")
    assert heed_batch(store) == 0


def test_a_record_that_comes_first_waits_and_is_given_up_in_the_end(
    store: Store, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "WAIT", 0.0)
    hooks.keep(store, "main", "one", CALL_ENDED, body_of(detail(attempt)))
    for _ in range(2):
        assert heed_batch(store) == 1
    monkeypatch.setattr(heeding, "GIVEN_UP", -1.0)
    assert heed_batch(store) == 1
    assert heed_batch(store) == 0
    assert attempts.show(store, attempt.attempt_id).ended_at is None


@pytest.mark.parametrize("by_call", [True, False])
def test_who_opts_out_is_on_the_list(store: Store, attempt: Attempt, by_call: bool) -> None:
    number = attempt.order.candidate.number
    who = {"call_id": str(attempt.attempt_id), "number": None}
    hooks.keep(
        store, "west", "1", OPTED_OUT, who if by_call else {"call_id": None, "number": number}
    )
    assert heed_batch(store) == 1
    [entry] = dnc.check(store, number)
    assert (entry.source, entry.expires_at) == ("told by PBX west", None)


def test_an_opt_out_from_a_call_that_is_none_of_ours_lists_nobody(store: Store) -> None:
    hooks.keep(store, "main", "1", OPTED_OUT, {"call_id": str(uuid4()), "number": None})
    assert heed_batch(store) == 1
    assert heed_batch(store) == 0


def test_a_recording_is_noted_where_none_is_known(store: Store, attempt: Attempt) -> None:
    for nth, path in enumerate(("2026/11/27/one", "2026/11/27/two")):
        told = {"call_id": str(attempt.attempt_id), "path": path}
        hooks.keep(store, "main", str(nth), RECORDED, told)
        assert heed_batch(store) == 1
    assert attempts.show(store, attempt.attempt_id).recording == "2026/11/27/one"
