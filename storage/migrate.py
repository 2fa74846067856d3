"""Bring the database to the shape this program expects. The migrations ship in the package.

Whether there is anything to do is looked up here, without Alembic: every command and every worker
asks, nearly always in vain, and loading it would take a fifth of the time that they need to start.
"""

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, inspect, select, table, text

from storage.engine import Store
from storage.errors import DatabaseTooNew, DatabaseTooOld
from storage.tables.records import META
from storage.upsert import upsert

if TYPE_CHECKING:
    from alembic.config import Config

_HERE = Path(__file__).parent / "migrations"
_VERSION = table("alembic_version", column("version_num"))
_LOCK = 0x4449414C  # "DIAL"; any number that nobody else locks


def create_or_upgrade(store: Store) -> bool:
    """Make or upgrade the tables; True when there was something to do.

    All of it happens in one transaction. Of several processes that start together one does
    the work and the others wait. Raises `DatabaseTooNew` and changes nothing when a newer
    program has been here.
    """
    with store.reading() as connection:
        if _is_current(connection, store.shown):
            return False
    with store.writing() as connection:
        alone(connection)
        if _is_current(connection, store.shown):
            return False
        from alembic import command  # noqa: PLC0415 - see above

        command.upgrade(configuration(connection), "head")
        upsert(connection, META, [{"key": "program", "value": program()}], ["key"])
        return True


def require_current(store: Store) -> None:
    """Raises `DatabaseTooOld` or `DatabaseTooNew` unless the tables are as this program expects."""
    with store.reading() as connection:
        if not _is_current(connection, store.shown):
            raise not_set_up(store.shown)


def not_set_up(shown: str) -> DatabaseTooOld:
    """What is told of a database that `dialplane init` has still to make or to bring up to date."""
    return DatabaseTooOld(
        f"The database {shown} has not been set up for this program; run: dialplane init"
    )


def configuration(connection: Connection | None = None) -> "Config":
    """Alembic's configuration, on an open connection."""
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config(stdout=sys.stdout)  # its own default is that of the moment it was loaded
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _is_current(connection: Connection, shown: str) -> bool:
    known = revisions()
    present = _present(connection)
    if present - set(known):
        raise DatabaseTooNew(
            f"The database {shown} was upgraded by a newer program ({_upgraded_by(connection)}; "
            f"this is {program()}); run that one, or restore a backup made before the upgrade"
        )
    return present == {known[-1]}


def revisions() -> list[str]:
    """The migrations that this program has, the last one last: their files are named after them."""
    return sorted(path.name[1:5] for path in (_HERE / "versions").glob("v[0-9]*.py"))


def _present(connection: Connection) -> set[str]:
    """The revision of the database; none before its first migration."""
    if not inspect(connection).has_table(_VERSION.name):
        return set()
    return set(connection.execute(select(_VERSION)).scalars())


def alone(connection: Connection) -> None:
    """Nobody else changes the tables until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        # a migration may think between two statements for as long as it needs, and by our own
        # name the sweeper would end it
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        connection.execute(text("SET LOCAL application_name = 'dialplane upgrade'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _upgraded_by(connection: Connection) -> str:
    if not inspect(connection).has_table(META.name):
        return "version not known"
    found = connection.execute(select(META.c.value).where(META.c.key == "program")).scalar()
    return str(found or "version not known")


def program() -> str:
    """This program and its version."""
    try:
        return f"dialplane {version('dialplane')}"
    except PackageNotFoundError:
        return "dialplane, not installed"
