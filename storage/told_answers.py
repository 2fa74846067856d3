"""An answer in a flow that a PBX has posted: with those heard over its link, the last one stands.

The message about the attempt's result tells the answers that stood as it was written. So a post is
done with only once there is that message, and where its answer came too late for it, another
follows. The attempt is not locked: one that is read as ended has its message.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from campaigns.flow_effects import QuestionAnswered
from campaigns.spec.campaign import Mode
from storage.campaigns import at_version
from storage.engine import Store
from storage.flow_results import answers_of, write_flows
from storage.hooks import Hook, done
from storage.inbound_flows import write_inbound_flows
from storage.mended import NONE_OF_OURS
from storage.messages import CORRECTED, ENDED, Message, disposed, key_of
from storage.outbox import rewrite_untaken, write_messages
from storage.tables.attempts import ATTEMPTS
from storage.tables.inbound import INBOUND_CALLS
from storage.tables.records import OUTBOX

MOST = 50  # messages about one attempt whose answers come late; a flow has no more questions
NO_FLOWS = "its campaign has no flow"
_A, _O = ATTEMPTS.c, OUTBOX.c


def put_answer(store: Store, hook: Hook, told: QuestionAnswered) -> bool:
    """Keep it; False: the attempt has no result yet. Raises `StorageError`."""
    with store.writing() as connection:
        row = connection.execute(select(ATTEMPTS).where(_A.id == told.attempt_id)).mappings()
        attempt = row.first()
        if attempt is None and (call := _caller(connection, told)) is not None:
            return _put_callers(store, connection, hook, call, told)
        why_not = _why_not(store, attempt)
        if attempt is None or why_not:
            done(connection, hook, why_not)
            return True
        write_flows(connection, attempt["campaign"], [replace(told, at=_within(attempt, told.at))])
        if attempt["ended_at"] is None:
            return False
        again = _tell_again(connection, attempt)
        done(connection, hook, "told after the result" if again else "kept")
    return True


def _caller(connection: Connection, told: QuestionAnswered) -> Any:
    """The inbound call that it is about."""
    query = select(INBOUND_CALLS).where(INBOUND_CALLS.c.id == told.attempt_id)
    return connection.execute(query).mappings().first()


def _put_callers(
    store: Store, connection: Connection, hook: Hook, call: Any, told: QuestionAnswered
) -> bool:
    """Of an inbound call no message tells: it is kept, and done with."""
    spec = at_version(store, call["campaign"], call["campaign_version"])
    if spec.inbound_flow is None:
        done(connection, hook, NO_FLOWS)
        return True
    latest = call["ended_at"] or datetime.now(UTC)
    at = max(call["arrived_at"], min(told.at, latest))
    write_inbound_flows(connection, spec, [replace(told, at=at)])
    done(connection, hook, "kept")
    return True


def _why_not(store: Store, attempt: Any) -> str:
    if attempt is None:
        return NONE_OF_OURS
    spec = at_version(store, attempt["campaign"], attempt["campaign_version"])
    return "" if spec.mode is Mode.IVR else NO_FLOWS


def _within(attempt: Any, at: datetime) -> datetime:
    """Within the call: a PBX's clock may not put its answer behind all that are to come."""
    latest: datetime = attempt["ended_at"] or datetime.now(UTC)
    earliest: datetime = attempt["placed_at"]
    return max(earliest, min(at, latest))


def _tell_again(connection: Connection, attempt: Any) -> bool:
    """The message that told last of this attempt, with the answers that stand now: in its place
    where nobody has taken it, else after it. Whether there was need to."""
    messages = _messages(connection, attempt)
    answers = answers_of(connection, [attempt["id"]]).get(attempt["id"], {})
    if not messages or messages[-1].payload.get("answers") == answers:
        return False
    last, payload = messages[-1], {**messages[-1].payload, "answers": answers}
    if not rewrite_untaken(connection, last.idempotency_key, payload):
        key = key_of(attempt["id"], f"answered:{len(messages)}")
        write_messages(connection, [Message(last.kind, key, payload)])
    return True


def _messages(connection: Connection, attempt: Any) -> Sequence[Any]:
    """Those about this attempt, in the order in which they were written. Found by their whole
    keys, as a key's beginning is found by no index in a database that sorts as people do."""
    filed = attempt["disposed_at"]
    told = [ENDED, CORRECTED, *(f"answered:{nth}" for nth in range(1, MOST))]
    told += [disposed(filed)] if filed else []
    keys = [key_of(attempt["id"], what) for what in told]
    query = select(_O.kind, _O.idempotency_key, _O.payload).where(_O.idempotency_key.in_(keys))
    query = query.order_by(_O.created_at, _O.id).with_for_update()  # one late answer at a time
    return connection.execute(query).all()
