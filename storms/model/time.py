"""The model's time: one for the campaigns' clock, the database's, leases and every timer."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, Engine, event

from connectors.clock import RunningClock
from storage.ids import new_id
from workers.lease import HeldLease

START = datetime(2026, 11, 20, 9, 0, 35, tzinfo=UTC)  # a Friday
LOOK_SECONDS = 2.0  # between two looks for orders; the usual quarter of a second costs too much
BEAT = 0.5  # likewise, of what only looks at the time
_POSTGRESQL_CLOCK = """
CREATE SCHEMA model;
CREATE FUNCTION model.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
$$ SELECT current_setting('model.now')::timestamptz $$
"""
POSTGRESQL_OPTIONS = "-c search_path=model,public,pg_catalog"
"""What a session must be told to take the model's clock for the server's."""


@dataclass(slots=True)
class Time:
    """`elapsed`: seconds since the model began."""

    elapsed: float = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed)

    def seconds(self) -> float:
        return self.elapsed


class ModelClock(RunningClock):
    """The clock of a campaign. That it is not real time is told by its speed."""

    def __init__(self, time: Time) -> None:
        super().__init__(speed=2.0)
        self._time = time

    def now(self) -> datetime:
        return self._time.now()

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds * self.speed)


@contextmanager
def in_model_time(time: Time) -> Iterator[None]:
    """Within, workers take the model's time for the machine's, and ids are made by it."""
    machine = SimpleNamespace(monotonic=time.seconds)
    ids = SimpleNamespace(time_ns=lambda: int(time.now().timestamp() * 1e9))
    random = Random("ids")
    secrets = SimpleNamespace(randbits=random.getrandbits, token_bytes=random.randbytes)
    patches: list[AbstractContextManager[object]] = [
        patch("workers.orders.LOOK_SECONDS", LOOK_SECONDS),
        patch("workers.dialling.LOOK_SECONDS", BEAT),
        patch("workers.measures.BEAT", BEAT),
        patch("workers.leaving.time", machine),
        patch("workers.writer.time", machine),
        patch("workers.measures.time", machine),
        patch("workers.dialling.HeldLease", partial(HeldLease, clock=time.seconds)),
        patch("storage.ids.time", ids),
        patch("storage.ids.secrets", secrets),
        patch.object(new_id, "_milliseconds", 0),
        patch.object(new_id, "_drawn", b""),
    ]
    with ExitStack() as stack:
        for each in patches:
            stack.enter_context(each)
        yield


def tell_database(engine: Engine, time: Time) -> None:
    """From its next connection on, the database's clock is the model's."""
    engine.dispose()
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", partial(_tell_sqlite, time))
        return
    with engine.begin() as connection:
        connection.exec_driver_sql(_POSTGRESQL_CLOCK)
    event.listen(engine, "begin", partial(_tell_postgresql, time))


def _tell_sqlite(time: Time, connection: sqlite3.Connection, _record: Any) -> None:
    """In the place of SQLite's own function, for the two formats that `storage` asks for."""

    def strftime(form: str, moment: str | None, *shifts: str) -> str | None:
        if moment is None:
            return None
        at = time.now() if moment == "now" else datetime.fromisoformat(f"{moment}+00:00")
        at += sum((timedelta(seconds=float(shift.split()[0])) for shift in shifts), timedelta())
        if form == "%s":
            return str(int(at.timestamp()))
        return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}"

    connection.create_function("strftime", -1, strftime)


def _tell_postgresql(time: Time, connection: Connection) -> None:
    connection.exec_driver_sql(f"SET LOCAL model.now = '{time.now().isoformat()}'")
