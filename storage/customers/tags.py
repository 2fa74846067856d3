"""Tags of customers, in their tree."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select

from campaigns.crm.tags import BETWEEN, BadTag, above, is_within, path_of
from storage.bulk import among, insert_absent, insert_new, insert_rows, update_rows
from storage.customers.changes import By
from storage.customers.changing import Changing, changing
from storage.engine import Store
from storage.errors import NotThere, Refused
from storage.ids import new_id
from storage.rules.in_use import rule_with_tag
from storage.selection.in_use import asked_tags
from storage.tables.crm import CUSTOMER_TAGS, TAGS

_T, _CT = TAGS.c, CUSTOMER_TAGS.c


@dataclass(frozen=True, slots=True)
class Tagged:
    """A tag of a customer: who says so, and since when."""

    path: str
    source: str
    at: datetime


def tag(store: Store, ids: Collection[UUID], raw: str, by: By, at: datetime) -> int:
    """Give customers a tag, which is made where it is new; how many have not had it.

    Raises `Refused` where `raw` is no path, and `NotThere`.
    """
    path = checked(raw)
    with changing(store, by, at) as pen:
        pen.hold(ids)
        return add_tags(pen, [(customer, path) for customer in ids])


def untag(store: Store, ids: Collection[UUID], raw: str, by: By, at: datetime) -> int:
    """Take a tag, and those below it, from customers; how many had any of them."""
    path = checked(raw)
    with changing(store, by, at) as pen:
        pen.hold(ids)
        return len({customer for customer, _ in remove_tags(pen, ids, path)})


def retag(
    store: Store, customer: UUID, add: Sequence[str], remove: Sequence[str], by: By, at: datetime
) -> None:
    """Take tags from a customer, then give some, at once: what is given stays, also where it lies
    below what is taken. Raises `Refused`, `NotThere`."""
    given, taken = [checked(raw) for raw in add], [checked(raw) for raw in remove]
    with changing(store, by, at) as pen:
        pen.hold([customer])
        for path in taken:
            remove_tags(pen, [customer], path)
        if given:
            add_tags(pen, [(customer, path) for path in given])


def add_tags(pen: Changing, given: Sequence[tuple[UUID, str]]) -> int:
    """Give each customer its tag, by a path that was checked; how many are new."""
    known = ensure(pen.connection, {path for _, path in given}, pen.at)
    source = pen.by.origin or pen.by.who.partition(":")[0]
    once = {(customer.int, path): customer for customer, path in given}
    rows: list[dict[str, Any]] = [
        {"customer_id": once[each], "tag_id": known[each[1]], "source": source, "at": pen.at}
        for each in sorted(once)
    ]
    of_new = [row for row in rows if pen.is_new(row["customer_id"])]
    insert_rows(pen.connection, CUSTOMER_TAGS, of_new)  # who has none yet, and is nobody else's
    others = rows if not of_new else [r for r in rows if not pen.is_new(r["customer_id"])]
    paths = {tag_id: path for path, tag_id in known.items()}
    done = insert_absent(pen.connection, CUSTOMER_TAGS, others, ["customer_id", "tag_id"])
    new = sorted(done, key=lambda pair: (pair[0].int, pair[1].int))
    for customer, tag_id in new:
        pen.note(customer, "tag", None, paths[tag_id])
    return len(of_new) + len(new)


def remove_tags(pen: Changing, ids: Collection[UUID], path: str) -> list[tuple[UUID, str]]:
    """Take a tag, and those below it, from customers; who had which."""
    query = select(_CT.customer_id, _CT.tag_id, _T.path).join(TAGS, _T.id == _CT.tag_id)
    found = pen.connection.execute(
        query.where(among(pen.connection, _CT.customer_id, ids), within(path))
    ).all()
    for customer, tag_id, its in found:
        mine = and_(_CT.customer_id == customer, _CT.tag_id == tag_id)
        pen.connection.execute(delete(CUSTOMER_TAGS).where(mine))
        pen.note(customer, "tag", its, None)
    return [(customer, its) for customer, _, its in found]


def ensure(connection: Connection, paths: Collection[str], now: datetime) -> dict[str, UUID]:
    """The ids of tags, and of those above them; what is not there yet is made."""
    wanted = sorted({each for path in paths for each in above(path)})
    known = _ids(connection, wanted)
    new = {path: new_id() for path in wanted if path not in known}
    if not new:
        return known
    there = {**known, **new}
    rows = [
        {
            "id": new[path],
            "parent_id": there[path.rpartition(BETWEEN)[0]] if BETWEEN in path else None,
            "path": path,
            "created_at": now,
        }
        for path in new
    ]
    if len(insert_new(connection, TAGS, rows, ["path"])) < len(rows):
        return _adopted(connection, wanted)
    return there


def move(store: Store, raw: str, under: str, now: datetime) -> str:
    """Put a tag, with those below it, under another one (empty: at the root); its new path.

    Raises `NotThere`, and `Refused` for a cycle, for a path that is taken, and for a tag that a
    campaign or a rule goes by, which would mean nobody any more.
    """
    path, parent = checked(raw), checked(under) if under else ""
    if parent and is_within(parent, path):
        raise Refused(f"The tag '{path}' cannot come under '{parent}': that would be a circle")
    name = path.rpartition(BETWEEN)[2]
    target = checked(f"{parent}{BETWEEN}{name}" if parent else name)
    with store.writing() as connection:
        rows = connection.execute(select(_T.id, _T.path).where(within(path)).with_for_update())
        found = {row.path: row.id for row in rows}
        if path not in found:
            raise NotThere(f"There is no tag '{path}'")
        _refuse_what_is_asked(connection, path)
        if connection.execute(select(_T.id).where(_T.path == target)).first():
            raise Refused(f"There is a tag '{target}' already")
        above_it = ensure(connection, {parent}, now)[parent] if parent else None
        moved = [{"id": i, "path": checked(target + p[len(path) :])} for p, i in found.items()]
        update_rows(connection, TAGS, moved)
        update_rows(connection, TAGS, [{"id": found[path], "parent_id": above_it}])
    return target


def _refuse_what_is_asked(connection: Connection, path: str) -> None:
    asked = asked_tags(connection)
    campaign = next((asked[each] for each in sorted(asked) if is_within(each, path)), None)
    if campaign is not None:
        raise Refused(f"Campaign '{campaign}' goes by the tag; change its 'leads.filter' first")
    rule = rule_with_tag(connection, path)
    if rule is not None:
        raise Refused(f"The rule '{rule}' goes by the tag; change the rules file first")


def tree(store: Store) -> dict[str, int]:
    """Every tag by its path, and how many customers have that very one."""
    query = (
        select(_T.path, func.count(_CT.customer_id))
        .outerjoin(CUSTOMER_TAGS, _CT.tag_id == _T.id)
        .group_by(_T.path)
        .order_by(_T.path)
    )
    with store.looking() as connection:
        return dict(connection.execute(query).all())


def of_customers(connection: Connection, ids: Collection[UUID]) -> dict[UUID, list[Tagged]]:
    """The tags of each customer, by their paths."""
    query = select(_CT.customer_id, _T.path, _CT.source, _CT.at).join(TAGS, _T.id == _CT.tag_id)
    found: dict[UUID, list[Tagged]] = {customer: [] for customer in ids}
    for row in connection.execute(query.where(_CT.customer_id.in_(ids)).order_by(_T.path)):
        found[row.customer_id].append(Tagged(row.path, row.source, row.at))
    return found


def within(path: str) -> ColumnElement[bool]:
    """A tag, or one below it, by its path."""
    # neither LIKE, which knows no case in SQLite, nor an order, which is a language's in PostgreSQL
    start = path + BETWEEN
    return or_(_T.path == path, func.substr(_T.path, 1, len(start)) == start)


def checked(raw: str) -> str:
    """A path as it is kept. Raises `Refused`."""
    try:
        return path_of(raw)
    except BadTag as wrong:
        raise Refused(f"That is no tag: {wrong}") from wrong


def _ids(connection: Connection, paths: Iterable[str]) -> dict[str, UUID]:
    query = select(_T.path, _T.id).where(among(connection, _T.path, list(paths)))
    return dict(connection.execute(query).all())


def _adopted(connection: Connection, wanted: Sequence[str]) -> dict[str, UUID]:
    """Somebody else has made some of them meanwhile: theirs count, and hang under theirs."""
    known = _ids(connection, wanted)
    for path in wanted:
        if BETWEEN in path:
            parent = known[path.rpartition(BETWEEN)[0]]
            update_rows(connection, TAGS, [{"id": known[path], "parent_id": parent}])
    return known
