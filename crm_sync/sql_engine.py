"""The way into somebody else's database, which may be slow, locked or frozen: nothing waits long.

One receiver that hangs must not keep the whole outbox waiting. The server ends what takes long;
should the server itself be frozen, the connection is cut from our side. Each batch has a
connection of its own, so that none is found dead by asking it.
"""

import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, Table, create_engine, make_url
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    SQLAlchemyError,
    StatementError,
)

from crm_sync.adapter import AdapterError

LONGEST = 40.0  # seconds for a batch; see `storage.deliveries.HELD`
DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mysql+pymysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "mariadb+pymysql": "mariadb+pymysql",
}
ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "sqlite": {"timeout": 5},
    "postgresql+psycopg": {
        "connect_timeout": 5,
        "options": "-c statement_timeout=15s -c lock_timeout=5s "
        "-c idle_in_transaction_session_timeout=15s",
        "tcp_user_timeout": 10_000,
        "application_name": "dialplane",
    },
}
MYSQL: Mapping[str, Any] = {
    "connect_timeout": 5,
    "read_timeout": 15,
    "write_timeout": 15,
    "charset": "utf8mb4",
    "init_command": "SET SESSION innodb_lock_wait_timeout = 5, time_zone = '+00:00'",
}
# The server's own words of these may hold a customer's data.
OF_VALUES: Mapping[str, str] = {
    "22001": "a value is too long for its column",
    "22003": "a number is too large for its column",
    "22007": "a value is no time that its column takes",
    "22008": "a value is no time that its column takes",
    "22P02": "a value is not of the type of its column",
    "22": "a value does not fit its column",
}
MYSQL_CODES: Mapping[int, str] = {
    1048: "a column without a value must have one",
    1062: "a value that may be there once is there already",
    1264: "a number is too large for its column",
    1265: "a value does not fit its column",
    1292: "a value is no time that its column takes",
    1366: "a value is not of the type of its column",
    1406: "a value is too long for its column",
    1452: "a value names something that is not there",
}


def open_engine(url: str, section: str = "crm_table") -> Engine:
    """Raises `AdapterError` for a URL that names no database that can be written to from here."""
    try:
        parsed = make_url(url)
        driver = DRIVERS[parsed.drivername]
        known = ARGUMENTS.get(driver, MYSQL)
        arguments = {k: v for k, v in known.items() if k not in parsed.query}
        return create_engine(
            parsed.set(drivername=driver),
            connect_args=arguments,
            hide_parameters=True,
            poolclass=NullPool,
        )
    except ImportError as lacking:
        raise AdapterError(
            f"{section}.url needs a package that is not here ({lacking.name}); install it with: "
            'pip install "dialplane[postgres,mysql]"'
        ) from None
    except (ArgumentError, KeyError, ValueError):
        raise AdapterError(
            f"{section}.url names no database that can be written to from here; expected "
            "sqlite:///file.db, postgresql://user:password@host/name or mysql://user:password@"
            "host/name"
        ) from None


def upsert_into(table: Table, key: str, columns: Sequence[str], dialect: str) -> Any:
    """INSERT, or UPDATE where `key` is there already, as the database spells it."""
    others = [name for name in columns if name != key]
    if dialect in ("mysql", "mariadb"):
        made = mysql.insert(table)
        new = {name: made.inserted[name] for name in others or [key]}
        return made.on_duplicate_key_update(**new)
    insert = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    if not others:
        return insert.on_conflict_do_nothing()
    new = {name: insert.excluded[name] for name in others}
    return insert.on_conflict_do_update(index_elements=[key], set_=new)


@contextmanager
def connected(engine: Engine, seconds: float) -> Iterator[Connection]:
    """A connection that is cut after `seconds`, whatever it is doing then."""
    with engine.connect() as connection:
        cut = _Cut(connection)
        timer = threading.Timer(seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield connection
        finally:
            timer.cancel()
            cut.forget()


def is_of_the_row(failed: SQLAlchemyError) -> bool:
    """Whether it is about this row alone, and no repeating helps."""
    return isinstance(failed, DataError | IntegrityError) or _is_of_a_value(failed)


def sentence(failed: SQLAlchemyError) -> str:
    """The database's own first line; never the statement or a value, which are a customer's."""
    return f"the CRM's database refused it: {_words(failed)}"


def _is_of_a_value(failed: SQLAlchemyError) -> bool:
    """Our own side could not turn a value into the column's type; nothing was sent."""
    return isinstance(failed, StatementError) and not isinstance(failed, DBAPIError)


def _words(failed: SQLAlchemyError) -> str:
    if _is_of_a_value(failed):
        return OF_VALUES["22P02"]
    cause = getattr(failed, "orig", None) or failed
    state = getattr(cause, "sqlstate", None) or ""
    told = next((words for code, words in OF_VALUES.items() if state.startswith(code)), None)
    if told is not None:
        return f"{told} (SQLSTATE {state})"
    known = getattr(cause, "args", ()) or (None,)
    if type(cause).__module__.startswith("pymysql") and isinstance(known[0], int):
        return MYSQL_CODES.get(known[0], f"{known[-1]}") + f" (error {known[0]})"
    primary = getattr(getattr(cause, "diag", None), "message_primary", None)
    lines = str(primary or cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__


class _Cut:
    """Ends the connection's socket, at which whoever waits for it wakes up with an error."""

    def __init__(self, connection: Connection) -> None:
        self._driver: Any = connection.connection.driver_connection
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock, suppress(Exception):  # it may have ended by itself: all the better
            # PyMySQL keeps its socket to itself; SQLite has none, and waits for nobody for long
            wire = getattr(self._driver, "_sock", self._driver)
            if hasattr(wire, "fileno"):
                with socket.socket(fileno=os.dup(wire.fileno())) as ours:
                    ours.shutdown(socket.SHUT_RDWR)

    def forget(self) -> None:
        """The connection is done with; its number may soon be another's."""
        with self._lock:
            self._driver = None
