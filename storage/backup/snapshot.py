"""One look at the whole database, as it was at one moment, while others go on writing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from storage.backup.script import Head
from storage.backup.shape import SHAPES
from storage.dbtime import read_db_time
from storage.engine import Store
from storage.migrate import program


@contextmanager
def snapshot(store: Store) -> Iterator[tuple[Connection, datetime]]:
    """A connection that sees everything that was committed before the moment, and nothing else."""
    with store.reading() as connection:
        if not store.is_sqlite:
            connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            # what is read goes to a disk, which may think for a while
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            connection.execute(text("SET LOCAL statement_timeout = 0"))
        yield connection, read_db_time(connection)


def head_of(connection: Connection, taken_at: datetime, after: int | None = None) -> Head:
    """The head of a backup of this database."""
    revision = MigrationContext.configure(connection).get_current_revision()
    return Head(str(revision), program(), connection.dialect.name, taken_at, SHAPES, after)
