"""Databases with all tables and no rows, made once in each process and then copied: the migrations
take half a second of a core, a copy a fiftieth of it.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import make_url

from lab.postgres import Postgres
from storage.engine import Store, is_missing, open_store
from storage.migrate import create_or_upgrade
from storage.tables.all import TABLES

_NAMES = [table.name for table in TABLES if table.name != "meta"]
_BLOATED = "SELECT sum(pg_relation_size(relid)) > 2000000 FROM pg_stat_user_tables"
_NEW_FILES = f"TRUNCATE {', '.join(_NAMES)}"
_NO_ROWS = "; ".join(
    (
        "SET LOCAL session_replication_role = replica",  # whatever refers to what
        *(f"DELETE FROM {name}" for name in _NAMES),  # noqa: S608
    )
)


def set_up(url: str) -> Store:
    """The database, open, with all tables: a copy where it is an SQLite file that is not there."""
    if is_missing(url):
        file = Path(str(make_url(url).database))
        file.touch(mode=0o600)
        file.write_bytes(_sqlite())
    store = open_store(url)
    create_or_upgrade(store)
    return store


def postgres_template(server: Postgres) -> str:
    """The name of a database with all tables, which nobody is connected to."""
    url = server.fresh()
    set_up(url).close()
    return url.rpartition("/")[2]


def empty(store: Store) -> None:
    """No rows in any table of PostgreSQL. TRUNCATE makes every file of every index anew, which
    takes thirty times as long; it is for what a test with many rows has left."""
    with store.writing() as connection:
        bloated = connection.exec_driver_sql(_BLOATED).scalar()
        connection.exec_driver_sql(_NEW_FILES if bloated else _NO_ROWS)


@cache
def _sqlite() -> bytes:
    with TemporaryDirectory(prefix="dialplane-template-") as folder:
        file = Path(folder) / "template.db"
        store = open_store(f"sqlite:///{file}")
        create_or_upgrade(store)
        store.close()
        return file.read_bytes()
