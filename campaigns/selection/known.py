"""The fields that a filter may ask of a lead: its own, its number's, its customer's.

Besides those of `KNOWN`, a filter may ask `attempts.busy` (how many attempts came to that outcome,
or were filed under it), `lead.city` (a column of the list's file), and `custom.budget` (a field of
the site's own, from its CRM file, with `indexed: true`).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from campaigns.crm.model import CustomField
from campaigns.crm.values import FieldType
from campaigns.outcomes import Outcome
from campaigns.selection.fields import Field, Kind, require
from campaigns.selection.problems import BadFilter
from campaigns.selection.words import (
    Before,
    Compare,
    Empty,
    Filter,
    OneOf,
    Tagged,
    Within,
    leaves,
)

OfField: TypeAlias = Compare | OneOf | Empty | Within | Before
CUSTOM, OF_FILE, OF_ATTEMPTS = "custom.", "lead.", "attempts."
_T, _N, _F, _M = Kind.TEXT, Kind.NUMBER, Kind.FLAG, Kind.MOMENT
KNOWN: Mapping[str, Field] = {
    "list": Field(_T, "the list that it is on"),
    "number": Field(_T, "its number, as +12125550100"),
    "reference": Field(_T, "its reference in the list's file"),
    "segment": Field(_T, "its segment"),
    "priority": Field(_N, "its priority"),
    "score": Field(_N, "its score"),
    "added": Field(_M, "when it came to the list"),
    "attempts": Field(_N, "attempts so far"),
    "last_attempt": Field(_M, "when the last of them was"),
    "last_outcome": Field(_T, "what that came to", tuple(Outcome)),
    "last_disposition": Field(_T, "what that was filed under"),
    "region": Field(_T, "the number's country, as CN"),
    "line_type": Field(_T, "mobile, fixed_line, ..."),
    "carrier": Field(_T, "the number's carrier"),
    "verdict": Field(_T, "unknown, valid, invalid or unreachable"),
    "validity": Field(_N, "how sure it is that somebody can be reached there, of 100"),
    "name": Field(_T, "the customer's name"),
    "company": Field(_T, "the customer's company"),
    "stage": Field(_T, "where in the pipeline"),
    "owner": Field(_T, "whose the customer is; empty: in the pool"),
    "intent": Field(_T, "how likely to buy, as a call told it"),
    "do_not_call": Field(_F, "whether the customer is not to be called"),
    "known_since": Field(_M, "when the customer came"),
    "last_call": Field(_M, "the last attempt to reach the customer, from any list"),
    "last_conversation": Field(_M, "when the customer last spoke with an agent"),
    "conversations": Field(_N, "how often the customer spoke with an agent"),
    "last_follow_up": Field(_M, "when the last follow-up was done"),
    "idle": Field(_M, "since when nobody has seen to the customer"),
    "last_purchase": Field(_M, "the last purchase"),
    "purchases": Field(_N, "how many there were"),
    "last_visit": Field(_M, "the last visit"),
    "visits": Field(_N, "how many there were"),
}
_KINDS: Mapping[FieldType, Kind] = {
    FieldType.TEXT: _T,
    FieldType.CHOICE: _T,
    FieldType.NUMBER: _N,
    FieldType.YES_NO: _F,
    FieldType.DATE: _M,
    FieldType.TIME: _M,
}


def require_known(filter_: Filter) -> None:
    """As far as it can be said without the site's CRM file. Raises `BadFilter`."""
    own = {leaf.field: Field(_T, "") for leaf in _asking(filter_, CUSTOM)}
    for leaf in leaves(filter_):
        if not isinstance(leaf, Tagged) and leaf.field not in own:
            require(leaf, {**KNOWN, **_open_ended(leaf)})


def require_answerable(
    filter_: Filter,
    stages: Collection[str],
    intents: Collection[str],
    fields: Mapping[str, CustomField],
) -> None:
    """Of a site: its stages, levels of intent and fields. Raises `BadFilter`."""
    for leaf in _asking(filter_, CUSTOM):
        declared = fields.get(leaf.field.removeprefix(CUSTOM))
        if declared is not None and not declared.indexed:
            raise BadFilter(
                leaf.at,
                f"expected a field with 'indexed: true' in the CRM file (got '{declared.name}')",
                "let it be indexed there, and apply the CRM file",
            )
    known = dict(KNOWN)
    for name, choices in (("stage", stages), ("intent", intents)):
        known[name] = replace(known[name], choices=tuple(choices))
    known |= {f"{CUSTOM}{name}": _declared(field) for name, field in fields.items()}
    require(filter_, {**known, **_open_ended(filter_)})


def custom_fields(filter_: Filter) -> set[str]:
    """The site's own fields that it asks, by their names in the CRM file."""
    return {leaf.field.removeprefix(CUSTOM) for leaf in _asking(filter_, CUSTOM)}


def _declared(field: CustomField) -> Field:
    return Field(_KINDS[field.type], field.label, field.choices)


def _open_ended(filter_: Filter) -> dict[str, Field]:
    """Nobody knows which columns files may have, or what campaigns file attempts under."""
    of_files = {leaf.field: Field(_T, "") for leaf in _asking(filter_, OF_FILE)}
    return of_files | {leaf.field: Field(_N, "") for leaf in _asking(filter_, OF_ATTEMPTS)}


def _asking(filter_: Filter, prefix: str) -> Iterator[OfField]:
    for leaf in leaves(filter_):
        if not isinstance(leaf, Tagged) and leaf.field.startswith(prefix):
            yield leaf
