"""What is known of customers' numbers, put beside them: new ones, and those tried since.

Results of calls are stored without this, so that storing them stays quick; a batch looks at the
attempts since the last time, by their ids, which ascend with time. Doing it twice does no harm.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Select, func, select

from campaigns.crm.number_facts import facts_of
from campaigns.crm.validity import MOST_TRIES, Judged, Told, Tried, Verdict, judge
from storage.bulk import among, plan_anew, update_rows
from storage.engine import Store
from storage.memo import recall, remember
from storage.tables.attempts import ATTEMPTS
from storage.tables.contacts import CONTACT_POINTS, ContactKind

BATCH = 1000
SEEN = "numbers.seen"  # the last attempt that was looked at
CHECKED = "numbers.checked"  # how far somebody else has checked them, and since when
ROUND = timedelta(days=1)
Due: TypeAlias = tuple[UUID, str]
"""Of a contact point: its id, and the number."""
PATIENCE = timedelta(hours=6)  # an attempt that is older and has no end is waited for no more
_P, _A = CONTACT_POINTS.c, ATTEMPTS.c


@dataclass(slots=True)
class Cleaned:
    """`looked`: numbers that were looked at; `changed`: of them, those with another verdict or
    score than before; `verdicts`: what the ones looked at have now."""

    looked: int = 0
    changed: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Cleaned") -> None:
        self.looked += other.looked
        self.changed += other.changed
        self.verdicts.update(other.verdicts)


def clean(store: Store, now: datetime) -> Iterator[Cleaned]:
    """Judge what is due, a batch at a time: what came of each. Raises `StorageError`."""
    while (done := clean_new(store, now)).looked:
        yield done
    while (tried := clean_tried(store, now)) is not None:
        yield tried


def clean_new(store: Store, now: datetime) -> Cleaned:
    """One batch of numbers that nobody has looked at."""
    query = _points().where(_P.verdict == Verdict.UNKNOWN.value, _P.checked_at.is_(None))
    return _judge(store, query.where(_phone()).order_by(_P.id).limit(BATCH), now)


def clean_tried(store: Store, now: datetime) -> Cleaned | None:
    """Those of one batch of attempts since the last time; None: there are no more."""
    attempts = _since(store, recall(store, SEEN), now)
    if not attempts:
        return None
    numbers = {number for _, number in attempts}
    done = Cleaned()
    with store.reading() as connection:
        query = _points().where(_phone(), among(connection, _P.value, numbers)).order_by(_P.id)
    done.add(_judge(store, query, now))
    remember(store, SEEN, str(attempts[-1][0]))
    return done


def due(store: Store) -> bool:
    """Whether there is anything to look at."""
    new = select(_P.id).where(
        _P.verdict == Verdict.UNKNOWN.value, _P.checked_at.is_(None), _phone()
    )
    seen = recall(store, SEEN)
    tried = select(_A.id).where(_A.ended_at.is_not(None))
    if seen:
        tried = tried.where(_A.id > UUID(seen))
    with store.reading() as connection:
        return any(connection.execute(q.limit(1)).first() for q in (new, tried))


def told(store: Store, found: Mapping[str, Verdict], now: datetime) -> Cleaned:
    """What somebody who checks numbers has said of these."""
    with store.writing() as connection:
        plan_anew(connection)
        query = _points().where(_phone(), among(connection, _P.value, list(found)))
        rows = connection.execute(query.order_by(_P.id)).all()
        new = [{"id": row.id, "told": found[row.value].value, "told_at": now} for row in rows]
        update_rows(connection, CONTACT_POINTS, new)
    with store.reading() as connection:
        query = _points().where(_phone(), among(connection, _P.value, list(found)))
        query = query.order_by(_P.id)
    return _judge(store, query, now)


def to_check(store: Store, before: datetime, limit: int, now: datetime) -> list[Due]:
    """Numbers that were never checked by somebody else, or not since `before`, by their ids from
    where the last ones ended: `go_on` says so. All of them are gone through once a day at most."""
    after, begun = _mark(store)
    found = _due(store, after, before, limit)
    if found or after is None or now - begun < ROUND:
        return found
    _set_mark(store, None, now)
    return _due(store, None, before, limit)


def go_on(store: Store, after: UUID, now: datetime) -> None:
    """Those up to this one have been checked."""
    known, begun = _mark(store)
    _set_mark(store, after, now if known is None else begun)


def _due(store: Store, after: UUID | None, before: datetime, limit: int) -> list[Due]:
    old = (_P.told_at.is_(None)) | (_P.told_at < before)
    query = select(_P.id, _P.value).where(_phone(), old).order_by(_P.id).limit(limit)
    if after is not None:
        query = query.where(_P.id > after)
    with store.reading() as connection:
        return [(row.id, row.value) for row in connection.execute(query)]


def _mark(store: Store) -> tuple[UUID | None, datetime]:
    kept = recall(store, CHECKED)
    after, begun = json.loads(kept) if kept else (None, "1970-01-01T00:00:00+00:00")
    return UUID(after) if after else None, datetime.fromisoformat(begun)


def _set_mark(store: Store, after: UUID | None, begun: datetime) -> None:
    remember(store, CHECKED, json.dumps([str(after) if after else None, begun.isoformat()]))


def verdicts(store: Store) -> dict[str, int]:
    """How many numbers have each verdict."""
    query = select(_P.verdict, func.count()).where(_phone()).group_by(_P.verdict)
    with store.reading() as connection:
        return dict(connection.execute(query).all())


def _points() -> Select[Any]:
    return select(*(_P[name] for name in _READ))


_READ = (
    *("id", "customer_id", "value", "line_type", "verdict", "score", "why", "told", "told_at"),
)


def _phone() -> Any:
    return _P.kind == ContactKind.PHONE.value


def _since(store: Store, seen: str | None, now: datetime) -> list[tuple[UUID, str]]:
    """The attempts after that one, as far as all of them are over."""
    query = select(_A.id, _A.number, _A.ended_at, _A.placed_at).order_by(_A.id).limit(BATCH)
    if seen:
        query = query.where(_A.id > UUID(seen))
    found = list[tuple[UUID, str]]()
    with store.reading() as connection:
        for row in connection.execute(query):
            if row.ended_at is None and row.placed_at > now - PATIENCE:
                break
            found.append((row.id, row.number))
    return found


def _judge(store: Store, query: Select[Any], now: datetime) -> Cleaned:
    done, customers = Cleaned(), set[UUID]()
    with store.writing() as connection:
        plan_anew(connection)
        rows = connection.execute(query).all()
        tries = _tries(connection, [row.value for row in rows])
        new = []
        for row in rows:
            judged = judge(_kind(row), tries[row.value], now, _told(row))
            done.verdicts[judged.verdict.value] += 1
            if _is_other(row, judged):
                done.changed += 1
                customers.add(row.customer_id)
            new.append(_row(row.id, judged, now))
        update_rows(connection, CONTACT_POINTS, new)
        done.looked = len(rows)
    store.tell(customers)
    return done


def _tries(connection: Connection, numbers: Collection[str]) -> Mapping[str, Sequence[Tried]]:
    """The latest attempts on each number, the last one first."""
    found: dict[str, list[Tried]] = defaultdict(list)
    if not numbers:
        return found
    latest = func.row_number().over(
        partition_by=_A.number, order_by=(_A.placed_at.desc(), _A.id.desc())
    )
    query = select(_A.number, _A.outcome, _A.cause, _A.placed_at, latest.label("place"))
    mine = query.where(among(connection, _A.number, numbers), _A.ended_at.is_not(None)).subquery()
    last = select(mine).where(mine.c.place <= MOST_TRIES).order_by(mine.c.number, mine.c.place)
    for row in connection.execute(last):
        found[row.number].append(Tried(row.outcome, row.cause, row.placed_at))
    return found


def _kind(row: Any) -> str:
    """A lead's number came with its zones alone: looking the rest up is done here."""
    return row.line_type or facts_of(row.value).line_type


def _told(row: Any) -> Told | None:
    return Told(Verdict(row.told), row.told_at) if row.told and row.told_at else None


def _is_other(row: Any, judged: Judged) -> bool:
    return (row.verdict, row.score, row.why) != (judged.verdict.value, judged.score, judged.why)


def _row(point: UUID, judged: Judged, now: datetime) -> dict[str, Any]:
    return {
        "id": point,
        "verdict": judged.verdict.value,
        "score": judged.score,
        "why": judged.why,
        "checked_at": now,
    }
