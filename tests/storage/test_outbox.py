"""The outbox: at least once, one deliverer at a time, with waits that grow, and an end."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import update

from campaigns.effects import AttemptEnded
from campaigns.leads import Attempt
from storage import outbox
from storage.dbtime import db_time
from storage.engine import Store, open_store
from storage.messages import OF_RESULT, Message
from storage.outbox import Taken
from storage.record import Recorded
from storage.tables.records import OUTBOX


def put(store: Store, *keys: str, payload: dict[str, Any] | None = None) -> None:
    with store.writing() as connection:
        outbox.write_messages(
            connection, [Message("attempt.ended", key, payload or {}) for key in keys]
        )


def make_due(store: Store) -> None:
    with store.writing() as connection:
        connection.execute(update(OUTBOX).values(next_at=db_time()))


def keys(taken: list[Taken]) -> list[str]:
    return [message.idempotency_key for message in taken]


def test_a_message_is_given_to_one_deliverer_and_is_gone_once_delivered(store: Store) -> None:
    put(store, "a", payload={"name": "王 \u202e", "n": [1, 2.5, None]})
    [message] = outbox.take(store)
    assert (message.kind, message.idempotency_key, message.attempts) == ("attempt.ended", "a", 1)
    assert message.payload == {"name": "王 \u202e", "n": [1, 2.5, None]}
    assert outbox.take(store) == []
    outbox.delivered(store, [message.id])
    make_due(store)
    assert outbox.take(store) == []
    assert outbox.backlog(store).waiting == 0


def test_the_oldest_come_first_and_only_so_many(store: Store) -> None:
    put(store, "a", "b", "c")
    assert keys(outbox.take(store, limit=2)) == ["a", "b"]
    assert keys(outbox.take(store, limit=2)) == ["c"]


def test_a_message_is_written_once(store: Store) -> None:
    put(store, "a", payload={"first": True})
    put(store, "a", "b", payload={"first": False})
    assert [(m.idempotency_key, m.payload["first"]) for m in outbox.take(store)] == [
        ("a", True),
        ("b", False),
    ]


def test_what_a_dead_deliverer_had_in_hand_comes_back(store: Store) -> None:
    put(store, "a")
    assert keys(outbox.take(store, hidden=0.0)) == ["a"]
    [again] = outbox.take(store)
    assert again.attempts == 2


def test_a_failure_waits_longer_each_time(store: Store) -> None:
    put(store, "a")
    waits = []
    for _ in range(4):
        [message] = outbox.take(store)
        assert outbox.failed(store, message, "503 from the receiver")
        assert outbox.take(store) == []
        with store.reading() as connection:
            [row] = connection.execute(OUTBOX.select().add_columns(db_time().label("now"))).all()
        waits.append(round((row.next_at - row.now).total_seconds()))
        assert row.last_error == "503 from the receiver"
        make_due(store)
    assert waits == [5, 10, 20, 40]


def test_after_so_many_failures_it_is_given_up_and_can_be_revived(store: Store) -> None:
    put(store, "a")
    for attempt in range(1, outbox.TRIES + 1):
        make_due(store)
        [message] = outbox.take(store)
        assert outbox.failed(store, message, "no") == (attempt < outbox.TRIES)
    make_due(store)
    assert outbox.take(store) == []
    assert [row.last_error for row in outbox.dead(store)] == ["no"]
    assert outbox.backlog(store) == outbox.Backlog(waiting=0, dead=1, oldest_seconds=0.0)
    assert outbox.revive(store) == 1
    assert [message.attempts for message in outbox.take(store)] == [1]


def test_a_failure_that_no_repetition_helps_is_final(store: Store) -> None:
    put(store, "a")
    [message] = outbox.take(store)
    assert not outbox.failed(store, message, "400 \x00 no such field", for_good=True)
    assert [row.last_error for row in outbox.dead(store)] == ["400 \ufffd no such field"]


def test_a_late_failure_does_not_unsend_what_another_has_delivered(store: Store) -> None:
    put(store, "a")
    [slow] = outbox.take(store, hidden=0.0)
    [quick] = outbox.take(store)
    outbox.delivered(store, [quick.id])
    outbox.failed(store, slow, "timeout", for_good=True)
    assert outbox.dead(store) == []
    outbox.delivered(store, [])


def test_the_backlog_tells_how_long_the_oldest_waits(store: Store, now: datetime) -> None:
    put(store, "a", "b")
    with store.writing() as connection:
        connection.execute(update(OUTBOX).values(created_at=db_time(-60)))
    backlog = outbox.backlog(store)
    assert backlog.waiting == 2
    assert 59 < backlog.oldest_seconds < 90


def test_deliverers_at_the_same_time_share_the_messages(
    store: Store, url_of: Callable[[Store], str]
) -> None:
    put(store, *[f"{n:03}" for n in range(200)])
    got: list[str] = []

    def deliver() -> None:
        own = open_store(url_of(store))
        while taken := outbox.take(own, limit=7):
            got.extend(keys(taken))
            outbox.delivered(own, [message.id for message in taken])
        own.close()

    threads = [threading.Thread(target=deliver) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got += keys(outbox.take(store))  # one may have seen nothing but what others held
    assert sorted(got) == [f"{n:03}" for n in range(200)]


def test_the_fields_that_others_may_name_are_those_that_are_told(
    store: Store,
    attempt: Attempt,
    ended: Callable[..., AttemptEnded],
    tell: Callable[..., Recorded],
) -> None:
    tell(ended(attempt))
    [message] = outbox.take(store)
    assert set(message.payload) == set(OF_RESULT)
