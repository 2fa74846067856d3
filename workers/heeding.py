"""The RQ job that deals with what PBXs have posted.

Retried: what cannot be dealt with yet, five seconds later: the record of a call, or an answer in
it, whose attempt has no result. Given up after ten minutes: then somebody has seen its end, or will
never. Running it twice at once is harmless: a post that is taken is hidden, and is dealt with in
one transaction.
"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from campaigns.flow_effects import QuestionAnswered
from connectors.detail import CallDetail
from connectors.detail_causes import reason_of, words_of
from storage import dnc, hooks
from storage.customers.changes import By
from storage.customers.opting_out import note_opt_outs
from storage.engine import Store
from storage.errors import LeaseLost, NotThere
from storage.hooks import Hook
from storage.mended import NONE_OF_OURS, Record, apply_record, number_of, put_recording
from storage.told_answers import put_answer
from workers.context import current

log = logging.getLogger(__name__)

BATCH = 200
SECONDS = 30.0  # then the next ring goes on, and a stop need not wait longer
GIVEN_UP = 600.0  # seconds
CALL_ENDED, OPTED_OUT, RECORDED = "call.ended", "opted_out", "recording.ready"
ANSWERED = "flow.answered"


def heed_hooks() -> None:
    """Deal with what is due."""
    context = current()
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and not context.stop.is_set():
        if not heed_batch(context.store):
            return


def heed_batch(store: Store) -> int:
    """Take one batch and deal with it; how many it held."""
    batch = hooks.take(store, BATCH)
    waiting = [hook for hook in batch if not _heed(store, hook)]
    if waiting:
        hooks.later(store, waiting)
    return len(batch)


def _heed(store: Store, hook: Hook) -> bool:
    """Whether it is dealt with."""
    try:
        if HANDLERS[hook.kind](store, hook):
            return True
    except LeaseLost as moved:
        log.info("a post of PBX '%s' is looked at again: %s", hook.node, moved)
    if hook.age < GIVEN_UP:
        return False
    _done(store, hook, "the attempt has no result yet; given up")
    return True


def _ended(store: Store, hook: Hook) -> bool:
    detail = detail_from(hook.body)
    return apply_record(store, hook, Record(detail, reason_of(detail), words_of(detail)))


def _opted_out(store: Store, hook: Hook) -> bool:
    """A number, or that of an attempt, is on the do-not-call list from now on."""
    try:
        number = hook.body["number"] or number_of(store, UUID(hook.body["call_id"]))
    except NotThere:
        _done(store, hook, NONE_OF_OURS)
        return True
    now = datetime.now(UTC)
    with store.writing() as connection:
        listed = dnc.put(connection, [number], now, f"told by PBX {hook.node}")
        note_opt_outs(connection, [number], By(f"pbx:{hook.node}"), now)
        hooks.done(connection, hook, "on the do-not-call list")
    dnc.seen_by_all(store, listed)
    return True


def _recorded(store: Store, hook: Hook) -> bool:
    found = put_recording(store, hook, UUID(hook.body["call_id"]), hook.body["path"])
    log.debug("PBX '%s' has a recording of a call of ours: %s", hook.node, found)
    return True


def _answered(store: Store, hook: Hook) -> bool:
    body = hook.body
    call_id, at = UUID(body["call_id"]), datetime.fromisoformat(body["at"])
    told = QuestionAnswered(call_id, at, body["flow"], body["question"], body["answer"])
    return put_answer(store, hook, told)


def _done(store: Store, hook: Hook, came_of_it: str) -> None:
    with store.writing() as connection:
        hooks.done(connection, hook, came_of_it)


HANDLERS: Mapping[str, Callable[[Store, Hook], bool]] = {
    CALL_ENDED: _ended,
    OPTED_OUT: _opted_out,
    RECORDED: _recorded,
    ANSWERED: _answered,
}


def detail_from(body: Mapping[str, Any]) -> CallDetail:
    """As `body_of` has written it."""
    answered = body["answered_at"]
    return CallDetail(
        call_id=UUID(body["call_id"]),
        ended_at=datetime.fromisoformat(body["ended_at"]),
        answered_at=datetime.fromisoformat(answered) if answered else None,
        cause=body["cause"],
        sip=body["sip"],
    )


def body_of(detail: CallDetail) -> dict[str, Any]:
    """Plain JSON types."""
    answered = detail.answered_at
    return {
        "call_id": str(detail.call_id),
        "ended_at": detail.ended_at.isoformat(),
        "answered_at": answered.isoformat() if answered else None,
        "cause": detail.cause,
        "sip": detail.sip,
    }
