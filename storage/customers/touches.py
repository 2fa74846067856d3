"""Touch points: what customers did, and what was noted of them, besides calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.crm.values import MILLIONTHS, BadValue, millionths
from connectors.calls import TOKEN
from storage.bulk import insert_new
from storage.columns import clean, clean_json
from storage.customers.changes import By
from storage.customers.changing import changing
from storage.engine import Store
from storage.errors import Refused
from storage.ids import new_id
from storage.tables.timeline import TOUCHES, TouchKind

LONGEST_KEY = 120


@dataclass(frozen=True, slots=True)
class NewTouch:
    """`item`: what was bought or looked at. `amount`: of money, with its `currency`. `key`: what
    the source calls it; one that comes again under it is passed over. `detail`: plain JSON."""

    customer_id: UUID
    kind: TouchKind
    at: datetime
    item: str = ""
    text: str = ""
    amount: str | int | float | None = None
    currency: str = ""
    key: str | None = None
    detail: Mapping[str, Any] | None = None


def add(store: Store, given: Sequence[NewTouch], source: str, by: By, now: datetime) -> int:
    """Keep touch points; how many are new. Raises `Refused`, with the place of the first that is
    wrong among those given, from 0, and its field; `NotThere`."""
    with changing(store, by, now) as pen:
        pen.hold({each.customer_id for each in given})
        rows = [_row(n, each, source, by) for n, each in enumerate(given)]
        new = insert_new(pen.connection, TOUCHES, rows, ["source", "source_key"])
        for row in rows:
            if row["id"] in new:
                told = {"id": str(row["id"]), "kind": row["kind"], "item": row["item"]}
                pen.note(row["customer_id"], "touch", None, told)
    return len(new)


def note(store: Store, customer_id: UUID, text: str, by: By, now: datetime) -> None:
    """Keep what somebody has to say of a customer. Raises `NotThere`."""
    add(store, [NewTouch(customer_id, TouchKind.NOTE, now, text=text)], "ours", by, now)


def money(amount: int | None) -> int | float | None:
    """An amount as it is stored, as it was told."""
    if amount is None:
        return None
    whole, rest = divmod(amount, MILLIONTHS)
    return amount / MILLIONTHS if rest else whole


def _row(n: int, each: NewTouch, source: str, by: By) -> dict[str, Any]:
    place = f"touches.{n}"
    for word, text in (("item", each.item), ("key", each.key or "")):
        if len(text) > LONGEST_KEY:
            raise Refused(f"{place}.{word}: expected at most {LONGEST_KEY} characters")
    if each.currency and not TOKEN.fullmatch(each.currency[:24]):
        raise Refused(f"{place}.currency: expected a code such as CNY")
    return {
        "id": new_id(),
        "customer_id": each.customer_id,
        "at": each.at,
        "kind": TouchKind(each.kind).value,
        "item": clean(each.item),
        "text": each.text,
        "amount": None if each.amount is None else _amount(f"{place}.amount", each.amount),
        "currency": each.currency[:24],
        "detail": None if each.detail is None else clean_json(dict(each.detail)),
        "source": source,
        "source_key": None if each.key is None else clean(each.key),
        "who": by.who,
    }


def _amount(place: str, raw: str | float) -> int:
    try:
        return millionths(raw)
    except BadValue as wrong:
        raise Refused(f"{place}: expected {wrong}") from wrong
