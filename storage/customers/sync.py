"""Customers as a source tells of them, many at once: made or changed, each by its external id.

One row that is wrong hinders no other. A customer is known by what the source calls it, else by a
number: one that came on a list of leads, or from another source, is the same customer. A number
has one customer; who comes with somebody else's is refused, with whose it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, select

from storage.customers.changes import By
from storage.customers.changing import Again, Changing, changing
from storage.customers.definitions import Definitions, read
from storage.customers.given import BadCustomer, CheckedCustomer, GivenCustomer, check
from storage.customers.merging import merge
from storage.customers.numbers import add_points, email_row, phone_row, whose
from storage.customers.requests import Request, answer_of, keep_answer
from storage.customers.tags import add_tags, remove_tags
from storage.engine import Store
from storage.errors import Refused
from storage.tables.contacts import CUSTOMER_REFS, ContactKind
from storage.upsert import insert_into

MOST = 1000  # customers in one transaction
TRIES = 5
_R = CUSTOMER_REFS.c


_Checked: TypeAlias = CheckedCustomer | tuple[str, str]
"""What is right, or of what is not the external id and why."""


class Came(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Synced:
    """What came of one row. `position` counts the given rows from 0; `why`: of a refused one."""

    position: int
    external_id: str
    came: Came
    customer_id: UUID | None = None
    why: str = ""

    def told(self) -> dict[str, Any]:
        """As plain JSON."""
        mine = str(self.customer_id) if self.customer_id else None
        told = {"position": self.position, "external_id": self.external_id, "came": self.came.value}
        return {**told, "customer_id": mine, **({"why": self.why} if self.why else {})}


@dataclass(slots=True)
class _Batch:
    """What is known of one batch, as it goes on. `owners`: by kind and value."""

    source: str
    refs: dict[str, UUID]
    named: dict[UUID, str]  # what the source calls customers
    owners: dict[tuple[str, str], UUID]
    tags: list[tuple[UUID, str]] = field(default_factory=list)
    untag: list[tuple[UUID, str]] = field(default_factory=list)
    points: list[dict[str, Any]] = field(default_factory=list)
    new_refs: list[dict[str, Any]] = field(default_factory=list)


def sync(
    store: Store,
    source: str,
    given: Sequence[GivenCustomer],
    by: By,
    now: datetime,
    request: Request | None = None,
) -> list[dict[str, Any]]:
    """What came of each row, in their order, as `Synced.told`; at most `MOST` rows, all of them in
    one transaction.

    `request`: by which one that comes again is known, and gets the first one's answer. Raises
    `Refused` where it was another request, and `StorageError`.
    """
    if len(given) > MOST:
        raise Refused(f"At most {MOST} customers can be told at once")
    known = read(store)  # no transaction waits while numbers are parsed
    checked = [_checked(each, known) for each in given]
    for left in range(TRIES, 0, -1):
        try:
            with changing(store, by, now) as pen:
                return _answered(pen, source, checked, request)
        except Again:
            if left == 1:
                raise
    raise AssertionError("unreachable")


def _answered(
    pen: Changing, source: str, checked: Sequence[_Checked], request: Request | None
) -> list[dict[str, Any]]:
    before = answer_of(pen.connection, request)
    if before is not None:
        rows: list[dict[str, Any]] = before["rows"]
        return rows
    rows = [each.told() for each in _sync(pen, source, checked)]
    if request is not None and not keep_answer(pen.connection, request, {"rows": rows}):
        raise Again
    return rows


def _sync(pen: Changing, source: str, checked: Sequence[_Checked]) -> list[Synced]:
    good = [each for each in checked if isinstance(each, CheckedCustomer)]
    batch = _look(pen, source, good)
    came = [_one(pen, batch, n, each) for n, each in enumerate(checked)]
    _write(pen, batch)
    return [
        each if each.customer_id is None or each.came is Came.CREATED else _changed(pen, each)
        for each in came
    ]


def _checked(each: GivenCustomer, known: Definitions) -> _Checked:
    try:
        return check(each, known)
    except BadCustomer as wrong:
        return each.external_id[:120], str(wrong)


def _look(pen: Changing, source: str, good: Sequence[CheckedCustomer]) -> _Batch:
    """Who is known already, locked."""
    connection = pen.connection
    ids = [each.given.external_id for each in good]
    query = select(_R.external_id, _R.customer_id).where(_R.source == source)
    refs = dict(connection.execute(query.where(_R.external_id.in_(ids))).all())
    owners = {
        **_owners(connection, ContactKind.PHONE, [n for each in good for n in each.numbers]),
        **_owners(connection, ContactKind.EMAIL, [e for each in good for e in each.emails]),
    }
    held = {*refs.values(), *owners.values()}
    pen.hold(held)
    named = select(_R.customer_id, _R.external_id).where(_R.source == source)
    named = named.where(_R.customer_id.in_(held))
    return _Batch(source, refs, dict(connection.execute(named).all()), owners)


def _owners(
    connection: Connection, kind: ContactKind, values: Sequence[str]
) -> dict[tuple[str, str], UUID]:
    return {(kind.value, v): owner for v, owner in whose(connection, kind, values).items()}


def _one(pen: Changing, batch: _Batch, n: int, each: CheckedCustomer | tuple[str, str]) -> Synced:
    if isinstance(each, tuple):
        return Synced(n, each[0], Came.REFUSED, why=each[1])
    external_id = each.given.external_id
    try:
        customer = _resolve(batch, each)
    except BadCustomer as wrong:
        return Synced(n, external_id, Came.REFUSED, why=str(wrong))
    came = Came.UNCHANGED
    if customer is None:
        customer, came = pen.add(), Came.CREATED
    _refer(pen, batch, customer, external_id)
    _reach(pen, batch, customer, each)
    merge(pen, customer, each)
    batch.tags += [(customer, path) for path in each.tags]
    batch.untag += [(customer, path) for path in each.untag]
    if came is Came.CREATED:
        pen.created(customer, _told(batch.source, each))
    return Synced(n, external_id, came, customer)


def _resolve(batch: _Batch, each: CheckedCustomer) -> UUID | None:
    """Whose row it is; None: nobody's yet. Raises `BadCustomer` for a number of somebody else's."""
    mine = batch.refs.get(each.given.external_id)
    for n, number in enumerate(each.numbers):
        owner = batch.owners.get((ContactKind.PHONE.value, number))
        if owner is None or owner == mine:
            continue
        if mine is not None or owner in batch.named:
            whose_it_is = batch.named.get(owner)
            told = f"'{whose_it_is}'" if whose_it_is else "another customer"
            raise BadCustomer(
                f"numbers[{n}]: it is the number of {told}, and a number has one customer; "
                "merge the two, or leave the number out"
            )
        mine = owner
    return mine


def _refer(pen: Changing, batch: _Batch, customer: UUID, external_id: str) -> None:
    if external_id in batch.refs:
        return
    batch.refs[external_id] = customer
    batch.named[customer] = external_id
    batch.new_refs.append(
        {
            "source": batch.source,
            "external_id": external_id,
            "customer_id": customer,
            "created_at": pen.at,
        }
    )
    if not pen.rows[customer]["external_ref"]:
        pen.rows[customer]["external_ref"] = external_id
    pen.note(customer, "ref", None, {"source": batch.source, "external_id": external_id})


def _reach(pen: Changing, batch: _Batch, customer: UUID, each: CheckedCustomer) -> None:
    """Contact points that the customer has not had. An email that is somebody else's stays so: it
    is no reason not to take the row."""
    for number, known in each.numbers.items():
        if _is_new(pen, batch, customer, ContactKind.PHONE, number):
            batch.points.append(phone_row(customer, number, known, pen.at))
            if pen.rows[customer]["do_not_call"]:
                pen.forbid(customer)
    for address in each.emails:
        if _is_new(pen, batch, customer, ContactKind.EMAIL, address):
            batch.points.append(email_row(customer, address, pen.at))


def _is_new(pen: Changing, batch: _Batch, customer: UUID, kind: ContactKind, value: str) -> bool:
    if (kind.value, value) in batch.owners:
        return False
    batch.owners[kind.value, value] = customer
    pen.note(customer, "contact", None, {"kind": kind.value, "value": value})
    return True


def _write(pen: Changing, batch: _Batch) -> None:
    if len(add_points(pen.connection, batch.points)) < len(batch.points):
        raise Again
    if batch.new_refs:
        statement = insert_into(pen.connection, CUSTOMER_REFS).on_conflict_do_nothing(
            index_elements=["source", "external_id"]
        )
        rows = sorted(batch.new_refs, key=lambda row: str(row["external_id"]))
        done = pen.connection.execute(statement.returning(_R.external_id), rows).all()
        if len(done) < len(rows):
            raise Again
    for path in dict.fromkeys(path for _, path in batch.untag):
        remove_tags(pen, [customer for customer, its in batch.untag if its == path], path)
    if batch.tags:
        add_tags(pen, batch.tags)


def _changed(pen: Changing, each: Synced) -> Synced:
    came = Came.UPDATED if each.customer_id in pen.touched else Came.UNCHANGED
    return Synced(each.position, each.external_id, came, each.customer_id)


def _told(source: str, each: CheckedCustomer) -> Mapping[str, Any]:
    given = each.given
    told = {
        "source": source,
        "external_id": given.external_id,
        "name": given.name,
        "company": given.company,
        "numbers": list(each.numbers),
        "emails": list(each.emails),
        "stage": given.stage,
        "owner": given.owner,
        "tags": list(each.tags),
        "fields": dict(each.fields),
        "do_not_call": given.do_not_call or None,
    }
    return {name: value for name, value in told.items() if value}
