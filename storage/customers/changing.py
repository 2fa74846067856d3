"""The one place where customers change.

Theory. Whoever changes customers locks their rows, in the order of their ids as everybody does,
changes them in memory, and says what changed; all of it is written at once, with a line for each
thing that changed (`storage.customers.changes`), in one transaction. So rules and adapters see
each change, and see it only when it is so. Who may not be called any more comes to the do-not-call
list here too, with all numbers, and nothing here takes anybody off it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from campaigns.crm.model import CustomField
from campaigns.importing.alike import block_of
from storage.bulk import all_are_new, among, insert_rows, update_rows
from storage.customers.changes import By, Change, write_changes
from storage.customers.definitions import Definitions, current
from storage.customers.indexing import write_values
from storage.dnc import put, seen_by_all
from storage.engine import Store
from storage.errors import NotThere, StorageError
from storage.ids import new_id
from storage.tables.contacts import CONTACT_POINTS, ContactKind
from storage.tables.people import CUSTOMERS
from storage.tables.timeline import FOLLOW_UPS, STAGE_CHANGES

_C, _P, _F = CUSTOMERS.c, CONTACT_POINTS.c, FOLLOW_UPS.c
OURS = (
    *("number", "name", "company", "external_ref", "updated_at", "version", "stage", "stage_at"),
    *("owner", "owned_at", "intent", "last_follow_up_at", "idle_since", "next_action_at"),
    *("fields", "do_not_call", "block"),
)
"""The columns that change here. The others are calls', and stay as they are."""
_NEW: Mapping[str, Any] = {
    **dict.fromkeys(OURS),
    "name": "",
    "external_ref": "",
    "version": 1,
    "do_not_call": False,
    "last_outcome": "",
    "last_disposition": "",
    "contacts": 0,
}


def in_order(ids: Collection[UUID]) -> list[UUID]:
    """As they came; by their numbers, as to compare UUIDs themselves takes ten times as long."""
    return sorted(ids, key=attrgetter("int"))


class Again(StorageError):
    """Somebody else has just made what was about to be made: to be done again from the start."""

    def __init__(self) -> None:
        super().__init__("Others change the same customers at the same time; try again")


@contextmanager
def changing(store: Store, by: By, at: datetime) -> Iterator["Changing"]:
    """Changes of customers in one transaction: all of them are kept, or none.

    Raises `Again` where it is to be done anew, and any other `StorageError`.
    """
    with store.writing() as connection:
        pen = Changing(connection, by, at)
        yield pen
        pen.write()
    seen_by_all(store, pen.listed)
    store.tell(pen.touched)


