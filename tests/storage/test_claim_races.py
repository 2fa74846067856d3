"""Many claimers at once, from threads and from processes: no lead and no number twice."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from campaigns.effects import AttemptEnded
from campaigns.leads import Attempt, Candidate, DialOrder
from campaigns.spec.campaign import Campaign
from storage.claims import claim
from storage.engine import Store, open_store
from storage.errors import DatabaseBusy, LeaseLapsed, LeaseLost
from storage.leases import Lease, acquire, release
from storage.record import record
from storage.tables.attempts import ATTEMPTS
from storage.tables.people import LEADS

OrderFor = Callable[[Candidate], DialOrder]
Fill = Callable[..., list[Candidate]]

# Claims every lead of its campaign, one at a time, and says how many it got.
CLAIM_ALL = """
import sys
from datetime import datetime, timedelta
from campaigns.effects import AttemptEnded
from campaigns.leads import DialOrder
from storage import campaigns
from storage.candidates import candidates
from storage.claims import claim
from storage.engine import open_store
from storage.leases import acquire
store = open_store(sys.argv[1])
now = datetime.fromisoformat(sys.argv[3])
stored = campaigns.get(store, sys.argv[2])
lease = acquire(store, stored.name, "process", ttl=60)
got = 0
for candidate in candidates(store, stored.spec, 500, frozenset(), now):
    order = DialOrder(candidate, "main", "carrier", stored.spec.caller_ids[0])
    got += len(claim(store, lease, stored.spec, stored.version, [order], now).attempts)
print(got)
store.close()
"""


def claim_one_by_one(
    store: Store, lease: Lease, campaign: Campaign, orders: list[DialOrder], now: datetime
) -> list[Attempt]:
    attempts = []
    for order in orders:
        try:
            attempts += claim(store, lease, campaign, 1, [order], now).attempts
        except DatabaseBusy:  # SQLite under many writers: nothing was written, so once more
            attempts += claim(store, lease, campaign, 1, [order], now).attempts
    return attempts


def overlaps(store: Store) -> int:
    """Numbers with more than one live attempt."""
    live = select(ATTEMPTS.c.number).where(ATTEMPTS.c.ended_at.is_(None))
    twice = live.group_by(ATTEMPTS.c.number).having(func.count() > 1)
    with store.reading() as connection:
        return len(connection.execute(twice).all())


def test_threads_that_claim_the_same_leads_share_them(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    fill: Fill,
    order_for: OrderFor,
    url_of: Callable[[Store], str],
    now: datetime,
) -> None:
    orders = [order_for(candidate) for candidate in fill(campaign, 60)]
    stores = [open_store(url_of(store)) for _ in range(4)]
    got: list[Attempt] = []

    def work(own: Store, mine: list[DialOrder]) -> None:
        got.extend(claim_one_by_one(own, lease, campaign, mine, now))

    threads = [
        threading.Thread(target=work, args=(own, orders[n * 15 :] + orders[: n * 15]))
        for n, own in enumerate(stores)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for own in stores:
        own.close()
    assert max(Counter(a.order.candidate.lead_id for a in got).values()) == 1
    with store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(ATTEMPTS)).scalar() == len(got)
        assert connection.execute(select(func.sum(LEADS.c.attempts_total))).scalar() == len(got)
    # whoever was refused because the lead was locked gets it the second time round
    assert len(got) + len(claim_one_by_one(store, lease, campaign, orders, now)) == 60


def test_processes_with_two_campaigns_never_call_a_number_at_the_same_time(
    store: Store,
    run: Callable[..., Lease],
    make_campaign: Callable[..., Campaign],
    fill: Fill,
    url_of: Callable[[Store], str],
    now: datetime,
) -> None:
    names = ("autumn", "winter")
    for name in names:
        campaign = make_campaign(name=name, leads={"list": name}, attempts={"min_gap": 0})
        release(store, run(campaign))
        fill(campaign, 40)  # the same numbers on both lists
    patience = "?timeout=60" if store.is_sqlite else ""  # the machine may be busy with other tests
    command = [sys.executable, "-c", CLAIM_ALL, url_of(store) + patience]
    workers = [
        subprocess.Popen([*command, name, now.isoformat()], stdout=subprocess.PIPE, text=True)
        for name in names
    ]
    got = [int(worker.communicate(timeout=60)[0]) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0]
    assert overlaps(store) == 0
    assert sum(got) <= 40
    assert sum(got) >= 30  # a few may have been refused to both while the other held the lock


def test_a_claim_and_a_takeover_at_once_leave_no_attempt_under_the_old_token_after_it(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    fill: Fill,
    order_for: OrderFor,
    url_of: Callable[[Store], str],
    now: datetime,
) -> None:
    orders = [order_for(candidate) for candidate in fill(campaign, 40)]
    other = open_store(url_of(store))
    taken = threading.Event()

    def take_over() -> None:
        release(other, lease)
        assert acquire(other, campaign.name, "other", ttl=60)
        taken.set()

    def claim_on() -> None:
        for n, order in enumerate(orders * 50):
            if n == 10:
                thread.start()
            if n > 10:  # SQLite gives the lock to whoever asks at the right moment
                taken.wait(0.002)
            was_taken = taken.is_set()
            got.append((was_taken, claim(store, lease, campaign, 1, [order], now).attempts))

    thread = threading.Thread(target=take_over)
    got: list[tuple[bool, list[Attempt]]] = []
    with pytest.raises((LeaseLapsed, LeaseLost)):  # it is free for a moment, and then another's
        claim_on()
    thread.join()
    other.close()
    assert not any(attempts for was_taken, attempts in got if was_taken)
    assert any(attempts for _, attempts in got)


def test_results_of_two_campaigns_for_the_same_customers_at_once(
    store: Store,
    run: Callable[..., Lease],
    make_campaign: Callable[..., Campaign],
    fill: Fill,
    place: Callable[..., list[Attempt]],
    ended: Callable[..., AttemptEnded],
    url_of: Callable[[Store], str],
    now: datetime,
) -> None:
    """They lock the same customers, told in opposite orders, and must not block each other."""
    names = ("autumn", "winter")
    work: list[tuple[Store, Lease, Campaign, list[list[AttemptEnded]]]] = []
    for n, name in enumerate(names):
        campaign = make_campaign(name=name, leads={"list": name}, attempts={"min_gap": 0})
        lease, found = run(campaign), fill(campaign, 300)
        at = now + timedelta(hours=n)
        placed = place(lease, campaign, found, at)
        results = [ended(attempt) for attempt in placed]
        with store.writing() as connection:  # forged, so that both may be live at once
            without_plus = func.substr(ATTEMPTS.c.number, 2)
            this = ATTEMPTS.c.campaign == "autumn"
            connection.execute(update(ATTEMPTS).where(this).values(number=without_plus))
        batches = [results[k : k + 30] for k in range(0, 300, 30)]
        work.append((open_store(url_of(store)), lease, campaign, batches[:: 1 - 2 * n]))
    failures: list[Exception] = []
    together = threading.Barrier(2)

    def tell(
        own: Store, lease: Lease, campaign: Campaign, batches: list[list[AttemptEnded]]
    ) -> None:
        together.wait()
        try:
            for batch in batches:
                record(own, lease, campaign, batch)
        except Exception as failure:  # noqa: BLE001 - told below, in the test's own thread
            failures.append(failure)

    threads = [threading.Thread(target=tell, args=each) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for own, *_ in work:
        own.close()
    assert failures == []
