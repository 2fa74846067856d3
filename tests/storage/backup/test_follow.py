"""A database that is followed: what was committed is in the folder within a moment."""

import errno
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import delete, inspect, select, text, update

from campaigns.effects import AttemptEnded
from campaigns.leads import Attempt, Candidate
from campaigns.spec.campaign import Campaign
from faults.processes import disk_full
from lab.wait import until
from storage import dnc
from storage.backup.anew import Anew, Wrote
from storage.backup.behind import MARK, NOTES, how_far_behind, seconds_behind
from storage.backup.digest import Count
from storage.backup.errors import BackupUnreadable, NoLongerFollowed, NotWritten
from storage.backup.folder import chain_at, forget_before, full_name, listed, segment_name
from storage.backup.follow import ANEW, Follower
from storage.backup.journal import Journal, Notes, remove
from storage.backup.keys import Identity, Recipient
from storage.backup.look import look
from storage.backup.restore import restore
from storage.backup.rows import key_of, read_rows
from storage.backup.sealing import seal
from storage.backup.segment import segment_of
from storage.backup.shape import SHAPES
from storage.backup.snapshot import head_of, snapshot
from storage.backup.take import take
from storage.dbtime import db_time
from storage.engine import Store
from storage.leases import Lease
from storage.migrate import revisions
from storage.partitions import CHANGES
from storage.record import record
from storage.tables.lists import DO_NOT_CALL
from storage.tables.people import LEADS
from tests.storage.backup.conftest import EACH_ONCE
from tests.storage.backup.test_restore import FENCED, contents

SECONDS = 20.0


@dataclass
class Seen:
    """What a follower has told."""

    wrote: list[Wrote] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    ended: list[Exception] = field(default_factory=list)

    def full(self) -> bool:
        return any(one.path.name.endswith("-full.age") for one in self.wrote)


Follows = Callable[..., AbstractContextManager[Seen]]


@pytest.fixture
def follows(store: Store, tmp_path: Path, recipients: list[Recipient]) -> Iterator[Follows]:
    """Follow the database into a folder as long as the block lasts."""

    @contextmanager
    def follow(folder: Path = tmp_path / "followed", anew: float = ANEW) -> Iterator[Seen]:
        seen, stop = Seen(), threading.Event()
        follower = Follower(store, folder, recipients, seen.wrote.append, seen.troubles.append)

        def run() -> None:
            try:
                follower.run(stop, 0.05, anew)
            except (NoLongerFollowed, NotWritten) as told:
                seen.ended.append(told)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            assert until(lambda: seen.full() or seen.ended, SECONDS)
            yield seen
        finally:
            stop.set()
            thread.join(SECONDS)

    yield follow
    remove(store)


def quiet(store: Store) -> Callable[[], bool]:
    """Everything that was noted has been written down."""

    def is_so() -> bool:
        with store.reading() as connection:
            return connection.execute(text(f"SELECT count(*) FROM {CHANGES}")).scalar() == 1  # noqa: S608

    return is_so


def same(store: Store, target: Store) -> None:
    """All rows, but for what a restore changes on purpose."""
    before, after = contents(store), contents(target)
    for name, rows in before.items():
        if name not in FENCED:
            assert rows == after[name], name
        elif name not in {"meta", "do_not_call", "leases"}:
            assert len(rows) == len(after[name]), name


@EACH_ONCE
def test_what_dialling_writes_is_restored(
    store: Store,
    target: Store,
    tmp_path: Path,
    follows: Follows,
    lease: Lease,
    campaign: Campaign,
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
    talked: Callable[..., AttemptEnded],
    identities: Sequence[Identity],
    now: datetime,
) -> None:
    with follows() as seen:
        first, second, _ = place(lease, campaign, fill(campaign, 3))
        assert until(quiet(store), SECONDS)
        record(store, lease, campaign, [talked(first), talked(second, "never")])
        dnc.add(store, ["+49301111111"], now, "test")
        dnc.add(store, ["+49301111112"], now, "test")
        assert until(quiet(store), SECONDS)
        dnc.remove(store, "+49301111111")
        assert until(quiet(store), SECONDS)
    assert not seen.troubles
    assert not seen.ended
    chain = chain_at(tmp_path / "followed")
    assert len(chain.segments) >= 3
    restored = restore(target, chain, identities, hold=0)
    same(store, target)
    assert restored.taken_at >= seen.wrote[-1].taken_at
    assert restored.fenced.open == 1
    with target.reading() as connection:
        listed_now = set(connection.execute(select(DO_NOT_CALL.c.number)).scalars())
        assert "+49301111112" in listed_now
        assert "+49301111111" not in listed_now
    assert look(chain, identities).segments == len(chain.segments)


