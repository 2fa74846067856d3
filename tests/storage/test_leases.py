"""Who may run a campaign: one at a time, judged by the database's clock, fenced by the token."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from campaigns.spec.campaign import Campaign
from storage.dbtime import db_time, read_db_time
from storage.engine import Store, open_store
from storage.errors import DatabaseBusy, LeaseLapsed, LeaseLost, NotThere
from storage.leases import Lease, acquire, held, hold, look, release, renew
from storage.tables.campaigns import LEASES

HOLD_FOR_EVER = """
import sys, time
from storage.engine import open_store
from storage.leases import acquire, renew
store = open_store(sys.argv[1])
lease = acquire(store, "autumn", "doomed", ttl=1.0)
print(lease.token, flush=True)
while renew(store, lease, ttl=1.0):
    time.sleep(0.2)
"""


def test_one_holder_at_a_time(store: Store) -> None:
    first = acquire(store, "autumn", "a")
    assert first == Lease("autumn", "a", 1)
    assert acquire(store, "autumn", "b") is None
    assert acquire(store, "autumn", "a") is None


def test_campaigns_do_not_share_a_lease(store: Store) -> None:
    assert acquire(store, "autumn", "a")
    assert acquire(store, "winter", "b")


def test_the_held_ones_are_listed_until_they_are_released_or_lapse(store: Store) -> None:
    autumn, winter = acquire(store, "autumn", "a"), acquire(store, "winter", "b")
    assert acquire(store, "spring", "c", ttl=0.0)
    assert held(store) == [autumn, winter]
    assert autumn
    release(store, autumn)
    assert held(store) == [winter]


def test_a_takeover_raises_the_token_and_shuts_out_the_earlier_holder(store: Store) -> None:
    first = acquire(store, "autumn", "a", ttl=0.0)
    second = acquire(store, "autumn", "b")
    assert first
    assert second
    assert (first.token, second.token) == (1, 2)
    assert not renew(store, first)
    assert renew(store, second)
    release(store, first)
    assert acquire(store, "autumn", "c") is None


def test_a_released_lease_is_free_at_once_and_its_token_is_never_given_again(store: Store) -> None:
    for token in (1, 2, 3):
        lease = acquire(store, "autumn", "a")
        assert lease
        assert lease.token == token
        release(store, lease)


def test_a_lapsed_lease_that_nobody_wanted_can_be_renewed(store: Store) -> None:
    lease = acquire(store, "autumn", "a", ttl=0.0)
    assert lease
    seen = look(store, "autumn")
    assert seen
    assert seen.lapsed
    assert renew(store, lease)
    seen = look(store, "autumn")
    assert seen
    assert not seen.lapsed
    assert seen.lease == lease


def test_nobody_has_looked_at_this_campaign_yet(store: Store) -> None:
    assert look(store, "autumn") is None


def test_a_clock_that_was_set_back_delays_no_takeover(store: Store) -> None:
    assert acquire(store, "autumn", "a", ttl=3.0)
    with store.writing() as connection:  # what the row looks like after the clock fell by an hour
        connection.execute(
            update(LEASES).values(renewed_at=db_time(3600), expires_at=db_time(3603))
        )
    taken = acquire(store, "autumn", "b")
    assert taken
    assert taken.token == 2


def test_the_databases_clock_tells_utc(store: Store) -> None:
    with store.reading() as connection:
        told = read_db_time(connection)
    assert told.utcoffset() == timedelta(0)
    assert abs(told.timestamp() - time.time()) < 5


def tried_again(act: Callable[[], Lease | None]) -> Lease | None:
    """As a job is: MariaDB ends one of two transactions that want a new row at the same moment."""
    while True:
        try:
            return act()
        except DatabaseBusy:
            time.sleep(0.01)


def test_of_many_who_want_it_one_gets_it(store: Store) -> None:
    got: list[Lease | None] = []
    together = threading.Barrier(8)

    def want(name: str) -> None:
        together.wait()
        got.append(tried_again(lambda: acquire(store, "autumn", name)))

    threads = [threading.Thread(target=want, args=(f"w{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert sum(lease is not None for lease in got) == 1


def test_after_a_kill_another_takes_over_as_soon_as_the_lease_lapses(
    store: Store, url_of: Callable[[Store], str]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_FOR_EVER, url_of(store)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "1\n"
        assert acquire(store, "autumn", "next") is None
        holder.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        taken = None
        while taken is None and time.monotonic() < killed + 10:
            taken = acquire(store, "autumn", "next")
    assert taken
    assert taken.token == 2
    assert time.monotonic() - killed < 5


def test_holding_a_lease_checks_token_and_expiry(
    store: Store, campaign: Campaign, run: Callable[..., Lease]
) -> None:
    lease = run(campaign)
    with store.writing() as connection:
        assert hold(connection, lease) == "running"
    with store.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=db_time()))
    with pytest.raises(LeaseLapsed), store.writing() as connection:
        hold(connection, lease)
    with store.writing() as connection:
        assert hold(connection, lease, unexpired=False) == "running"
    assert acquire(store, campaign.name, "other")
    with pytest.raises(LeaseLost, match="another worker"), store.writing() as connection:
        hold(connection, lease, unexpired=False)


def test_a_campaign_nobody_has_applied_has_no_lease_to_hold(store: Store) -> None:
    lease = acquire(store, "autumn", "a")
    assert lease
    with pytest.raises(NotThere), store.writing() as connection:
        hold(connection, lease)


def test_a_takeover_waits_for_the_write_that_holds_the_lease(
    store: Store, lease: Lease, url_of: Callable[[Store], str], now: datetime
) -> None:
    """No write under an old token is ever committed after the takeover."""
    other = open_store(url_of(store))
    order: list[str] = []
    with store.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=db_time()))
    with store.writing() as connection:
        hold(connection, lease, unexpired=False)
        started = threading.Event()

        def take_over() -> None:
            started.set()
            assert acquire(other, lease.campaign, "other")
            order.append("taken over")

        thread = threading.Thread(target=take_over)
        thread.start()
        started.wait()
        thread.join(timeout=0.3)
        order.append("written")
    thread.join(timeout=10)
    other.close()
    assert order == ["written", "taken over"]