class Changing:
    """Customers as they will be. `listed`: numbers that have come to do-not-call; `touched`: whom
    to tell of; `by`: who changes them, and may become another in between."""

    def __init__(self, connection: Connection, by: By, at: datetime) -> None:
        self.connection = connection
        self.by = by
        self.at = at
        self.rows: dict[UUID, dict[str, Any]] = {}
        self.listed: list[str] = []
        self.touched: set[UUID] = set()
        self._known: Definitions | None = None
        self._new: set[UUID] = set()
        self._changes: list[tuple[By, Change]] = []
        self._stages: list[dict[str, Any]] = []
        self._values: list[tuple[UUID, CustomField, Any]] = []
        self._forbidden: dict[UUID, str] = {}  # and who says so
        self._renamed: set[UUID] = set()
        self._passed_on: list[tuple[UUID, str | None, str | None]] = []  # from whom, to whom

    @property
    def known(self) -> Definitions:
        """What the site says of its customers."""
        self._known = self._known or current(self.connection)
        return self._known

    def hold(self, ids: Collection[UUID]) -> None:
        """Nobody else changes these customers until all is written. Raises `NotThere`."""
        self.hold_known(ids)
        if missing := set(ids) - set(self.rows):
            raise NotThere(f"There is no customer with the id {min(missing)}")

    def hold_known(self, ids: Collection[UUID]) -> None:
        """The same of those that are there."""
        wanted = set(ids) - set(self.rows)
        if not wanted:
            return
        query = select(_C.id, *(_C[name] for name in OURS)).where(
            among(self.connection, _C.id, wanted)
        )
        locked = query.order_by(_C.id).with_for_update(key_share=True)
        for row in self.connection.execute(locked).mappings():
            self.rows[row["id"]] = dict(row)

    def add(self, **given: Any) -> UUID:
        """A new customer, with these columns; told of as `created`."""
        customer = new_id()
        times = {"created_at": self.at, "updated_at": self.at, "idle_since": self.at}
        self.rows[customer] = {"id": customer, **_NEW, **times, **given}
        self._new.add(customer)
        self.touched.add(customer)
        return customer

    def add_told(self, columns: Mapping[str, Any], fields: Mapping[str, Any]) -> UUID:
        """A new customer with all that is told, as by `put`, `put_stage`, `put_owner` and
        `put_field` one after another: nothing has been there that could stay."""
        customer = self.add(**{name: value for name, value in columns.items() if value})
        row = self.rows[customer]
        self._renamed.add(customer)
        if row["stage"]:
            self._note_stage(customer, None, row["stage"], "")
            row["stage_at"] = self.at
        if row["owner"]:
            row["owned_at"] = self.at
        row["fields"] = {name: v for name, v in fields.items() if v is not None} or None
        known = self.known.fields
        self._values += [
            (customer, known[name], value)
            for name, value in (row["fields"] or {}).items()
            if name in known and known[name].indexed
        ]
        return customer

    def put(self, customer: UUID, name: str, value: Any) -> bool:
        """Set a column; whether that changes anything."""
        row = self.rows[customer]
        old = row[name]
        if old == value or (not old and not value):
            return False
        row[name] = value
        if name in ("name", "company"):
            self._renamed.add(customer)
        self.note(customer, name, old, value)
        return True

    def put_field(self, customer: UUID, name: str, value: Any) -> bool:
        """Set a field of the site's own, already made its type; None takes it away."""
        row = self.rows[customer]
        fields = dict(row["fields"] or {})
        old = fields.pop(name, None)
        if old == value and type(old) is type(value):
            return False
        row["fields"] = fields if value is None else {**fields, name: value}
        declared = self.known.fields.get(name)
        if declared is not None and declared.indexed:
            self._values.append((customer, declared, value))
        self.note(customer, f"field.{name}", old, value)
        return True

    def put_stage(self, customer: UUID, stage: str | None, why: str = "") -> bool:
        """Move a customer along the pipeline, and keep that in its history."""
        before = self.rows[customer]["stage"]
        if not self.put(customer, "stage", stage):
            return False
        self.rows[customer]["stage_at"] = self.at
        self._note_stage(customer, before, stage, why)
        return True

    def put_owner(self, customer: UUID, owner: str | None) -> bool:
        """Whose the customer is; None: everybody's, who take from the pool. What the owner before
        had to do for the customer comes along."""
        before = self.rows[customer]["owner"]
        if not self.put(customer, "owner", owner):
            return False
        self._passed_on.append((customer, before, owner))
        now = {"owned_at": self.at, "idle_since": self.at}
        self.rows[customer].update(now)
        return True

    def forbid(self, customer: UUID) -> bool:
        """The customer is not to be called any more."""
        self._forbidden.setdefault(customer, self.by.who)  # numbers may have come since
        return self.put(customer, "do_not_call", True)

    def seen_to(self, customer: UUID, at: datetime) -> None:
        """Somebody has followed up."""
        row = self.rows[customer]
        for name in ("last_follow_up_at", "idle_since"):
            row[name] = max(at, row[name] or at)
        self.touched.add(customer)

    def note(self, customer: UUID, what: str, old: Any, new: Any) -> None:
        """Something has changed that is in no column."""
        if customer in self._new:
            return
        self.touched.add(customer)
        self._changes.append((self.by, Change(customer, what, old, new)))

    def created(self, customer: UUID, told: Mapping[str, Any]) -> None:
        """What a new customer came with, told as one change."""
        self._changes.append((self.by, Change(customer, "created", None, dict(told))))

    def is_new(self, customer: UUID) -> bool:
        """Whether nobody else can know this customer yet."""
        return customer in self._new

    def write(self) -> None:
        """Write everything that has been told. Raises `Again`."""
        connection = self.connection
        self._write_rows()
        insert_rows(connection, STAGE_CHANGES, self._stages)
        write_values(connection, self._values)
        self._pass_on()
        self._write_forbidden()
        for by, told in groupby(self._changes, key=lambda noted: noted[0]):
            write_changes(connection, [change for _, change in told], by, self.at)

    def _write_rows(self) -> None:
        for customer in self._renamed:
            row = self.rows[customer]
            row["block"] = block_of(row["name"], row["company"])
        new = [self.rows[c] for c in in_order(self._new)]
        if not all_are_new(self.connection, CUSTOMERS, new):
            raise Again
        columns = ("id", *OURS)
        changed = [self.rows[c] for c in in_order(self.touched - self._new)]
        for row in changed:
            row |= {"updated_at": self.at, "version": row["version"] + 1}
        rows = [{name: row[name] for name in columns} for row in changed]
        update_rows(self.connection, CUSTOMERS, rows)

    def _note_stage(self, customer: UUID, before: str | None, after: str | None, why: str) -> None:
        told = {"before": before, "after": after, "why": why, "who": self.by.who}
        self._stages.append({"id": new_id(), "customer_id": customer, "at": self.at, **told})

    def _pass_on(self) -> None:
        """Open follow-ups of customers who have another owner now; of many at once in one go."""
        ways: dict[tuple[str | None, str | None], list[UUID]] = {}
        for customer, old, new in self._passed_on:
            if customer not in self._new:
                ways.setdefault((old, new), []).append(customer)
        for (old, new), known in ways.items():
            mine = among(self.connection, _F.customer_id, known)
            theirs = _F.owner.is_(None) if old is None else _F.owner == old
            open_ones = update(FOLLOW_UPS).where(mine, theirs, _F.done_at.is_(None))
            self.connection.execute(open_ones.values(owner=new))

    def _write_forbidden(self) -> None:
        for who in sorted(set(self._forbidden.values())):
            theirs = [customer for customer, its in self._forbidden.items() if its == who]
            mine = select(_P.value).where(
                among(self.connection, _P.customer_id, theirs),
                _P.kind == ContactKind.PHONE.value,
            )
            numbers: Sequence[str] = self.connection.execute(mine).scalars().all()
            self.listed += put(self.connection, numbers, self.at, f"customer: told by {who}")