@EACH_ONCE
def test_writers_that_race_with_it_lose_nothing(
    store: Store,
    target: Store,
    tmp_path: Path,
    follows: Follows,
    fill_all: Callable[..., None],
    identities: Sequence[Identity],
) -> None:
    fill_all()

    def write(name: int) -> None:
        for n in range(10):
            with store.writing() as connection:
                connection.execute(update(LEADS).values(rank=LEADS.c.rank + 1))
                key = text("INSERT INTO meta (key, value) VALUES (:key, 'x')")
                connection.execute(key, {"key": f"race-{name}-{n}"})
            with store.writing() as connection:
                gone = text("DELETE FROM meta WHERE key = :key")
                connection.execute(gone, {"key": f"race-{name}-{n - 1}"})

    try:
        with follows():
            threads = [threading.Thread(target=write, args=(n,)) for n in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            fill_all(count=5, first=8)
        restore(target, chain_at(tmp_path / "followed"), identities, hold=0)
        same(store, target)
        with target.reading() as connection:
            ranks = list(connection.execute(select(LEADS.c.rank).order_by("rank")).scalars())
            keys = list(
                connection.execute(
                    text("SELECT key FROM meta WHERE key LIKE 'race-%' ORDER BY 1")
                ).scalars()
            )
        assert ranks[-7:] == [31, 32, 33, 34, 35, 36, 37]
        assert keys == ["race-0-9", "race-1-9", "race-2-9"]
    finally:
        with store.writing() as connection:
            connection.execute(text("DELETE FROM meta WHERE key LIKE 'race-%'"))


def test_the_database_notes_nothing_once_it_has_ended(store: Store, follows: Follows) -> None:
    with follows():
        pass
    with store.reading() as connection:
        assert not inspect(connection).has_table(CHANGES)


def test_it_is_told_how_far_behind_it_is(store: Store, follows: Follows, now: datetime) -> None:
    assert how_far_behind(store) is None
    with follows():
        assert until(quiet(store), SECONDS)
        dnc.add(store, ["+49301111111"], now, "test")
        assert until(quiet(store), SECONDS)
        behind = how_far_behind(store)
        assert behind
        assert behind.notes == 0
        assert behind.seconds < SECONDS
    assert seconds_behind(store) is None


def test_the_notes_of_one_that_was_killed_are_told_of_until_they_are_gone(
    store: Store, fill_all: Callable[..., None], follows: Follows
) -> None:
    Journal(store).begin()
    fill_all(count=2)
    with store.writing() as connection:
        connection.execute(update(NOTES).where(MARK).values(at=db_time(-3600)))
    behind = how_far_behind(store)
    assert behind
    assert behind.notes >= 2 * len(SHAPES)
    assert 3600 <= behind.seconds < 3700
    with follows():
        pass
    assert how_far_behind(store) is None


def test_one_that_has_nothing_to_write_says_that_it_is_there(
    store: Store, follows: Follows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.backup.journal.BEAT", 0.0)
    with follows():
        assert until(quiet(store), SECONDS)
        with store.writing() as connection:
            connection.execute(update(NOTES).where(MARK).values(at=db_time(-3600)))
        assert until(lambda: (seconds_behind(store) or 3600) < 60, SECONDS)


def test_two_never_follow_into_one_folder(follows: Follows) -> None:
    with follows() as first, follows() as second:
        assert not first.ended
        assert "another process follows into this folder" in str(second.ended[0])


def test_one_whose_notes_were_taken_away_says_so_and_ends(
    store: Store, tmp_path: Path, follows: Follows
) -> None:
    with follows() as first, follows(tmp_path / "other") as second:
        assert until(lambda: first.ended, SECONDS)
        assert isinstance(first.ended[0], NoLongerFollowed)
        assert not second.ended
    with follows() as third:
        with store.writing() as connection:
            on = "" if store.is_sqlite else " ON leads"
            connection.execute(text(f"DROP TRIGGER followed_leads_update{on}"))
        assert until(lambda: third.ended, SECONDS)


def test_one_whose_database_was_upgraded_says_so_and_ends(store: Store, follows: Follows) -> None:
    version = text("UPDATE alembic_version SET version_num = :to")
    try:
        with follows() as seen:
            with store.writing() as connection:
                connection.execute(version, {"to": "0009"})
                connection.execute(text("UPDATE meta SET value = value"))
            assert until(lambda: seen.ended, SECONDS)
            assert "was upgraded while it was followed" in str(seen.ended[0])
    finally:
        with store.writing() as connection:
            connection.execute(version, {"to": revisions()[-1]})


@EACH_ONCE
def test_a_full_disk_is_waited_for_and_nothing_lost(
    store: Store,
    target: Store,
    tmp_path: Path,
    follows: Follows,
    fill_all: Callable[..., None],
    identities: Sequence[Identity],
) -> None:
    with follows() as seen:
        if not store.is_sqlite:  # whose own files are this process's
            with disk_full(os.getpid(), 100):
                fill_all()
                assert until(lambda: seen.troubles, SECONDS)
            assert "cannot be written" in seen.troubles[0]
        else:
            fill_all()
        assert until(quiet(store), SECONDS)
    restore(target, chain_at(tmp_path / "followed"), identities, hold=0)
    same(store, target)


def test_a_session_that_is_lost_in_a_whole_backup_is_told_of_and_it_is_made_again(
    store: Store, tmp_path: Path, recipients: list[Recipient], monkeypatch: pytest.MonkeyPatch
) -> None:
    if store.is_sqlite:
        pytest.skip("SQLite has no sessions")
    monkeypatch.setattr("storage.backup.anew.AGAIN", 0.1)
    seen, stop, ended = Seen(), threading.Event(), threading.Event()
    copies = text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND query LIKE 'COPY%' AND pid <> pg_backend_pid()"
    )

    def unlucky(*_: object) -> None:
        if not ended.is_set():
            ended.set()
            with store.reading() as connection:
                assert connection.execute(copies).scalar_one()

    monkeypatch.setattr(Anew, "_go_on_or_give_up", unlucky)
    follower = Follower(store, tmp_path / "f", recipients, seen.wrote.append, seen.troubles.append)
    thread = threading.Thread(target=follower.run, args=(stop, 0.05))
    thread.start()
    try:
        assert until(seen.full, SECONDS)
    finally:
        stop.set()
        thread.join(SECONDS)
    assert "the connection is lost" in seen.troubles[0]


@pytest.mark.parametrize("name", ["iterdir", "unlink"])
def test_a_folder_that_breaks_is_told_of_in_a_sentence_and_waited_for(
    store: Store,
    tmp_path: Path,
    follows: Follows,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    now: datetime,
) -> None:
    """After the beginning, when whole backups are made beside it."""
    monkeypatch.setattr("storage.backup.anew.AGAIN", 0.0)
    with follows(anew=0) as seen:
        with monkeypatch.context() as patch:

            def broken(path: Path, **_: object) -> None:
                raise OSError(errno.EIO, "Input/output error")

            patch.setattr(Path, name, broken)
            number = count(10_000)

            def tells() -> bool:
                dnc.add(store, [f"+4930{next(number)}"], now, "test")
                return bool(seen.troubles)

            assert until(tells, SECONDS)
        assert seen.troubles[0].endswith("it cannot be looked at or removed: Input/output error")
        before = len(seen.wrote)
        dnc.add(store, ["+49301111112"], now, "test")
        assert until(lambda: len(seen.wrote) > before, SECONDS)
        assert not seen.ended


@EACH_ONCE
def test_what_a_killed_one_has_left_is_its_successors(
    store: Store,
    target: Store,
    tmp_path: Path,
    follows: Follows,
    fill_all: Callable[..., None],
    identities: Sequence[Identity],
) -> None:
    Journal(store).begin()  # of one that is no more
    fill_all()
    with follows() as seen:
        assert not seen.ended
    with follows(), store.writing() as connection:
        connection.execute(delete(DO_NOT_CALL))
    restore(target, chain_at(tmp_path / "followed"), identities, hold=0)
    same(store, target)


def test_a_chain_is_the_newest_whole_backup_and_all_that_follows(tmp_path: Path) -> None:
    names = [full_name(0), segment_name(1), segment_name(2), full_name(2), segment_name(3)]
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / ".00000004.age.abcd.part").touch()
    chain = chain_at(tmp_path)
    assert chain.full.name == full_name(2)
    assert [path.name for path in chain.segments] == [segment_name(3)]
    (tmp_path / segment_name(5)).touch()
    with pytest.raises(BackupUnreadable, match=r"00000004\.age is missing"):
        chain_at(tmp_path)
    forget_before(tmp_path, 2)
    assert [path.name for paths in listed(tmp_path) for path in paths] == [
        full_name(2),
        segment_name(2),
        segment_name(3),
        segment_name(5),
    ]


