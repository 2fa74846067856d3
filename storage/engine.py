"""One way to the database for every process: open it, read, write, close.

SQLite is the embedded default: WAL, so that readers never wait for the one writer, and every
write begins with BEGIN IMMEDIATE, so that a decision reads and writes in one piece. PostgreSQL
serves several machines; there a decision locks the rows it is about.
"""

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import UUID

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from storage.errors import DatabaseBusy, DatabaseUnavailable
from storage.masking import masked
from storage.replica import MOST_BEHIND, Replica
from storage.sentences import in_words
from storage.urls import parse_url

BUSY_SECONDS = 5  # how long a writer waits for another
_WRITES = "dialplane_writes"
_SQLITE_SETTINGS = (
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
)
# A worker that stands still, or vanishes with its machine, in the middle of a transaction keeps
# its locks, the campaign's lease among them: the server ends its session before a lease (3 s) is
# missed. Between two statements of ours lies no work that takes so long.
STALL_SECONDS = 2
APPLICATION = "dialplane"  # how our sessions are known to the server
_POSTGRESQL_SESSION = {
    "timezone": "UTC",
    "lock_timeout": f"{BUSY_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{STALL_SECONDS}s",
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "2",
}
_POSTGRESQL_ARGUMENTS = {
    "connect_timeout": 5,
    "application_name": APPLICATION,
    "client_encoding": "utf8",
    # a server that vanishes without a word is noticed within seconds
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


@dataclass(frozen=True, slots=True)
class Store:
    """An open database. Safe to share between threads; not between processes.

    `listeners` are told which customers have changed, once that is committed. `replica`: where
    reads go that may be late, if there is one.
    """

    engine: Engine
    shown: str  # its URL without user and password
    listeners: list[Callable[[Collection[UUID]], None]] = field(default_factory=list, repr=False)
    replica: Replica | None = None
    _turn: Lock = field(default_factory=Lock, repr=False, compare=False)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with. Raises `StorageError` in words."""
        with self._words(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """The same for what may be some seconds old, such as reports and lists: from the replica,
        where there is one that is near enough. Never for a decision."""
        replica = self.replica
        late = replica.connect(self.engine) if replica is not None else None
        if replica is None or late is None:
            with self.reading() as connection:
                yield connection
            return
        with self._words(replica.shown), late:
            yield late

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it is kept, or, when anything raises, none of it."""
        with self._words(), self._in_turn(), self.engine.connect() as connection:
            writer = connection.execution_options(**{_WRITES: True})
            with writer.begin():
                yield writer
        if self.replica is not None:
            self.replica.wrote()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """An ORM session, for simple reads.

        Outside of a transaction, where the database knows that: making objects of a hundred
        thousand rows takes seconds, and one that stands still for so long is ended.
        """
        reader = self.engine
        if not self.is_sqlite:
            reader = reader.execution_options(isolation_level="AUTOCOMMIT")
        with self._words(), Session(reader) as session:
            yield session

    @contextmanager
    def looking_session(self) -> Iterator[Session]:
        """`session` for what may be some seconds old: see `looking`."""
        with self.looking() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="AUTOCOMMIT")
            with Session(connection) as session:
                yield session

    def tell(self, customers: Collection[UUID]) -> None:
        """These customers have changed, and it is committed."""
        if customers:
            for listener in self.listeners:
                listener(customers)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        """Close every connection. The store opens new ones should it be used again."""
        self.engine.dispose()
        if self.replica is not None:
            self.replica.close()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """SQLite has one writer; our own threads queue for it, where SQLite would only poll."""
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise DatabaseBusy(
                f"The database {self.shown} is locked by another thread; "
                "nothing was written, try again"
            )
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _words(self, shown: str = "") -> Iterator[None]:
        shown = shown or self.shown
        try:
            yield
        except StatementError as failed:
            raise in_words(failed, shown) from failed
        except PoolTimeout as failed:
            raise DatabaseBusy(
                f"This process has no connection to {shown} left; try again"
            ) from failed


