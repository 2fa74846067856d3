"""An answer in a flow that a PBX has posted: with those heard over its link, the last one stands.

The message about a call's result tells the answers that stood as it was written; where one came too
late for it, another follows. Of an attempt a post is done with only once there is that message.
Once its answer is written, a post locks what results of the call lock before they read the answers,
an attempt's lead or the inbound call itself: what tells of its end or its filing is there before,
or waits and then knows the answer.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from campaigns.flow_effects import QuestionAnswered
from campaigns.spec.campaign import Mode
from storage.campaigns import at_version
from storage.correcting import messages_about
from storage.engine import Store
from storage.flow_results import answers_of, write_flows
from storage.hooks import Hook, done
from storage.inbound_flows import write_inbound_flows
from storage.ledger_rows import lock_leads
from storage.mended import NONE_OF_OURS
from storage.messages import ANSWERED, Message, key_of
from storage.outbox import rewrite_untaken, write_messages
from storage.tables.attempts import ATTEMPTS
from storage.tables.inbound import INBOUND_CALLS
from storage.tables.records import OUTBOX

NO_FLOWS = "its campaign has no flow"
AGAIN, KEPT = "told after the result", "kept"  # what came of a post
_A, _O = ATTEMPTS.c, OUTBOX.c


def put_answer(store: Store, hook: Hook, told: QuestionAnswered) -> bool:
    """Keep it; False: the attempt has no result yet. Raises `StorageError`."""
    with store.writing() as connection:
        attempt = _attempt(connection, told)
        if attempt is None and (call := _caller(connection, told)) is not None:
            done(connection, hook, _put_callers(store, connection, call, told))
            return True
        why_not = _why_not(store, attempt)
        if attempt is None or why_not:
            done(connection, hook, why_not)
            return True
        at = _within(attempt, attempt["placed_at"], told.at)
        write_flows(connection, attempt["campaign"], [replace(told, at=at)])
        lock_leads(connection, {attempt["lead_id"]})
        now = _attempt(connection, told)
        if now["ended_at"] is None:
            return False
        done(connection, hook, AGAIN if _tell_again(connection, now) else KEPT)
    return True


def _attempt(connection: Connection, told: QuestionAnswered) -> Any:
    query = select(ATTEMPTS).where(_A.id == told.attempt_id)
    return connection.execute(query).mappings().first()


def _caller(connection: Connection, told: QuestionAnswered, locked: bool = False) -> Any:
    """The inbound call that it is about."""
    query = select(INBOUND_CALLS).where(INBOUND_CALLS.c.id == told.attempt_id)
    query = query.with_for_update() if locked else query
    return connection.execute(query).mappings().first()


def _put_callers(store: Store, connection: Connection, call: Any, told: QuestionAnswered) -> str:
    """What came of an answer in an inbound call: one that is open tells it with its end."""
    spec = at_version(store, call["campaign"], call["campaign_version"])
    if spec.inbound_flow is None:
        return NO_FLOWS
    at = _within(call, call["arrived_at"], told.at)
    write_inbound_flows(connection, spec, [replace(told, at=at)])
    now = _caller(connection, told, locked=True)
    return AGAIN if now["ended_at"] is not None and _tell_again(connection, now) else KEPT


def _why_not(store: Store, attempt: Any) -> str:
    if attempt is None:
        return NONE_OF_OURS
    spec = at_version(store, attempt["campaign"], attempt["campaign_version"])
    return "" if spec.mode is Mode.IVR else NO_FLOWS


def _within(call: Any, began_at: datetime, at: datetime) -> datetime:
    """Within the call: a PBX's clock may not put its answer behind all that are to come."""
    latest: datetime = call["ended_at"] or datetime.now(UTC)
    return max(began_at, min(at, latest))


def _tell_again(connection: Connection, call: Any) -> bool:
    """The message that told last of this call, with the answers that stand now: in its place
    where nobody has taken it, else after it. Whether there was need to."""
    messages = messages_about(connection, call["id"], call["disposed_at"])
    answers = answers_of(connection, [call["id"]]).get(call["id"], {})
    if not messages or messages[-1].payload.get("answers") == answers:
        return False
    last, payload = messages[-1], {**messages[-1].payload, "answers": answers}
    if not rewrite_untaken(connection, last.idempotency_key, payload):
        key = key_of(call["id"], f"{ANSWERED}{len(messages)}")
        write_messages(connection, [Message(last.kind, key, payload)])
    return True
