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
from storage.messages import CUSTOMER_CHANGED, RESULTS
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
    their places there; `record`: the customer as we know them; `unknown`: it may be made there."""

    message: Taken
    external_id: str | None
    values: Mapping[str, Any]
    record: Record
    unknown: bool = False

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


def whole(mapped: CustomerMap, record: Record) -> dict[str, Any]:
    """All that a CRM has a place for, of a customer that it is to make."""
    places = {**mapped.fields, **mapped.writes}
    known = {name: record[name] for name in places if record.get(name) not in (None, "", [], ())}
    return written(mapped, known, everything=True)


def _is_worth_making(message: Taken, source: str, record: Record) -> bool:
    """Who has a number, and was spoken to or told of here, but for those whom the CRM has deleted:
    a list of a million leads is not to be a million contacts there."""
    if not record.get("numbers") or source in record["gone_in"]:
        return False
    return message.kind == CUSTOMER_CHANGED or bool(message.payload.get("connected_at"))


def _item(message: Taken, source: str, mapped: CustomerMap | None, record: Record) -> Item:
    external_id = record.get("external_ids", {}).get(source)
    if mapped is None or external_id is None:
        unknown = mapped is not None and _is_worth_making(message, source, record)
        return Item(message, external_id, {}, record, unknown)
    places = {**mapped.fields, **mapped.writes}
    about = [name for name in changed(message) if name in places and name in record]
    values = {name: record[name] for name in about}
    if values.get("do_not_call") is False:
        del values["do_not_call"]  # never taken back
    return Item(message, external_id, written(mapped, values), record)
