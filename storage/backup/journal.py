"""Which rows have changed: a table that triggers write to, while the database is followed.

Each change leaves the table's name and the row's key, in the transaction of the change. Whoever
follows reads the rows as they are by then, writes them down, and only then takes the notes away:
what is written twice does no harm, and nothing is passed over. One statement of PostgreSQL
leaves its notes in one more statement, however many rows it changed.
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, insert, text, update

from storage.backup.behind import MARK, NOTES
from storage.backup.cells import TO_TEXT
from storage.backup.errors import NoLongerFollowed
from storage.backup.rows import Key
from storage.backup.shape import SHAPES, Shape
from storage.dbtime import db_time
from storage.engine import Store
from storage.partitions import CHANGES

ACTS = {"insert": "new", "update": "new", "delete": "old"}
BEAT = 30.0  # seconds
AT_ONCE = 5_000  # notes that are taken away in one transaction
_MAKE = {
    "postgresql": f"CREATE TABLE {CHANGES} (seq bigserial PRIMARY KEY, "
    "about varchar(64) NOT NULL, key text NOT NULL, at timestamptz)",
    "sqlite": f"CREATE TABLE {CHANGES} (seq INTEGER PRIMARY KEY, "
    "about VARCHAR(64) NOT NULL, key TEXT NOT NULL, at DATETIME)",
}
_COUNT = {
    "postgresql": r"SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'followed\_%'",
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' "
    r"AND name LIKE 'followed\_%' ESCAPE '\'",
}
_FUNCTION = """
CREATE OR REPLACE FUNCTION followed_{table}() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  INSERT INTO {changes} (about, key) SELECT '{table}', json_build_array({key})::text FROM changed;
  RETURN NULL;
END $$
"""
_POSTGRESQL = """
CREATE TRIGGER followed_{table}_{act} AFTER {act} ON {table}
REFERENCING {row} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION followed_{table}()
"""
_SQLITE = """
CREATE TRIGGER followed_{table}_{act} AFTER {act} ON {table}
BEGIN INSERT INTO {changes} (about, key) VALUES ('{table}', json_array({key})); END
"""


@dataclass(frozen=True, slots=True)
class Notes:
    """What was noted by one moment: the numbers of the notes, and the keys for each table."""

    numbers: Sequence[int]
    keys: dict[Shape, list[Key]]


class Journal:
    """The notes that are taken for one follower; a second one takes it away from the first."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._mark = secrets.token_hex(8)
        self._told = -BEAT  # when the mark was last renewed, by the monotonic clock

    def begin(self) -> None:
        """Note every change from now on. A table at a time, so that nobody waits for long."""
        remove(self._store)
        with self._store.writing() as connection:
            connection.execute(text(_MAKE[connection.dialect.name]))
            mark = {"about": "", "key": self._mark, "at": db_time()}
            connection.execute(insert(NOTES).values(mark))
        for shape in SHAPES:
            with self._store.writing() as connection:
                for statement in _triggers(connection, shape):
                    connection.exec_driver_sql(statement)

    def read(self, connection: Connection) -> Notes:
        """What was noted by the moment of a snapshot. Raises `NoLongerFollowed`."""
        self._require_ours(connection)
        query = text(f"SELECT seq, about, key FROM {CHANGES} WHERE about <> ''")  # noqa: S608
        numbers: list[int] = []
        noted: dict[str, set[str]] = {}
        for row in connection.execute(query):
            numbers.append(row.seq)
            noted.setdefault(row.about, set()).add(row.key)
        sqlite = connection.dialect.name == "sqlite"
        keys = {s: [_key(k, s, sqlite) for k in noted[s.table]] for s in SHAPES if s.table in noted}
        return Notes(numbers, keys)

    def beat(self) -> None:
        """Nothing is noted, and somebody would write it down; told once in a while."""
        if time.monotonic() - self._told > BEAT:
            with self._store.writing() as connection:
                self._tell(connection)

    def forget(self, notes: Notes) -> None:
        """They are written down elsewhere."""
        for first in range(0, len(notes.numbers), AT_ONCE):
            some = notes.numbers[first : first + AT_ONCE]
            with self._store.writing() as connection:
                connection.exec_driver_sql(
                    f"DELETE FROM {CHANGES} WHERE seq IN ({', '.join(map(str, some))})"  # noqa: S608
                )
                self._tell(connection)

    def _tell(self, connection: Connection) -> None:
        connection.execute(update(NOTES).where(MARK).values(at=db_time()))
        self._told = time.monotonic()

    def _require_ours(self, connection: Connection) -> None:
        there = connection.execute(text(_COUNT[connection.dialect.name])).scalar_one()
        if there == len(SHAPES) * len(ACTS):
            mark = text(f"SELECT key FROM {CHANGES} WHERE about = ''")  # noqa: S608 - our name
            if connection.execute(mark).scalar_one_or_none() == self._mark:
                return
        raise NoLongerFollowed(
            "The database does not note its changes for this process any more: another one "
            "follows it, or it was upgraded; start 'dialplane backup follow' again if it is to go "
            "on"
        )


def remove(store: Store) -> None:
    """Note nothing any more, for whomever it was."""
    for shape in SHAPES:
        with store.writing() as connection:
            for act in ACTS:
                name, on = f"followed_{shape.table}_{act}", ""
                if connection.dialect.name == "postgresql":
                    on = f" ON {shape.table}"
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{on}")
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS followed_{shape.table}()")
    with store.writing() as connection:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {CHANGES}")


def _triggers(connection: Connection, shape: Shape) -> list[str]:
    if connection.dialect.name == "postgresql":
        given = {"table": shape.table, "changes": CHANGES, "key": ", ".join(shape.key)}
        return [
            _FUNCTION.format(**given),
            *(_POSTGRESQL.format(act=act, row=row, **given) for act, row in ACTS.items()),
        ]
    return [
        _SQLITE.format(
            table=shape.table,
            changes=CHANGES,
            act=act,
            key=", ".join(f"{row}.{name}" for name in shape.key),
        )
        for act, row in ACTS.items()
    ]


def _key(noted: str, shape: Shape, sqlite: bool) -> Key:
    cells: list[Any] = orjson.loads(noted)
    kinds = shape.key_kinds
    return tuple(
        TO_TEXT[kind](cell) if sqlite else str(cell)
        for cell, kind in zip(cells, kinds, strict=True)
    )
