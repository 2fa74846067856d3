"""A backup of either database goes back into either, and is what it was."""

import errno
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, insert, inspect, select, text

from faults.processes import disk_full
from lab.wait import until
from storage.backup import keys
from storage.backup.errors import BackupError, BackupUnreadable, CannotRestore, NotWritten
from storage.backup.folder import Chain
from storage.backup.keys import Identity, Recipient
from storage.backup.look import look
from storage.backup.restore import restore
from storage.backup.script import Head
from storage.backup.sealing import seal
from storage.backup.shape import SHAPES, Shape
from storage.backup.snapshot import head_of
from storage.backup.take import take
from storage.backup.writing import write_head
from storage.engine import Store, open_store
from storage.errors import DatabaseTooOld, Refused
from storage.ids import new_id
from storage.migrate import configuration, create_or_upgrade, require_current
from storage.tables.all import TABLES
from storage.tables.attempts import ATTEMPT_EVENTS
from storage.tables.campaigns import LEASES
from storage.tables.people import CUSTOMERS, LEADS
from storage.tables.records import META
from tests.storage.backup.conftest import EACH_ONCE, MOMENT

FENCED = {"campaigns", "leases", "agent_orders", "leads", "do_not_call", "meta"}


def contents(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, as Python sees it."""
    with store.reading() as connection:
        return {
            table.name: sorted(
                (dict(row) for row in connection.execute(select(table)).mappings()), key=repr
            )
            for table in TABLES
        }


def test_every_value_of_every_table_comes_back(
    used: Store,
    target: Store,
    tmp_path: Path,
    recipients: list[Recipient],
    identities: Sequence[Identity],
) -> None:
    taken = take(used, tmp_path / "b.age", recipients)
    before = contents(used)
    restored = restore(target, Chain(taken.path), identities, hold=0)
    after = contents(target)
    assert restored.rows == taken.rows == look(Chain(taken.path), identities).rows
    assert all(before[name] == after[name] for name in before if name not in FENCED)
    for name in FENCED - {"meta", "leases"}:
        assert len(before[name]) == len(after[name]) == 7
    assert len(after["leases"]) == 14  # and one for each campaign that had none
    require_current(target)


def test_the_file_is_its_owners_alone_and_says_nothing_to_others(
    used: Store, tmp_path: Path, recipients: list[Recipient]
) -> None:
    path = take(used, tmp_path / "b.age", recipients).path
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes().startswith(b"age-encryption.org/v1\n")
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".part")] == []


def test_it_holds_one_moment_whatever_is_written_meanwhile(
    used: Store,
    target: Store,
    tmp_path: Path,
    recipients: list[Recipient],
    identities: Sequence[Identity],
) -> None:
    """A customer and a lead are written together once the customers have been read."""
    wrote = threading.Event()

    def meanwhile(table: str, _rows: int) -> None:
        if table == "customers" and not wrote.is_set():
            wrote.set()
            with used.writing() as connection:
                customer, lead = new_id(), new_id()
                row = dict(connection.execute(select(LEADS)).mappings().first() or {})
                times = dict.fromkeys(("created_at", "updated_at", "idle_since"), MOMENT)
                whose = {"id": customer, "number": "+1", **times}
                connection.execute(insert(CUSTOMERS), whose)
                new = {"id": lead, "customer_id": customer, "number": "+1"}
                connection.execute(insert(LEADS), row | new)

    taken = take(used, tmp_path / "b.age", recipients, meanwhile)
    assert wrote.is_set()
    assert restore(target, Chain(taken.path), identities).rows["leads"] == 7


def test_a_database_that_holds_rows_is_left_as_it_is(
    used: Store, tmp_path: Path, recipients: list[Recipient], identities: Sequence[Identity]
) -> None:
    path = take(used, tmp_path / "b.age", recipients).path
    before = contents(used)
    with pytest.raises(CannotRestore, match=r"is not empty .*restore into a new one"):
        restore(used, Chain(path), identities)
    assert contents(used) == before


@EACH_ONCE
def test_one_that_was_only_set_up_is_empty_and_what_it_knows_of_itself_stays(
    used: Store,
    target: Store,
    tmp_path: Path,
    recipients: list[Recipient],
    identities: Sequence[Identity],
) -> None:
    path = take(used, tmp_path / "b.age", recipients).path
    create_or_upgrade(target)
    with target.writing() as connection:
        connection.execute(insert(META), [{"key": "job_key", "value": "new"}])
    restore(target, Chain(path), identities)
    kept = {row["key"]: row["value"] for row in contents(target)["meta"]}
    assert kept["job_key"] == "new"
    assert kept["restored_at"] > kept["restored_from"]


def spoil(path: Path, change: Callable[[bytearray], None]) -> None:
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)


def cut(content: bytearray) -> None:
    del content[len(content) // 2 :]


def cut_the_end(content: bytearray) -> None:
    del content[-1:]


def flip(content: bytearray) -> None:
    content[-30] ^= 1


def flip_the_head(content: bytearray) -> None:
    content[40] ^= 1


def empty(content: bytearray) -> None:
    content.clear()


def another_file(content: bytearray) -> None:
    content[:] = b"number,name\n+49301,Ada\n"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (cut, "damaged or cut short"),
        (cut_the_end, "damaged or cut short"),
        (flip, "damaged or cut short"),
        (flip_the_head, "cannot be opened with this key|not a backup"),
        (another_file, "not a backup made by Dialplane"),
        (empty, "not a backup made by Dialplane"),
    ],
)
def test_a_spoilt_file_is_refused_and_nothing_of_it_kept(
    used: Store,
    target: Store,
    tmp_path: Path,
    recipients: list[Recipient],
    identities: Sequence[Identity],
    change: Callable[[bytearray], None],
    told: str,
) -> None:
    path = take(used, tmp_path / "b.age", recipients).path
    spoil(path, change)
    for act in (
        lambda: look(Chain(path), identities),
        lambda: restore(target, Chain(path), identities),
    ):
        with pytest.raises(BackupUnreadable, match=told):
            act()
    with pytest.raises(DatabaseTooOld):
        require_current(target)


@EACH_ONCE
def test_a_big_file_that_is_cut_is_found_out_before_anything_is_kept(
    store: Store,
    target: Store,
    tmp_path: Path,
    fill_all: Callable[..., None],
    recipients: list[Recipient],
    identities: Sequence[Identity],
) -> None:
    """Its first half is good, and was in the database already when its end was missed."""
    with store.writing() as connection:
        connection.execute(insert(ATTEMPT_EVENTS), lines(20_000))
    path = take(store, tmp_path / "b.age", recipients).path
    assert path.stat().st_size > 4 * 65_536
    spoil(path, cut)
    with pytest.raises(BackupUnreadable, match="damaged or cut short"):
        restore(target, Chain(path), identities)
    with pytest.raises(DatabaseTooOld):
        require_current(target)


def test_another_key_does_not_open_it(
    used: Store, target: Store, tmp_path: Path, recipients: list[Recipient]
) -> None:
    other = tmp_path / "other.key"
    keys.make_key(other)
    path = take(used, tmp_path / "b.age", recipients).path
    with pytest.raises(BackupUnreadable, match="cannot be opened with this key"):
        restore(target, Chain(path), keys.identities_in(other))


@pytest.mark.parametrize(
    ("table", "column", "kind"),
    [
        ("meta; DROP TABLE meta", "key", "text"),
        ("meta", 'key") FROM stdin; DROP TABLE meta; --', "text"),
        ("pg_authid", "rolname", "text"),
        ("meta", "key", "code"),
    ],
)
def test_a_file_that_a_stranger_has_sealed_brings_no_statements(
    target: Store,
    tmp_path: Path,
    recipients: list[Recipient],
    identities: Sequence[Identity],
    table: str,
    column: str,
    kind: str,
) -> None:
    shape = Shape(table, (column,), (kind,), (column,))
    head = Head("0010", "dialplane 1", "postgresql", MOMENT, (shape,))
    path = tmp_path / "forged.age"
    seal(path, [write_head(head), b"-- end {}\n"], recipients)
    with pytest.raises(BackupUnreadable, match="no backup as Dialplane writes them"):
        restore(target, Chain(path), identities)


@EACH_ONCE
def test_a_restore_that_breaks_off_leaves_nothing(
    used: Store,
    target: Store,
    tmp_path: Path,
    recipients: list[Recipient],
    identities: Sequence[Identity],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = take(used, tmp_path / "b.age", recipients).path

    def stops(*_: object) -> None:
        raise BackupError("the machine stops here")

    monkeypatch.setattr("storage.backup.restore.fence", stops)
    with pytest.raises(BackupError, match="stops here"):
        restore(target, Chain(path), identities)
    with pytest.raises(DatabaseTooOld):
        require_current(target)
    monkeypatch.undo()
    assert restore(target, Chain(path), identities).rows["leads"] == 7


RESTORE = """
import sys
from pathlib import Path
from storage.backup.folder import Chain
from storage.backup.keys import identities_in
from storage.backup.restore import restore
from storage.engine import open_store
restore(open_store(sys.argv[1]), Chain(Path(sys.argv[2])), identities_in(Path(sys.argv[3])))
"""


@EACH_ONCE
def test_a_restore_that_is_killed_leaves_nothing(
    store: Store,
    target: Store,
    tmp_path: Path,
    url_of: Callable[[Store], str],
    key: Path,
    recipients: list[Recipient],
    identities: Sequence[Identity],
) -> None:
    with store.writing() as connection:
        connection.execute(insert(ATTEMPT_EVENTS), lines(25_000))
    path = take(store, tmp_path / "b.age", recipients).path
    words = [sys.executable, "-c", RESTORE, url_of(target), str(path), str(key)]
    process = subprocess.Popen(words)
    try:
        assert until(lambda: is_loading(target), 30)
        process.kill()
        assert process.wait(10) == -signal.SIGKILL
    finally:
        process.kill()
    with pytest.raises(DatabaseTooOld):
        require_current(target)
    assert restore(target, Chain(path), identities).rows["attempt_events"] == 25_000


def is_loading(target: Store) -> bool:
    """Rows are being written to it, which nobody can see yet."""
    if target.is_sqlite:
        log = Path(f"{target.engine.url.database}-wal")
        return log.exists() and log.stat().st_size > 1_000_000
    query = text("SELECT count(*) FROM pg_stat_progress_copy WHERE tuples_processed > 1000")
    with target.reading() as connection:
        return bool(connection.execute(query).scalar())


def lines(count: int) -> list[dict[str, Any]]:
    """Of history."""
    return [
        {"attempt_id": new_id(), "at": MOMENT, "what": "placed", "token": n, "detail": ""}
        for n in range(count)
    ]


def test_rows_that_the_other_database_does_not_take_are_told_of(
    sqlite_template: Path,
    postgres_url: str,
    tmp_path: Path,
    recipients: list[Recipient],
    identities: Sequence[Identity],
) -> None:
    """SQLite does not count the characters of a text; PostgreSQL does."""
    shutil.copy(sqlite_template, tmp_path / "source.db")
    source, target = open_store(f"sqlite:///{tmp_path / 'source.db'}"), open_store(postgres_url)
    try:
        with source.writing() as connection:
            connection.execute(insert(META), [{"key": "k" * 65, "value": "x"}])
        path = take(source, tmp_path / "b.age", recipients).path
        with pytest.raises(Refused, match="did not take what was to be stored"):
            restore(target, Chain(path), identities)
        with pytest.raises(DatabaseTooOld):
            require_current(target)
    finally:
        source.close()
        target.close()


def test_a_backup_of_a_newer_program_is_refused(
    used: Store,
    target: Store,
    tmp_path: Path,
    recipients: list[Recipient],
    identities: Sequence[Identity],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def newer(connection: Connection, taken_at: datetime) -> Head:
        told = head_of(connection, taken_at)
        return replace(told, schema="9999", program="dialplane 7.1")

    monkeypatch.setattr("storage.backup.take.head_of", newer)
    path = take(used, tmp_path / "b.age", recipients).path
    with pytest.raises(CannotRestore, match=r"by a newer program \(dialplane 7\.1; this is"):
        restore(target, Chain(path), identities)


@EACH_ONCE
def test_what_the_database_counts_by_itself_goes_on_after_the_restored(
    used: Store,
    target: Store,
    tmp_path: Path,
    recipients: list[Recipient],
    identities: Sequence[Identity],
) -> None:
    path = take(used, tmp_path / "b.age", recipients).path
    restore(target, Chain(path), identities)
    line = {"attempt_id": new_id(), "at": MOMENT, "what": "placed", "token": 1, "detail": ""}
    with target.writing() as connection:
        connection.execute(insert(ATTEMPT_EVENTS), line)
        assert connection.execute(text("SELECT max(seq) FROM attempt_events")).scalar() == 8


@EACH_ONCE
def test_the_database_is_as_it_was_made_indexes_and_triggers_too(
    used: Store,
    target: Store,
    tmp_path: Path,
    recipients: list[Recipient],
    identities: Sequence[Identity],
) -> None:
    path = take(used, tmp_path / "b.age", recipients).path
    restore(target, Chain(path), identities)
    with target.writing() as connection:
        command.check(configuration(connection))
    with pytest.raises(Exception, match="only be added to"), target.writing() as connection:
        connection.execute(text("DELETE FROM attempt_events"))
    with pytest.raises(Exception, match=r"(?i)foreign key"), target.writing() as connection:
        connection.execute(text("DELETE FROM customers"))


def test_every_token_leaps(
    used: Store,
    target: Store,
    tmp_path: Path,
    recipients: list[Recipient],
    identities: Sequence[Identity],
) -> None:
    path = take(used, tmp_path / "b.age", recipients).path
    restore(target, Chain(path), identities)
    with target.reading() as connection:
        assert min(connection.execute(select(LEASES.c.token)).scalars()) > 1_000_000


@pytest.mark.parametrize("room", [0, 100, 2100])
def test_a_full_disk_is_told_and_no_half_file_left(
    used: Store, tmp_path: Path, recipients: list[Recipient], key: Path, room: int
) -> None:
    """Also where it is full only for the very last piece, of which age itself says nothing."""
    with disk_full(os.getpid(), room), pytest.raises(NotWritten, match="cannot be written: File"):
        take(used, tmp_path / "b.age", recipients)
    assert [path.name for path in tmp_path.glob("*b.age*")] == []


def test_a_name_that_may_not_be_on_the_disk_is_nobodys(
    used: Store, tmp_path: Path, recipients: list[Recipient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the next try would find a file there, and so would a follower for ever."""
    real = os.fsync

    def fsync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(NotWritten, match="Input/output error"):
        take(used, tmp_path / "b.age", recipients)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.glob("*b.age*")] == []
    assert take(used, tmp_path / "b.age", recipients).rows["leads"] == 7


