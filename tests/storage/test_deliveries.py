"""Each receiver has its own state of each message, and gets a customer's messages in order."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from campaigns.crm.breaker import ENOUGH, PROBES, State
from storage import deliveries, outbox, receivers
from storage.dbtime import db_time
from storage.deliveries import NotArrived, settle, take
from storage.engine import Store, open_store
from storage.messages import Message
from storage.outbox import Taken
from storage.spreading import spread
from storage.tables.deliveries import DELIVERIES, RECEIVERS
from storage.tables.records import OUTBOX

BOTH = ("crm", "hook")
NO = NotArrived("503 from the receiver")


def put(store: Store, *keys: str, to: tuple[str, ...] = BOTH, **payload: Any) -> None:
    """Messages, handed out. Each is of a customer of its own, unless `customer_id` says whose."""
    with store.writing() as connection:
        outbox.write_messages(
            connection,
            [Message("attempt.ended", key, {"customer_id": key, **payload}) for key in keys],
        )
    spread(store, lambda message: to)


def make_due(store: Store) -> None:
    with store.writing() as connection:
        connection.execute(update(DELIVERIES).values(next_at=db_time(), held_until=None))
        connection.execute(update(RECEIVERS).values(until=db_time()))


def keys(taken: list[Taken]) -> list[str]:
    return [message.idempotency_key for message in taken]


def fail(store: Store, receiver: str, batch: list[Taken], why: NotArrived = NO) -> None:
    settle(store, receiver, batch, {message.id: why for message in batch})


def state(store: Store, receiver: str = "crm") -> receivers.Standing:
    return next(each for each in receivers.standings(store) if each.name == receiver)


def test_each_receiver_gets_it_once_and_none_waits_for_another(store: Store) -> None:
    put(store, "a", "b")
    batch = take(store, "crm", 9)
    assert (keys(batch), batch[0].attempts) == (["a", "b"], 1)
    assert take(store, "crm", 9) == []
    settle(store, "crm", batch, {})
    fail(store, "hook", take(store, "hook", 9))
    assert outbox.unsent(store)[0] == 2

    make_due(store)
    assert take(store, "crm", 9) == []
    again = take(store, "hook", 9)
    assert [message.attempts for message in again] == [2, 2]
    settle(store, "hook", again, {})
    assert outbox.unsent(store)[0] == 0
    with store.reading() as connection:
        assert connection.execute(select(DELIVERIES)).all() == []
        assert all(row.delivered_at for row in connection.execute(select(OUTBOX)))


def test_the_next_of_a_customer_waits_for_the_one_before_it(store: Store) -> None:
    put(store, "1", to=("crm",), customer_id="王")
    put(store, "2", to=("crm",), customer_id="王")
    put(store, "other", to=("crm",))
    first = take(store, "crm", 9)
    assert keys(first) == ["1", "other"]
    settle(store, "crm", first, {first[0].id: NO})
    assert take(store, "crm", 9) == []  # the second would be before the first
    make_due(store)
    again = take(store, "crm", 9)
    assert keys(again) == ["1"]
    settle(store, "crm", again, {})
    assert keys(take(store, "crm", 9)) == ["2"]


def test_one_that_is_given_up_blocks_nobody(store: Store) -> None:
    put(store, "1", to=("crm",), customer_id="王")
    put(store, "2", to=("crm",), customer_id="王")
    [first] = take(store, "crm", 9)
    assert settle(store, "crm", [first], {first.id: NotArrived("400", for_good=True)}) == [first.id]
    second = take(store, "crm", 9)
    assert keys(second) == ["2"]
    settle(store, "crm", second, {})
    [lying] = receivers.dead(store)
    assert (lying.idempotency_key, lying.receiver, lying.last_error) == ("1", "crm", "400")


def test_a_failure_waits_longer_each_time_and_ends(store: Store) -> None:
    put(store, "a", to=("crm",))
    waits = []
    for tries in range(1, deliveries.TRIES + 1):
        make_due(store)
        [message] = take(store, "crm", 9)
        assert message.attempts == tries
        fail(store, "crm", [message])
        query = select(DELIVERIES.c.next_at, db_time())
        with store.reading() as connection:
            [(at, now)] = connection.execute(query).all()
        waits.append(round((at - now).total_seconds()))
    assert waits[:4] == [5, 10, 20, 40]
    assert max(waits) == deliveries.LONGEST_WAIT
    assert outbox.backlog(store) == outbox.Backlog(waiting=0, dead=1, oldest_seconds=0.0)
    assert receivers.revive(store, "hook") == 0
    assert receivers.revive(store, "crm") == 1
    assert [message.attempts for message in take(store, "crm", 9)] == [1]


def test_a_try_that_the_receiver_puts_off_does_not_count(store: Store) -> None:
    put(store, "a", to=("crm",))
    fail(store, "crm", take(store, "crm", 9), NotArrived("429", wait=30))
    assert (state(store).state, take(store, "crm", 9)) == (State.OPEN, [])
    make_due(store)
    assert [message.attempts for message in take(store, "crm", 9)] == [1]


def test_what_a_dead_deliverer_had_in_hand_comes_back(store: Store) -> None:
    put(store, "a", to=("crm",))
    assert keys(take(store, "crm", 9, held=0.0)) == ["a"]
    [again] = take(store, "crm", 9)
    assert again.attempts == 2


def test_a_late_failure_does_not_unsend_what_another_has_delivered(store: Store) -> None:
    put(store, "a", to=("crm",))
    slow = take(store, "crm", 9, held=0.0)
    settle(store, "crm", take(store, "crm", 9), {})
    fail(store, "crm", slow, NotArrived("timeout", for_good=True))
    assert receivers.dead(store) == []
    assert outbox.unsent(store)[0] == 0


def test_a_late_failure_does_not_give_up_what_another_has_in_hand(store: Store) -> None:
    put(store, "a", to=("crm",))
    slow = take(store, "crm", 9, held=0.0)
    quick = take(store, "crm", 9)
    fail(store, "crm", slow, NotArrived("timeout", for_good=True))
    assert receivers.dead(store) == []
    settle(store, "crm", quick, {})
    assert outbox.unsent(store)[0] == 0


def test_a_receiver_of_which_nothing_is_heard_is_left_alone_and_then_tried(store: Store) -> None:
    put(store, *map(str, range(10)))
    for _ in range(ENOUGH):
        fail(store, "crm", take(store, "crm", 2))
    assert (state(store).state, state(store).last_error) == (State.OPEN, NO.why)
    assert take(store, "crm", 9) == []
    assert deliveries.overdue(store, ["crm"]) == 0
    assert len(take(store, "hook", 99)) == 10  # which knows nothing of it

    with store.writing() as connection:
        connection.execute(update(RECEIVERS).values(until=db_time()))
    probes = take(store, "crm", 9)
    assert len(probes) == PROBES
    assert take(store, "crm", 9) == []
    settle(store, "crm", probes, {probes[0].id: NO})
    assert state(store).state == State.CLOSED
    with store.reading() as connection:
        waits = connection.execute(select(DELIVERIES.c.next_at <= db_time(6)).distinct())
        assert waits.scalars().all() in ([True], [1])


def test_what_was_given_up_before_receivers_had_lines_is_tried_again(store: Store) -> None:
    with store.writing() as connection:
        outbox.write_messages(connection, [Message("attempt.ended", "old", {})])
        connection.execute(update(OUTBOX).values(dead_at=db_time(), attempts=20, last_error="no"))
    assert [(each.receiver, each.attempts) for each in receivers.dead(store)] == [(None, 20)]
    assert outbox.backlog(store).dead == 1
    assert receivers.revive(store) == 1
    spread(store, lambda message: ["crm"])
    assert keys(take(store, "crm", 9)) == ["old"]


def test_a_receiver_that_is_none_any_more_holds_nothing_up(store: Store) -> None:
    put(store, "a", "b")
    settle(store, "hook", take(store, "hook", 9), {})
    assert receivers.retire(store, "crm") == 2
    assert outbox.unsent(store)[0] == 0
    assert [each.name for each in receivers.standings(store)] == ["hook"]


def test_hostile_words_of_a_receiver_are_kept_as_text(store: Store) -> None:
    put(store, "a", to=("crm",))
    fail(store, "crm", take(store, "crm", 9), NotArrived("400 \x00 no such field", for_good=True))
    assert [row.last_error for row in receivers.dead(store)] == ["400 \ufffd no such field"]


@pytest.mark.parametrize("each", [1, 2])
def test_deliverers_at_the_same_time_share_the_messages_and_keep_the_order(
    store: Store, url_of: Callable[[Store], str], each: int
) -> None:
    for n in range(40):
        put(store, *[f"{n:03}-{k}" for k in range(each)], to=("crm",), customer_id=str(n))
    got: list[str] = []

    def deliver() -> None:
        own = open_store(url_of(store))
        while outbox.unsent(own)[0]:
            batch = take(own, "crm", 7)
            got.extend(keys(batch))
            settle(own, "crm", batch, {})
        own.close()

    threads = [threading.Thread(target=deliver) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [f"{n:03}-{k}" for n in range(40) for k in range(each)]
    of_one = [[key for key in got if key.startswith(f"{n:03}")] for n in range(40)]
    assert all(told == sorted(told) for told in of_one)
