"""A read replica: PostgreSQL's own copy of the database, for reads that may be some seconds late.

Theory. A replica lags, and may be away, and its clock and ours know nothing of that. So once a
second it is judged by the primary: has it replayed all that the primary had written just now? If
not, the time of the last transaction that it has replayed says how far it is behind. Whoever has
written something sees it: after a write of this process, and at its start (somebody may have run
another command just before), only a replica that has caught up is read from. In every other case
the primary is read, and nobody waits: while one thread judges, the others read from the primary.
"""

import threading
import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

JUDGED = 1.0  # seconds for which a judgement is good
AWAY = 5.0  # seconds until one that did not answer is asked again
MOST_BEHIND = 10.0  # seconds
_TRIES, _PAUSE = 10, 0.01  # a replica is some milliseconds behind, even a good one
# What is committed is flushed, unless the server is told not to wait for that; what is inserted may
# be nothing that matters, and stay unflushed for long.
_PRIMARY = text(
    "SELECT (CASE current_setting('synchronous_commit') WHEN 'off' "
    "THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END)::text AS place, "
    "clock_timestamp() AS at"
)
_REPLICA = text(
    "SELECT pg_is_in_recovery() AS follows, pg_last_xact_replay_timestamp() AS at, "
    "pg_last_wal_replay_lsn() >= CAST(:place AS pg_lsn) AS caught_up"
)


@dataclass(frozen=True, slots=True)
class Judged:
    """How a replica stands. `behind`: seconds, 0 when it has everything; None: nobody knows.

    `why`: it is not read from; else empty.
    """

    behind: float | None
    why: str = ""
    answers: bool = True


_SILENT = Judged(None, "it does not answer", answers=False)


class Replica:
    """Safe to share between threads; not between processes."""

    def __init__(self, engine: Engine, shown: str, most_behind: float = MOST_BEHIND) -> None:
        """`shown`: its URL without user and password. `most_behind`: seconds."""
        self.engine = engine
        self.shown = shown
        self.most_behind = most_behind
        self._turn = threading.Lock()
        self._must_see = True
        self._judged = Judged(None, "nobody has asked it yet")
        self._until = 0.0

    def wrote(self) -> None:
        """This process has committed something, which it must see from now on."""
        self._must_see = True

    def connect(self, primary: Engine) -> Connection | None:
        """A connection to it; None: the primary is to be read."""
        if not self._turn.acquire(blocking=False):
            return None
        try:
            if not self._is_good(primary):
                return None
        finally:
            self._turn.release()
        try:
            return self.engine.connect()
        except SQLAlchemyError:
            self._keep(_SILENT)
            return None

    def judge(self, primary: Engine) -> Judged:
        """How it stands now."""
        try:
            return self._compare(primary)
        except SQLAlchemyError:
            return _SILENT

    def look(self, primary: Engine, seconds: float = 1.0) -> Judged:
        """How it stood within the last seconds. Waits no longer than that, though the replica may
        stand still in the middle of an answer."""
        asking = threading.Thread(target=self._ask, args=(primary,), name="replica", daemon=True)
        asking.start()
        asking.join(seconds)
        return self._judged if not asking.is_alive() else _SILENT

    def close(self) -> None:
        self.engine.dispose()

    def _ask(self, primary: Engine) -> None:
        if (connection := self.connect(primary)) is not None:
            connection.close()

    def _is_good(self, primary: Engine) -> bool:
        due = time.monotonic() >= self._until
        if due or (self._must_see and self._judged.answers):
            must_see, self._must_see = self._must_see, False  # before, or a write would be missed
            self._keep(self.judge(primary))
            if must_see and self._judged.behind != 0.0:
                self._must_see = True
        return not (self._judged.why or self._must_see)

    def _keep(self, judged: Judged) -> None:
        self._judged = judged
        self._until = time.monotonic() + (JUDGED if judged.answers else AWAY)

    def _compare(self, primary: Engine) -> Judged:
        with primary.connect() as connection:
            place, now = connection.execute(_PRIMARY).one()
        with self.engine.connect() as connection:
            for _ in range(_TRIES):
                row = connection.execute(_REPLICA, {"place": place}).one()
                if row.caught_up or not row.follows:
                    break
                time.sleep(_PAUSE)
        if not row.follows:
            return Judged(None, "it is no replica: it does not follow another server")
        return self._by_time(row.caught_up, row.at, now)

    def _by_time(self, caught_up: bool, at: datetime | None, now: datetime) -> Judged:
        if caught_up:
            return Judged(0.0)
        if at is None:
            return Judged(None, "it has not begun to follow")
        behind = max(0.001, (now - at).total_seconds())
        if behind > self.most_behind:
            return Judged(behind, f"it is {behind:.0f} s behind, more than {self.most_behind:g} s")
        return Judged(behind)
