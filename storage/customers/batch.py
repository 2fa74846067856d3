"""Customers of one batch: whose each row is, and what the rows tell, on the way to the database."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from campaigns.importing.mapping import Duplicates, Then, ThenSimilar
from storage.bulk import all_are_new, among, of_each, plan_anew
from storage.customers.alike import Alike
from storage.customers.changing import Again, Changing
from storage.customers.consenting import write_words
from storage.customers.given import BadCustomer, CheckedCustomer
from storage.customers.merging import made, merge
from storage.customers.numbers import add_all_points, email_row, phone_row, whose
from storage.customers.tags import add_tags, remove_tags
from storage.tables.contacts import CUSTOMER_REFS, ContactKind

_R = CUSTOMER_REFS.c
PHONE, EMAIL = ContactKind.PHONE.value, ContactKind.EMAIL.value


class Came(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    SKIPPED = "skipped"  # by the rules of an import; never over REST


@dataclass(frozen=True, slots=True)
class Synced:
    """What came of one row. `position` counts the given rows from 0; `why`: of a refused or skipped
    one; `like`: who may be the same, and how like, where that was asked."""

    position: int
    external_id: str
    came: Came
    customer_id: UUID | None = None
    why: str = ""
    like: tuple[UUID, float] | None = None

    def told(self) -> dict[str, Any]:
        """As plain JSON."""
        mine = str(self.customer_id) if self.customer_id else None
        told = {"position": self.position, "external_id": self.external_id, "came": self.came.value}
        return {**told, "customer_id": mine, **({"why": self.why} if self.why else {})}


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose a row is. `by`: what it was known by, as `Duplicates` names it; `like`: who may be."""

    customer: UUID | None
    by: str = ""
    like: tuple[UUID, float] | None = None


@dataclass(slots=True)
class Batch:
    """What is known of one batch, as it goes on. `owners`: by kind and value."""

    source: str
    rules: Duplicates
    refs: dict[str, UUID]
    named: dict[UUID, str]  # what the source calls customers, but for those that it has no more
    gone: set[str]  # ids that it has no more, and may tell of again
    owners: dict[tuple[str, str], UUID]
    alike: Alike | None
    tags: list[tuple[UUID, str]] = field(default_factory=list)
    untag: list[tuple[UUID, str]] = field(default_factory=list)
    words: list[tuple[UUID, str, str, bool]] = field(default_factory=list)
    points: list[dict[str, Any]] = field(default_factory=list)
    new_refs: list[dict[str, Any]] = field(default_factory=list)
    back: list[str] = field(default_factory=list)


def look(pen: Changing, source: str, good: Sequence[CheckedCustomer], rules: Duplicates) -> Batch:
    """Who is known already, locked."""
    connection = pen.connection
    plan_anew(connection)
    ids = [each.given.external_id for each in good]
    told = (_R.external_id, _R.customer_id, _R.gone_at)
    query = of_each(connection, told, _R.external_id, ids, _R.source == source)
    rows = connection.execute(query).all() if any(ids) else []
    refs = {row.external_id: row.customer_id for row in rows}
    owners = {
        **_owners(connection, ContactKind.PHONE, [n for each in good for n in each.numbers]),
        **_owners(connection, ContactKind.EMAIL, [e for each in good for e in each.emails]),
    }
    alike = Alike(connection, rules.similar.at_least, good) if rules.similar else None
    held = {*refs.values(), *owners.values()}
    if alike and rules.similar and rules.similar.then is ThenSimilar.UPDATE:
        held |= alike.customers
    pen.hold(held)
    named = select(_R.customer_id, _R.external_id)
    named = named.where(_R.source == source, _R.gone_at.is_(None))
    named = named.where(among(connection, _R.customer_id, held))
    known = dict(connection.execute(named).all()) if held else {}
    gone = {row.external_id for row in rows if row.gone_at is not None}
    return Batch(source, rules, refs, known, gone, owners, alike)


def take(pen: Changing, batch: Batch, n: int, each: CheckedCustomer | tuple[str, str]) -> Synced:
    """Take one row: what comes of it, but for whether it changes anything."""
    if isinstance(each, tuple):
        return Synced(n, each[0], Came.REFUSED, why=each[1])
    external_id = each.given.external_id
    try:
        found = _resolve(batch, each)
    except BadCustomer as wrong:
        return Synced(n, external_id, Came.REFUSED, why=str(wrong))
    skipped = _why_skipped(batch.rules, found)
    if skipped:
        return Synced(n, external_id, Came.SKIPPED, found.customer, skipped, found.like)
    came, customer = Came.UNCHANGED, found.customer
    whole = customer is None and each.given.sift is None
    if customer is None:
        customer, came = made(pen, each) if whole else pen.add(), Came.CREATED
    _refer(pen, batch, customer, each.given.external_id)
    _reach(pen, batch, customer, each)
    if not whole:
        merge(pen, customer, each)
    _hang(pen, batch, customer, each)
    if came is Came.CREATED:
        pen.created(customer, _told(batch.source, each))
    return Synced(n, external_id, came, customer, like=found.like)