def test_numbers_of_nine_digits_follow_those_of_eight(tmp_path: Path) -> None:
    """Ten segments a second are a hundred million in four months."""
    names = [full_name(99_999_999), segment_name(100_000_000), segment_name(100_000_001)]
    for name in [segment_name(99_999_999), *names]:
        (tmp_path / name).touch()
    chain = chain_at(tmp_path)
    assert [path.name for path in (chain.full, *chain.segments)] == names


def test_what_a_killed_one_had_begun_to_write_is_removed(tmp_path: Path, follows: Follows) -> None:
    folder = tmp_path / "followed"
    folder.mkdir()
    begun = [f".{full_name(3)}.0a1b2c3d.part", f".{segment_name(4)}.0a1b2c3d.part"]
    others = [".monday.age.0a1b2c3d.part", "mine.part"]
    for name in (*begun, *others):
        (folder / name).touch()
    with follows(folder):
        left = {path.name for path in folder.iterdir()}
    assert left >= set(others)
    assert not left & set(begun)


def test_a_folder_without_a_whole_backup_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(BackupUnreadable, match="no whole backup in this folder"):
        chain_at(tmp_path)


@EACH_ONCE
def test_a_segment_with_fewer_rows_than_it_says_is_refused(
    store: Store,
    target: Store,
    tmp_path: Path,
    fill_all: Callable[..., None],
    recipients: list[Recipient],
    identities: Sequence[Identity],
) -> None:
    fill_all()
    take(store, tmp_path / full_name(0), recipients)
    shape = next(shape for shape in SHAPES if shape.table == "meta")
    with snapshot(store) as (connection, taken_at):
        head = head_of(connection, taken_at, after=0)
        keys = [key_of(line, shape) for line in read_rows(connection, shape)]
        lines = list(segment_of(connection, head, Notes([1], {shape: keys}), [Count(shape)]))
    cut = [line for line in lines if not line.startswith(b"key-7")]
    assert len(cut) == len(lines) - 1
    seal(tmp_path / segment_name(1), cut, recipients)
    for act in (
        lambda: look(chain_at(tmp_path), identities),
        lambda: look(chain_at(tmp_path / segment_name(1)), identities),
        lambda: restore(target, chain_at(tmp_path), identities),
    ):
        with pytest.raises(BackupUnreadable, match="not those that it says it has"):
            act()


@EACH_ONCE
def test_a_segment_of_another_chain_is_refused(
    store: Store,
    target: Store,
    tmp_path: Path,
    follows: Follows,
    identities: Sequence[Identity],
    now: datetime,
) -> None:
    folder = tmp_path / "followed"
    with follows() as seen:
        for n in range(2):
            dnc.add(store, [f"+4930111111{n}"], now + timedelta(seconds=n), "test")
            assert until(quiet(store), SECONDS)
    first, second = chain_at(folder).segments[:2]
    assert seen.wrote
    first.write_bytes(second.read_bytes())
    with pytest.raises(BackupUnreadable, match="does not belong to the file before it"):
        restore(target, chain_at(folder), identities)
