"""What becomes of one batch of an import's rows: checked, and written in one transaction.

Done in this process, or in one that was started for it (`workers.importing.pool`).
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar
from uuid import UUID

from campaigns.importing.mapping import Duplicates
from storage.customers.changes import By
from storage.customers.definitions import Definitions
from storage.customers.given import CheckedCustomer
from storage.customers.plan import BadCells, Plan, checked_row, of_column
from storage.customers.sync import Came, Checked, Synced, foretell, sync_checked
from storage.engine import Store
from storage.errors import DatabaseBusy, DatabaseUnavailable

T = TypeVar("T")
Cells: TypeAlias = Sequence[str]
BATCH = 1000
_LIKE_A_ROW = "it may be the same as a row before it"
LEAST = 20  # rows that are not parted any more
WAITS = (0.5, 2.0)  # seconds, after a database that was busy or away for a moment


@dataclass(frozen=True, slots=True)
class Job:
    """One import. `dry`: nothing is written."""

    plan: Plan
    known: Definitions
    rules: Duplicates
    by: By
    dry: bool = False


@dataclass(slots=True)
class Result:
    """What came of a batch; rows are named by their places in it. `bad`: column and reason;
    `skipped`: why; `alike`: whose a row may be, how like, and what came of it; None: whom a row
    before it would have made."""

    came: Counter[Came] = field(default_factory=Counter)
    bad: list[tuple[int, str, str]] = field(default_factory=list)
    skipped: list[tuple[int, str]] = field(default_factory=list)
    alike: list[tuple[int, UUID | None, float, Came]] = field(default_factory=list)
    changed: list[UUID] = field(default_factory=list)


class Work:
    """Does batches, one after another."""

    def __init__(self, store: Store, job: Job) -> None:
        self._store = store
        self._job = job
        self._foretold: set[int] = set()  # what customers were known by whom a dry run would make
        self._imagined: set[UUID] = set()

    def do(self, rows: Sequence[Cells]) -> Result:
        """Raises `StorageError`."""
        result, good = Result(), list[tuple[int, CheckedCustomer]]()
        for place, cells in enumerate(rows):
            try:
                good.append((place, checked_row(self._job.plan, cells, self._job.known)))
            except BadCells as wrong:
                result.bad.append((place, wrong.column, str(wrong)))
        checked: list[Checked] = [each for _, each in good]
        for (place, each), synced in zip(good, self._come(checked), strict=True):
            self._note(result, place, synced, rows[place], each)
        return result

    def _come(self, checked: Sequence[Checked]) -> list[Synced]:
        """In halves where it takes too long at once: who stands still in a transaction, as on a
        machine that has too much to do, loses it after two seconds."""
        try:
            return self._at_once(checked)
        except DatabaseBusy:
            half = len(checked) // 2
            if half < LEAST:
                raise
            return [*self._come(checked[:half]), *self._come(checked[half:])]

    def _at_once(self, checked: Sequence[Checked]) -> list[Synced]:
        job = self._job
        what = foretell if job.dry else sync_checked
        return _patiently(
            lambda: what(
                self._store, job.plan.source, checked, job.by, datetime.now(UTC), job.rules
            )
        )

    def _note(
        self, result: Result, place: int, synced: Synced, cells: Cells, each: CheckedCustomer
    ) -> None:
        came = synced.came
        if self._job.dry and synced.customer_id:
            came = self._known_by_now(each, came, synced.customer_id)
        result.came[came] += 1
        if came is Came.REFUSED:
            wrong = of_column(self._job.plan, cells, synced.why)
            result.bad.append((place, wrong.column, str(wrong)))
        if synced.like:
            who, like = synced.like
            real = None if who in self._imagined else who
            result.alike.append((place, real, like, came))
            if came is Came.SKIPPED:
                result.skipped.append((place, synced.why if real else _LIKE_A_ROW))
        if synced.customer_id and came in (Came.CREATED, Came.UPDATED):
            result.changed.append(synced.customer_id)

    def _known_by_now(self, each: CheckedCustomer, came: Came, customer: UUID) -> Came:
        """A customer who would have been made by a row before this one."""
        if came is not Came.CREATED:
            return came
        self._imagined.add(customer)
        given = each.given
        marks = {hash(("id", given.external_id))} if given.external_id else set()
        marks |= {hash(number) for number in each.numbers}
        known = bool(marks & self._foretold)
        self._foretold |= marks
        return Came.UPDATED if known else came


def _patiently(act: Callable[[], T]) -> T:
    for wait in WAITS:
        try:
            return act()
        except (DatabaseBusy, DatabaseUnavailable):
            time.sleep(wait)
    return act()
