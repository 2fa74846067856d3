"""The outbox: what is written is told once, to everybody whom it concerns."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import update

from campaigns.effects import AttemptEnded
from campaigns.leads import Attempt
from storage import deliveries, outbox
from storage.dbtime import db_time
from storage.engine import Store
from storage.messages import OF_RESULT, Message
from storage.record import Recorded
from storage.spreading import spread
from storage.tables.records import OUTBOX


def put(store: Store, *keys: str, payload: dict[str, Any] | None = None) -> None:
    with store.writing() as connection:
        outbox.write_messages(
            connection, [Message("attempt.ended", key, payload or {}) for key in keys]
        )


def test_a_message_is_written_once(store: Store) -> None:
    put(store, "a", payload={"first": True})
    put(store, "a", "b", payload={"first": False})
    assert [(m.idempotency_key, m.payload["first"]) for m in outbox.untold(store)] == [
        ("a", True),
        ("b", False),
    ]


def test_what_nobody_wants_is_done_with(store: Store) -> None:
    put(store, "a", "b")
    assert spread(store, lambda message: ["crm"] if message.idempotency_key == "a" else []) == 2
    assert outbox.backlog(store).waiting == 1
    assert [m.idempotency_key for m in deliveries.take(store, "crm", 9)] == ["a"]
    assert spread(store, lambda message: ["crm"]) == 0


def test_a_message_that_was_handed_out_is_not_rewritten(store: Store) -> None:
    put(store, "a", "b", payload={"n": 1})
    spread(store, lambda message: ["crm"], limit=1)
    with store.writing() as connection:
        assert not outbox.rewrite_untaken(connection, "a", {"n": 2})
        assert outbox.rewrite_untaken(connection, "b", {"n": 2})
    spread(store, lambda message: ["crm"])
    assert [m.payload["n"] for m in deliveries.take(store, "crm", 9)] == [1, 2]


def test_the_backlog_tells_how_long_the_oldest_waits(store: Store, now: datetime) -> None:
    put(store, "a", "b")
    with store.writing() as connection:
        connection.execute(update(OUTBOX).values(created_at=db_time(-60)))
    backlog = outbox.backlog(store)
    assert backlog.waiting == 2
    assert 59 < backlog.oldest_seconds < 90


def test_the_fields_that_others_may_name_are_those_that_are_told(
    store: Store,
    attempt: Attempt,
    ended: Callable[..., AttemptEnded],
    tell: Callable[..., Recorded],
) -> None:
    tell(ended(attempt))
    [message] = outbox.untold(store)
    assert set(message.payload) == set(OF_RESULT)
