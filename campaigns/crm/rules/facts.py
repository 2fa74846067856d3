"""What a rule's `if` may ask: what is known of a customer, whatever list the customer is on."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from campaigns.crm.model import CustomField
from campaigns.crm.values import FieldType
from campaigns.outcomes import Outcome
from campaigns.selection.fields import Field, Kind, require
from campaigns.selection.holds import Fact
from campaigns.selection.known import CUSTOM, KNOWN
from campaigns.selection.words import Filter, Tagged, leaves

_SAME = (
    *("number", "region", "line_type", "carrier", "verdict", "validity", "name", "company"),
    *("stage", "owner", "intent", "do_not_call", "known_since", "last_call", "last_conversation"),
    *("conversations", "last_follow_up", "idle", "last_purchase", "purchases", "last_visit"),
    "visits",
)
OF_CUSTOMERS: Mapping[str, Field] = {
    **{name: KNOWN[name] for name in _SAME},
    "last_outcome": Field(Kind.TEXT, "what the last attempt came to", tuple(Outcome)),
    "last_disposition": Field(Kind.TEXT, "what it was filed under"),
}
TOUCHED = frozenset({"last_purchase", "purchases", "last_visit", "visits"})
"""Those that have to be looked up among the touch points."""
UNTOLD = frozenset({"last_call", "last_outcome", "last_disposition", "verdict", "validity"})
"""Those that change without a change being noted."""
_KINDS: Mapping[FieldType, Kind] = {
    FieldType.TEXT: Kind.TEXT,
    FieldType.CHOICE: Kind.TEXT,
    FieldType.NUMBER: Kind.NUMBER,
    FieldType.YES_NO: Kind.FLAG,
    FieldType.DATE: Kind.MOMENT,
    FieldType.TIME: Kind.MOMENT,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A customer as rules see one. `facts`: by the names above; `tags`: their paths."""

    facts: Mapping[str, Fact]
    tags: frozenset[str] = frozenset()


def require_of_customers(filter_: Filter) -> None:
    """As far as it can be said without the site's CRM file. Raises `BadFilter`."""
    for leaf in leaves(filter_):
        if isinstance(leaf, Tagged) or leaf.field.startswith(CUSTOM):
            continue
        require(leaf, OF_CUSTOMERS)


def require_of_site(
    filter_: Filter,
    stages: Collection[str],
    intents: Collection[str],
    fields: Mapping[str, CustomField],
) -> None:
    """Of a site: its stages, levels of intent and fields, indexed or not. Raises `BadFilter`."""
    known = dict(OF_CUSTOMERS)
    for name, choices in (("stage", stages), ("intent", intents)):
        known[name] = replace(known[name], choices=tuple(choices))
    known |= {f"{CUSTOM}{n}": Field(_KINDS[f.type], f.label, f.choices) for n, f in fields.items()}
    require(filter_, known)


def own_facts(values: Mapping[str, Any], fields: Mapping[str, CustomField]) -> dict[str, Fact]:
    """The site's own fields of a customer as facts, by `custom.NAME`."""
    return {
        f"{CUSTOM}{name}": fact_of(_KINDS[field.type], values[name])
        for name, field in fields.items()
        if values.get(name) is not None
    }


def fact_of(kind: Kind, value: Any) -> Fact:
    """A value as facts have it."""
    match kind:
        case Kind.NUMBER:
            return Decimal(str(value))
        case Kind.MOMENT:
            at = datetime.fromisoformat(str(value))
            return at if at.tzinfo else at.replace(tzinfo=UTC)
        case Kind.FLAG:
            return bool(value)
        case Kind.TEXT:
            return str(value)