def open_store(url: str, replica: str | None = None, most_behind: float = MOST_BEHIND) -> Store:
    """Open the database at `url`: `sqlite:///file.db` or `postgresql://user@host/name`.

    `replica`: the URL of one that follows it, which need not answer now; `most_behind`: seconds.

    Raises `DatabaseUnavailable` for a URL that names no database we know, and for a database
    that does not answer.
    """
    parsed = parse_url(url)
    shown = masked(parsed.render_as_string(hide_password=False))
    late = None if replica is None else _replica(parsed, parse_url(replica), most_behind)
    store = Store(_engine(parsed), shown, replica=late)
    try:
        with store.reading() as connection:
            _check_encoding(connection, shown)
    except BaseException:
        store.close()
        raise
    return store


def _replica(of: URL, url: URL, most_behind: float) -> Replica:
    if "sqlite" in (of.drivername, url.drivername):
        raise DatabaseUnavailable(
            "Only a PostgreSQL database can have a replica; name one in database_url and in "
            "replica.url, or take replica.url out"
        )
    shown = masked(url.render_as_string(hide_password=False))
    return Replica(_postgresql_engine(url, connect_timeout=2), shown, most_behind)


def is_missing(url: str) -> bool:
    """Whether it is an SQLite database whose file is not there yet; `open_store` would make it.

    Raises `DatabaseUnavailable` for a URL that names no database we know.
    """
    parsed = parse_url(url)
    file = parsed.database or ""
    return parsed.drivername == "sqlite" and bool(file) and not _is_there(file)


def _is_there(file: str) -> bool:
    return file.startswith(("file:", ":memory:")) or Path(file).exists()


def _check_encoding(connection: Connection, shown: str) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("SELECT 1")
        return
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise DatabaseUnavailable(
            f"The database {shown} holds text as {encoding}, which has no room for people's "
            "names; create it anew with ENCODING 'UTF8'"
        )


def _engine(url: URL) -> Engine:
    return _sqlite_engine(url) if url.drivername == "sqlite" else _postgresql_engine(url)


def _sqlite_engine(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise DatabaseUnavailable(
            "An SQLite database in memory would be another one in every thread, and lost at the "
            "end; name a file: sqlite:///path/to/file.db"
        )
    folder = Path(url.database.removeprefix("file:")).parent
    if not folder.is_dir():
        raise DatabaseUnavailable(
            f"The folder {folder} of the database {url.database} does not exist; create it first"
        )
    _make_private(url.database)
    arguments = {} if "timeout" in url.query else {"timeout": BUSY_SECONDS}
    engine = create_engine(url, connect_args=arguments, json_serializer=_dump, hide_parameters=True)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(file: str) -> None:
    """A new database is its owner's to read: it holds people's numbers. SQLite fills it."""
    if not file.startswith("file:"):
        with suppress(OSError):  # opening it will tell
            Path(file).touch(mode=0o600, exist_ok=True)


def _postgresql_engine(url: URL, **other: Any) -> Engine:
    if find_spec("psycopg") is None:
        raise DatabaseUnavailable(
            "PostgreSQL needs the package psycopg; install it with: "
            'pip install "dialplane[postgres]"'
        )
    ours = _POSTGRESQL_ARGUMENTS | other
    arguments = {key: value for key, value in ours.items() if key not in url.query}
    return create_engine(
        url,
        connect_args={**arguments, "options": _session_options(url)},
        json_serializer=_dump,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=15,
        pool_timeout=5,
    )


def _session_options(url: URL) -> str:
    """Our settings of the session; those of the URL come after them, and so count."""
    ours = [f"-c {name}={value}" for name, value in _POSTGRESQL_SESSION.items()]
    theirs = url.query.get("options", ())
    return " ".join([*ours, *([theirs] if isinstance(theirs, str) else theirs)])


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; `_begin_sqlite` does
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode = WAL")
    for setting in _SQLITE_SETTINGS:
        connection.execute(setting)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