def write(pen: Changing, batch: Batch) -> None:
    """Write all that hangs on the customers. Raises `Again`."""
    if not add_all_points(pen.connection, batch.points):
        raise Again
    if batch.back:
        these = update(CUSTOMER_REFS).where(_R.source == batch.source)
        pen.connection.execute(these.where(_R.external_id.in_(batch.back)).values(gone_at=None))
    refs = sorted(batch.new_refs, key=lambda row: str(row["external_id"]))
    if not all_are_new(pen.connection, CUSTOMER_REFS, refs, ["source", "external_id"]):
        raise Again
    for path in dict.fromkeys(path for _, path in batch.untag):
        remove_tags(pen, [customer for customer, its in batch.untag if its == path], path)
    if batch.tags:
        add_tags(pen, batch.tags)
    write_words(pen, batch.words, batch.source)


def changed(pen: Changing, each: Synced) -> Synced:
    """The same, once it is known whether anything has changed."""
    if each.customer_id is None or each.came in (Came.CREATED, Came.SKIPPED):
        return each
    return replace(each, came=Came.UPDATED) if each.customer_id in pen.touched else each


def _owners(
    connection: Connection, kind: ContactKind, values: Sequence[str]
) -> dict[tuple[str, str], UUID]:
    return {(kind.value, v): owner for v, owner in whose(connection, kind, values).items()}


def _resolve(batch: Batch, each: CheckedCustomer) -> Whose:
    """Whose row it is. Raises `BadCustomer` for a number of somebody else's."""
    external_id = each.given.external_id
    mine = batch.refs.get(external_id) if external_id else None
    by = "external_id" if mine else ""
    for n, number in enumerate(each.numbers):
        owner = batch.owners.get((PHONE, number))
        if owner is None or owner == mine:
            continue
        if mine is not None or (external_id and owner in batch.named):
            raise BadCustomer(f"numbers[{n}]: {_somebody_elses(batch, owner)}")
        mine, by = owner, "number"
    if mine is None and not external_id:
        emails = (batch.owners.get((EMAIL, e)) for e in each.emails)
        mine = next((owner for owner in emails if owner), None)
        by = "email" if mine else ""
    return Whose(mine, by) if mine or batch.alike is None else _like(batch, each)


def _like(batch: Batch, each: CheckedCustomer) -> Whose:
    """Nobody's by what it says; by name and company perhaps somebody's."""
    rule = batch.rules.similar
    found = batch.alike.find(each.given.name, each.given.company) if batch.alike else None
    if found is None or rule is None or rule.then is not ThenSimilar.UPDATE:
        return Whose(None, like=found)
    if each.given.external_id and found[0] in batch.named:
        raise BadCustomer(
            f"external_id: the row is like '{batch.named[found[0]]}', and the source has two names "
            "for them; merge the two there, or import with similar: create"
        )
    return Whose(found[0], "similar", found)


def _somebody_elses(batch: Batch, owner: UUID) -> str:
    whose_it_is = batch.named.get(owner)
    told = f"'{whose_it_is}'" if whose_it_is else "another customer"
    return (
        f"it is the number of {told}, and a number has one customer; "
        "merge the two, or leave the number out"
    )


def _why_skipped(rules: Duplicates, found: Whose) -> str:
    if found.like is not None and rules.similar and rules.similar.then is ThenSimilar.SKIP:
        return f"it may be the same as customer {found.like[0]} ({found.like[1]:.0%} alike)"
    if found.by in _BY and getattr(rules, found.by) is Then.SKIP:
        return f"the customer is there already, by {_BY[found.by]}"
    return ""


_BY = {"external_id": "the external id", "number": "a number", "email": "an e-mail address"}


def _hang(pen: Changing, batch: Batch, customer: UUID, each: CheckedCustomer) -> None:
    """What hangs on the customer, and is written for all at once."""
    batch.tags += [(customer, path) for path in each.tags]
    batch.untag += [(customer, path) for path in each.untag]
    batch.words += [(customer, *word) for word in each.given.consents]
    if batch.alike is not None:
        row = pen.rows[customer]
        batch.alike.add(customer, row["name"], row["company"])


def _refer(pen: Changing, batch: Batch, customer: UUID, external_id: str) -> None:
    known = external_id in batch.refs
    if not external_id or (known and external_id not in batch.gone):
        return
    batch.refs[external_id] = customer
    batch.named[customer] = external_id
    pen.note(customer, "ref", None, {"source": batch.source, "external_id": external_id})
    if known:
        batch.gone.discard(external_id)
        batch.back.append(external_id)
        return
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


def _reach(pen: Changing, batch: Batch, customer: UUID, each: CheckedCustomer) -> None:
    """Contact points that the customer has not had. An email that is somebody else's stays so: it
    is no reason not to take the row."""
    for number, known in each.numbers.items():
        if _is_new(pen, batch, customer, PHONE, number):
            batch.points.append(phone_row(customer, number, known, pen.at))
            if pen.rows[customer]["do_not_call"]:
                pen.forbid(customer)
    for address in each.emails:
        if _is_new(pen, batch, customer, EMAIL, address):
            batch.points.append(email_row(customer, address, pen.at))


def _is_new(pen: Changing, batch: Batch, customer: UUID, kind: str, value: str) -> bool:
    if (kind, value) in batch.owners:
        return False
    batch.owners[kind, value] = customer
    if not pen.is_new(customer):
        pen.note(customer, "contact", None, {"kind": kind, "value": value})
    return True


def _told(source: str, each: CheckedCustomer) -> dict[str, Any]:
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
