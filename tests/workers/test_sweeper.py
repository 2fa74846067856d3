import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import select, update

from campaigns.effects import PacingDecided
from campaigns.orders import CampaignState
from speech.cache import Cache, key_of
from speech.wav import silence
from storage import campaigns, leases, pacing
from storage.messages import Message
from storage.outbox import write_messages
from storage.partitioning.months import lowest_id
from storage.spreading import spread
from storage.tables.records import OUTBOX
from workers.context import Context, use
from workers.jobs import DIAL, SHORT, function_of
from workers.queue import queue
from workers.redis_server import connect
from workers.sweeper import SOUNDS_SECONDS, TURN_KEY, Sweeper, Swept

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def site(make_site: Callable[..., Any], database_url: str) -> Any:
    return make_site(database_url)


def test_a_campaign_that_nobody_dials_is_rung_for_once(site: Any, client: "redis.Redis") -> None:
    site.campaign(leads=1, agents=1)
    sweeper = Sweeper(site.store, lambda: client, "s1", keys=site.keys)

    assert sweeper.sweep() == Swept(("spring",), 0)
    assert sweeper.sweep() == Swept((), 0)
    (job_id,) = queue(DIAL, client).get_job_ids()
    assert job_id.startswith("dial-spring-")


def test_a_campaign_in_good_hands_is_left_alone_until_the_lease_lapses(
    site: Any, client: "redis.Redis"
) -> None:
    site.campaign(leads=1, agents=1)
    lease = site.lease()
    sweeper = Sweeper(site.store, lambda: client, "s1", keys=site.keys)
    assert sweeper.sweep() == Swept()

    leases.release(site.store, lease)
    assert sweeper.sweep() == Swept(("spring",), 0)


def test_one_that_is_not_wanted_is_not_rung_for(site: Any, client: "redis.Redis") -> None:
    site.campaign(leads=1, agents=1)
    site.want(CampaignState.STOPPED)
    campaigns.note_actual(site.store, "spring", CampaignState.STOPPED, datetime.now(UTC))
    assert Sweeper(site.store, lambda: client, "s1", keys=site.keys).sweep() == Swept()


def test_waiting_messages_ring_for_a_delivery(site: Any, client: "redis.Redis") -> None:
    with site.store.writing() as connection:
        write_messages(connection, [Message("attempt.ended", "k", {})])
    assert Sweeper(site.store, lambda: client, "s1", keys=site.keys).sweep() == Swept((), 1)
    assert len(queue(SHORT, client).get_job_ids()) == 1


def test_a_source_whose_turn_it_is_rings_for_a_pull(site: Any, client: "redis.Redis") -> None:
    sweeper = Sweeper(site.store, lambda: client, "s1", keys=site.keys, sources=["erp"])
    sweeper.sweep()
    [job] = queue(SHORT, client).get_job_ids()
    assert job.startswith("pull-erp-")


def test_messages_of_a_receiver_that_is_none_any_more_ring_for_nobody(
    site: Any, client: "redis.Redis"
) -> None:
    with site.store.writing() as connection:
        write_messages(connection, [Message("attempt.ended", "k", {})])
    spread(site.store, lambda message: ["gone"])
    sweeper = Sweeper(site.store, lambda: client, "s1", keys=site.keys, receivers=["crm"])
    assert sweeper.sweep() == Swept()


def test_pacing_decisions_are_let_go_when_their_time_is_over(
    site: Any, client: "redis.Redis"
) -> None:
    now = datetime.now(UTC)
    old, kept = (now - pacing.KEPT + timedelta(hours=hours) for hours in (-1, 1))
    with site.store.writing() as connection:
        told = [PacingDecided(old, 1, "old"), PacingDecided(kept, 2, "kept")]
        pacing.write_decisions(connection, "spring", told)
    Sweeper(site.store, lambda: client, "s1", keys=site.keys).sweep()
    assert [d.why for d in pacing.at_or_before(site.store, "spring", None, 100)] == ["kept"]


def test_what_was_dealt_with_for_long_is_rung_for_and_removed(
    site: Any, client: "redis.Redis"
) -> None:
    with site.store.writing() as connection:
        write_messages(connection, [Message("customer.changed", "k", {})])
        old = {"id": lowest_id(datetime.now(UTC) - timedelta(days=8)), "delivered_at": LONG_AGO}
        connection.execute(update(OUTBOX).values(**old))
    Sweeper(site.store, lambda: client, "s1", keys=site.keys).sweep()
    assert queue(SHORT, client).get_job_ids() == []
    Sweeper(site.store, lambda: client, "s1", keys=site.keys, kept_days=7).sweep()
    [job] = queue(SHORT, client).get_job_ids()
    assert job.startswith("trim-")
    use(Context(site.settings.model_copy(update={"kept_days": 7}), site.store, "", "w"))
    function_of("trim_dealt_with")()
    with site.store.reading() as connection:
        assert connection.execute(select(OUTBOX.c.id)).first() is None


def test_one_process_sweeps_and_another_takes_its_place(site: Any, client: "redis.Redis") -> None:
    site.campaign(leads=1, agents=1)
    first, second = (
        Sweeper(site.store, lambda: client, name, keys=site.keys) for name in ("s1", "s2")
    )
    assert first.sweep() == Swept(("spring",), 0)
    client.delete(f"rq:queue:{DIAL}", *client.scan_iter("dialplane:rung:*"))

    assert second.sweep() == Swept()
    client.delete(TURN_KEY)  # the first has not swept for three seconds
    assert second.sweep() == Swept(("spring",), 0)
    assert first.sweep() == Swept()


def test_a_redis_that_is_elsewhere_now_is_swept_for_there(
    site: Any, client: "redis.Redis", until: Callable[..., None]
) -> None:
    site.campaign(leads=1, agents=1)
    clients = [
        client,
        connect("redis://127.0.0.1:1/0"),
    ]  # nobody listens on the one it is given first
    sweeper, stop = Sweeper(site.store, clients.pop, "s1", keys=site.keys), threading.Event()
    thread = threading.Thread(target=sweeper.run, args=(stop,))
    thread.start()
    try:
        until(lambda: queue(DIAL, client).get_job_ids())
    finally:
        stop.set()
        thread.join()


def test_every_process_removes_the_sounds_of_calls_whose_time_is_over(
    site: Any, client: "redis.Redis", tmp_path: Path
) -> None:
    sounds = Cache(tmp_path / "said")
    path = sounds.get(key_of("Hello Maria."), lambda: silence(0.1))
    sweeper = Sweeper(site.store, lambda: client, "s1", keys=site.keys, sounds=sounds)
    sweeper.tidy(1.0)
    os.utime(path, (0, 0))
    sweeper.tidy(2.0)  # it has just looked
    assert path.exists()
    sweeper.tidy(1.0 + SOUNDS_SECONDS)
    assert not path.exists()
