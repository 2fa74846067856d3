"""One partition by month: how it is made, what is special to it, and which rows it takes over.

Theory. PostgreSQL lets a partitioned table have a unique index only with the id in it, and two
of ours have none: at most one live attempt on a number, and a line's number in the history. Each
partition has such an index of its own. Numbers of lines come from one sequence, so no two are
alike. Of live attempts two could be on one number, one of them placed in the last minutes of a
month and the other one in the first of the next; so near the ends of a month a trigger looks into
the other partitions as well. It turns a row away as the index does in an INSERT ... ON CONFLICT
DO NOTHING, which is how all attempts are placed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, text

from storage.partitioning.catalog import BY_MONTH, Partition
from storage.partitioning.months import lowest_id, made_at

AFTER = timedelta(days=1)  # no call lasts as long
BEFORE = timedelta(hours=1)  # so far a worker's clock may be ahead, and more
ATTEMPTS, EVENTS = BY_MONTH
_ONE_LIVE = """
CREATE OR REPLACE FUNCTION attempts_one_live() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  IF pg_try_advisory_xact_lock(hashtextextended(NEW.number, 1145651532)) AND NOT EXISTS (
    SELECT FROM attempts WHERE number = NEW.number AND ended_at IS NULL AND id <> NEW.id)
  THEN RETURN NEW; END IF;
  RETURN NULL;
END $$
"""
_TRIGGERS = text(
    "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(:name) AND tgname = :trigger"
)
_LOCK = 0x50415254  # "PART"; any number that nobody else locks
_ONLY_GROWS = "attempt_events_only_grow"


def prepare(connection: Connection) -> None:
    """Nobody else makes partitions until the transaction ends; what all of them call is there."""
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    connection.exec_driver_sql(_ONE_LIVE)


def make(connection: Connection, table: str, part: Partition, source: str) -> None:
    """A new partition, and into it the rows that are its own and lie in `source`.

    Where that is the default one, only it is locked, and the parent against other changes of its
    shape; whoever uses the other partitions does not wait.
    """
    connection.exec_driver_sql(
        f"CREATE TABLE {part.name} (LIKE {table} INCLUDING DEFAULTS INCLUDING STORAGE)"
    )
    own_index(connection, table, part.name)
    take_over(connection, table, source, part)
    attach(connection, table, part)


def attach(connection: Connection, table: str, part: Partition) -> None:
    """A table with all its rows becomes a partition."""
    low = "MINVALUE" if part.low is None else f"'{part.low}'"
    bound = "DEFAULT" if part.is_default else f"FOR VALUES FROM ({low}) TO ('{part.high}')"
    connection.exec_driver_sql(f"ALTER TABLE {table} ATTACH PARTITION {part.name} {bound}")
    if table == ATTEMPTS:
        connection.exec_driver_sql(
            f"CREATE TRIGGER one_live BEFORE INSERT ON {part.name} FOR EACH ROW "
            f"WHEN (NEW.ended_at IS NULL AND ({_near_an_end(part)})) "
            "EXECUTE FUNCTION attempts_one_live()"
        )


def own_index(connection: Connection, table: str, name: str) -> None:
    """The unique index that the parent cannot have."""
    if table == ATTEMPTS:
        connection.exec_driver_sql(
            f"CREATE UNIQUE INDEX {name}_live_number ON {name} (number) WHERE ended_at IS NULL"
        )
    else:
        connection.exec_driver_sql(f"ALTER TABLE {name} ADD CONSTRAINT pk_{name} PRIMARY KEY (seq)")


def take_over(connection: Connection, table: str, source: str, part: Partition) -> int:
    """Move the rows of a range out of another table into the partition's; how many they were."""
    key = BY_MONTH[table]
    fits = [f"{key} >= '{part.low}'"] if part.low else []
    fits += [f"{key} < '{part.high}'"] if part.high else []
    connection.exec_driver_sql(f"LOCK TABLE {source} IN ACCESS EXCLUSIVE MODE")
    some = f"SELECT 1 FROM {source} WHERE {' AND '.join(fits)} LIMIT 1"  # noqa: S608 - our names
    if connection.exec_driver_sql(some).first() is None:
        return 0
    with _history_may_move(connection, source):
        moved = connection.exec_driver_sql(
            f"WITH moved AS (DELETE FROM {source} WHERE {' AND '.join(fits)} RETURNING *) "  # noqa: S608
            f"INSERT INTO {part.name} SELECT * FROM moved"
        )
    return int(moved.rowcount)


def rest_of(table: str) -> str:
    return f"{table}_rest"


def _near_an_end(part: Partition) -> str:
    if part.high is None:
        return "true"  # nobody knows when these were made
    near = [f"NEW.id >= '{lowest_id(made_at(part.high) - BEFORE)}'"]
    if part.low is not None:
        near.append(f"NEW.id < '{_later(part.low)}'")
    return " OR ".join(near)


def _later(first: UUID) -> UUID:
    return lowest_id(made_at(first) + AFTER)


@contextmanager
def _history_may_move(connection: Connection, source: str) -> Iterator[None]:
    """From one partition to another, though it may only be added to. Nobody else can reach it
    meanwhile."""
    told = {"name": source, "trigger": _ONLY_GROWS}
    if connection.execute(_TRIGGERS, told).first() is None:
        yield
        return
    connection.exec_driver_sql(f"ALTER TABLE {source} DISABLE TRIGGER {_ONLY_GROWS}")
    yield
    connection.exec_driver_sql(f"ALTER TABLE {source} ENABLE TRIGGER {_ONLY_GROWS}")