def test_a_file_that_is_there_is_not_written_over(
    used: Store, tmp_path: Path, recipients: list[Recipient]
) -> None:
    (tmp_path / "b.age").write_text("mine")
    with pytest.raises(NotWritten, match="there is a file already"):
        take(used, tmp_path / "b.age", recipients)
    assert (tmp_path / "b.age").read_text() == "mine"


def test_a_backup_of_an_earlier_version_is_brought_up_to_date(
    target: Store,
    tmp_path: Path,
    recipients: list[Recipient],
    identities: Sequence[Identity],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As the program of that version would have written it: without what came later."""
    with target.writing() as connection:
        command.upgrade(configuration(connection), "0009")
        line = {"attempt_id": new_id(), "at": MOMENT, "what": "placed", "token": 1, "detail": ""}
        connection.execute(insert(ATTEMPT_EVENTS), line)
        looked = inspect(connection)
        there = {t: {c["name"] for c in looked.get_columns(t)} for t in looked.get_table_names()}
    known = tuple(only(shape, there[shape.table]) for shape in SHAPES if shape.table in there)
    assert 0 < len(known) < len(SHAPES)
    monkeypatch.setattr("storage.backup.snapshot.SHAPES", known)
    monkeypatch.setattr("storage.backup.take.require_current", lambda _: None)
    path = take(target, tmp_path / "b.age", recipients).path
    with target.writing() as connection:
        command.downgrade(configuration(connection), "base")
    restored = restore(target, Chain(path), identities)
    assert restored.rows["attempt_events"] == 1
    require_current(target)
    assert contents(target)["attempt_events"][0]["stored_at"] is None


def only(shape: Shape, names: set[str]) -> Shape:
    kept = [n for n, name in enumerate(shape.columns) if name in names]
    columns, kinds = [[of[n] for n in kept] for of in (shape.columns, shape.kinds)]
    return Shape(shape.table, tuple(columns), tuple(kinds), shape.key)
