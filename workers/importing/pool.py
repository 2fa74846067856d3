"""The batches of an import, over several processes, as if one had done them in their order.

Checking numbers takes longer than writing them, and PostgreSQL writes for several at once. Rows of
one customer in two batches must not overtake each other: a batch that shares an external id, the
end of a number or an address with one in hand waits for it. No more batches are in hand than there
are processes and one, so memory does not grow with the file.

A process that loses its parent ends; what it was about to commit is kept or is not, and the same
import again does the rest.
"""

import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import Generic, TypeVar

from storage.customers.plan import Plan
from storage.engine import Store, open_store
from storage.errors import StorageError
from workers.importing.work import Cells, Job, Result, Work

C = TypeVar("C")
MOST = 4  # processes by default
SELDOM = (50_000, 20, 50)
SMALL = 3  # batches that are done here: starting a process takes longer
_DIGITS = 8  # of a number's end: the same however it is written


class Died(StorageError):
    """A process of the import has ended in the middle."""

    def __init__(self) -> None:
        super().__init__(
            "A process of the import was ended from outside (memory?); run the import again, "
            "with --processes 1 if it happens once more"
        )


@dataclass(frozen=True, slots=True)
class Batch(Generic[C]):
    """`rows`: what is to be done; `rest`: what the caller wants back with the result."""

    rows: Sequence[Cells]
    rest: C


def processes_of(wanted: int | None) -> int:
    """How many there are to be."""
    return wanted or max(1, min(MOST, os.cpu_count() or 1))


def run(
    store: Store, url: str, job: Job, batches: Iterable[Batch[C]], processes: int
) -> Iterator[tuple[Batch[C], Result]]:
    """What came of each batch, in their order. Raises `StorageError`.

    `url`: of the same database, for the processes.
    """
    rest = iter(batches)
    first = list(islice(rest, SMALL + 1))
    alone = job.dry or job.rules.similar is not None  # rows are compared with all before them
    with _seldom_collected():
        if processes == 1 or alone or len(first) <= SMALL:
            work = Work(store, job)
            for batch in chain(first, rest):
                yield batch, work.do(batch.rows)
            return
        with _Hands[C](url, job, processes) as hands:
            yield from hands.do(chain(first, rest))


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Garbage in circles is looked for seldom: rows leave none, and to walk through all that they
    are made of, again and again, took a fifth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Hands(Generic[C]):
    """Several processes at work."""

    def __init__(self, url: str, job: Job, processes: int) -> None:
        self._plan = job.plan
        self._most = processes + 1
        self._going: deque[tuple[Batch[C], set[str], Future[Result]]] = deque()
        self._pool = ProcessPoolExecutor(
            processes, multiprocessing.get_context("spawn"), _begin, (url, job)
        )

    def __enter__(self) -> "_Hands[C]":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def do(self, batches: Iterable[Batch[C]]) -> Iterator[tuple[Batch[C], Result]]:
        for batch in batches:
            marks = marks_of(self._plan, batch.rows)
            while len(self._going) >= self._most or self._in_hand(marks):
                yield self._next()
            self._going.append((batch, marks, self._pool.submit(_do, batch.rows)))
        while self._going:
            yield self._next()

    def _in_hand(self, marks: set[str]) -> bool:
        return any(not marks.isdisjoint(theirs) for _, theirs, _ in self._going)

    def _next(self) -> tuple[Batch[C], Result]:
        batch, _, future = self._going.popleft()
        try:
            return batch, future.result()
        except BrokenProcessPool as broken:
            raise Died from broken


def marks_of(plan: Plan, rows: Sequence[Cells]) -> set[str]:
    """What a batch's customers may be known by, before anything is parsed."""
    made: list[tuple[int, Callable[[str], str]]] = [(n, _end) for n, _ in plan.numbers]
    made += [(n, str.casefold) for n in plan.emails]
    if "external_id" in plan.one:
        made.append((plan.one["external_id"], str.strip))
    return {mark(row[n]) for n, mark in made for row in rows} - {""}


def _end(cell: str) -> str:
    return "".join(filter(str.isdigit, cell))[-_DIGITS:]


_given: list[tuple[str, Job]] = []
_works: list[Work] = []


def _begin(url: str, job: Job) -> None:
    """In a new process. Ctrl-C is the parent's to deal with."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(*SELDOM)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    gc.freeze()
    _given[:] = [(url, job)]


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work() -> Work:
    if not _works:
        [(url, job)] = _given
        _works.append(Work(open_store(url), job))
    return _works[0]


def _do(rows: Sequence[Cells]) -> Result:
    """Raises a plain `StorageError`: not each of the others can be told from process to process."""
    try:
        return _work().do(rows)
    except StorageError as failed:
        raise StorageError(str(failed)) from None
