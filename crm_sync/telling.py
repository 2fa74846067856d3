"""What a message means for the CRM's record of the customer: which fields, and their values now.

The values are those of now, not those of the message: a message that comes late, or twice, never
puts an old value back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from campaigns.crm.conflicts import CUSTOM, FACTS
from campaigns.crm.mapping import CustomerMap, written
from crm_sync.crm import Record, Records
from crm_sync.taste import CUSTOMER_CHANGED, RESULTS
from storage.outbox import Taken

_FIELDS: Mapping[str, str] = {
    "number": "numbers",
    "email": "emails",
    "tag": "tags",
    "call_result": "last_disposition",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One message for one CRM. `external_id`: what it calls the customer, if it does; `values`: by
    their places there; `record`: the customer as we know them."""

    message: Taken
    external_id: str | None
    values: Mapping[str, Any]
    record: Record

    @property
    def is_result(self) -> bool:
        return self.message.kind.startswith(RESULTS)


def items(
    batch: Sequence[Taken], source: str, mapped: CustomerMap | None, records: Records
) -> list[Item]:
    """The batch as the CRM `source` is to be told of it."""
    ids = {message.id: customer_of(message) for message in batch}
    known = records({each for each in ids.values() if each})
    return [_item(message, source, mapped, known.get(ids[message.id], {})) for message in batch]  # type: ignore[arg-type]


def customer_of(message: Taken) -> UUID | None:
    """Whom a message is about."""
    try:
        return UUID(str(message.payload.get("customer_id")))
    except ValueError:
        return None


def changed(message: Taken) -> set[str]:
    """The fields of ours that a message is about."""
    if message.kind != CUSTOMER_CHANGED:
        told = {"do_not_call"} if message.payload.get("do_not_call") else set()
        return {*FACTS, *told}
    found = set()
    for change in message.payload.get("changes") or ():
        what = str(change.get("what", ""))
        if what == "contact":
            found |= {"numbers", "emails"}
        elif what.startswith("field."):
            found.add(CUSTOM + what.removeprefix("field."))
        else:
            found.add(_FIELDS.get(what, what))
    return found


def _item(message: Taken, source: str, mapped: CustomerMap | None, record: Record) -> Item:
    external_id = record.get("external_ids", {}).get(source)
    if mapped is None or external_id is None:
        return Item(message, external_id, {}, record)
    places = {**mapped.fields, **mapped.writes}
    about = [name for name in changed(message) if name in places and name in record]
    values = {name: record[name] for name in about}
    if values.get("do_not_call") is False:
        del values["do_not_call"]  # never taken back
    return Item(message, external_id, written(mapped, values), record)
