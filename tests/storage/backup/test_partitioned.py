"""Backups of partitioned databases, and into them."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from campaigns.effects import AttemptEnded
from campaigns.leads import Attempt, Candidate
from campaigns.spec.campaign import Campaign
from lab.wait import until
from storage.backup.errors import NoLongerFollowed
from storage.backup.folder import Chain, chain_at
from storage.backup.journal import Journal
from storage.backup.keys import Identity, Recipient
from storage.backup.restore import restore
from storage.backup.take import take
from storage.engine import Store, open_store
from storage.leases import Lease
from storage.migrate import require_current
from storage.partitioning.convert import Layout, layout_of, partition
from storage.record import record
from tests.storage.backup import test_follow as following
from tests.storage.backup.test_restore import contents

SECONDS = following.SECONDS
follows = following.follows
of_each = pytest.mark.parametrize("store", ["postgresql", "partitioned"], indirect=True)


@pytest.fixture
def partitioned(set_up_url: str) -> Iterator[Store]:
    """An empty database that is partitioned."""
    store = open_store(set_up_url)
    partition(store, customers=3)
    yield store
    store.close()


@of_each
def test_a_restore_leaves_the_database_partitioned_as_it_was(
    used: Store,
    partitioned: Store,
    tmp_path: Path,
    recipients: list[Recipient],
    identities: Sequence[Identity],
) -> None:
    taken = take(used, tmp_path / "b.age", recipients)
    assert restore(partitioned, Chain(taken.path), identities, hold=0).rows == taken.rows
    require_current(partitioned)
    with partitioned.reading() as connection:
        assert layout_of(connection) == Layout(True, 3)
    before, after = contents(used), contents(partitioned)
    for name in ("attempts", "attempt_events", "customers"):
        assert before[name] == after[name]
        assert len(after[name]) == 7


@pytest.mark.parametrize("store", ["partitioned"], indirect=True)
def test_what_dialling_writes_into_partitions_is_followed(
    store: Store,
    partitioned: Store,
    tmp_path: Path,
    follows: following.Follows,
    lease: Lease,
    campaign: Campaign,
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
    talked: Callable[..., AttemptEnded],
    identities: Sequence[Identity],
) -> None:
    with follows() as seen:
        first, second, _ = place(lease, campaign, fill(campaign, 3))
        assert until(following.quiet(store), SECONDS)
        record(store, lease, campaign, [talked(first), talked(second, "never")])
        assert until(following.quiet(store), SECONDS)
    assert [*seen.troubles, *seen.ended] == []
    restore(partitioned, chain_at(tmp_path / "followed"), identities, hold=0)
    following.same(store, partitioned)


def test_whoever_follows_is_told_when_the_tables_are_made_anew(set_up_url: str) -> None:
    store = open_store(set_up_url)
    journal = Journal(store)
    journal.begin()
    with store.reading() as connection:
        journal.read(connection)
    partition(store)
    with pytest.raises(NoLongerFollowed), store.reading() as connection:
        journal.read(connection)
    store.close()
