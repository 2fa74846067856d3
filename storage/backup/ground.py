"""The database that a backup is restored into: empty, with tables as they were then."""

from alembic import command
from sqlalchemy import Connection, inspect, select, text

from storage.backup.errors import CannotRestore
from storage.backup.script import Head
from storage.migrate import configuration, program, revisions
from storage.tables.all import TABLES
from storage.tables.records import META


def require_empty(connection: Connection, shown: str) -> dict[str, str]:
    """What the database knows of itself. Raises `CannotRestore` where it knows more."""
    there = set(inspect(connection).get_table_names())
    for table in TABLES:
        if table is META or table.name not in there:
            continue
        if connection.execute(select(table).limit(1)).first() is not None:
            raise CannotRestore(
                f"The database {shown} is not empty (there are rows in {table.name}); restore "
                "into a new one, and name that in the settings when it is done"
            )
    if META.name not in there:
        return {}
    return {row.key: row.value for row in connection.execute(select(META))}


def make_tables(connection: Connection, head: Head) -> None:
    """Anew, as they were at the time of the backup."""
    config = configuration(connection)
    if head.schema not in revisions():
        raise CannotRestore(
            f"The backup was made by a newer program ({head.program}; this is {program()}); "
            "install that one, and restore with it"
        )
    if inspect(connection).has_table("alembic_version"):
        command.downgrade(config, "base")
    command.upgrade(config, head.schema)
    # what the migrations themselves have put in comes from the backup, too
    connection.execute(text(f"DELETE FROM {META.name}"))  # noqa: S608 - our name


def bring_up_to_date(connection: Connection, head: Head) -> None:
    """As this program has them."""
    if head.schema != revisions()[-1]:
        command.upgrade(configuration(connection), "head")


def count_on(connection: Connection) -> None:
    """Numbers that the database gives out go on after the highest."""
    if connection.dialect.name != "postgresql":
        return
    for table in TABLES:
        if "seq" in table.c:
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'seq'), "  # noqa: S608
                f"coalesce(max(seq), 0) + 1, false) FROM {table.name}"
            )
