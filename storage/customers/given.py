"""A customer as somebody tells of one, checked before anything is looked up. Hostile until then."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from campaigns.crm.number_facts import NumberFacts, facts_from
from campaigns.crm.tags import BadTag, path_of
from campaigns.crm.values import BadValue, Value, value_of
from campaigns.numbers import BadNumber, Read, is_region, read
from connectors.calls import TOKEN
from storage.columns import clean
from storage.customers.definitions import Definitions

LONGEST_NAME, LONGEST_ID, MOST_POINTS, MOST_TAGS = 500, 120, 20, 100
LONGEST_EMAIL = 190
_EMAIL = re.compile(r"[^\s@\x00-\x1f<>,;]{1,100}@[^\s@\x00-\x1f<>,;]{1,89}")


@dataclass(frozen=True, slots=True)
class GivenCustomer:
    """What is told of a customer. None: nothing is told of it, so that it stays as it is.

    `numbers`: as people write them, the main one first; `region`: where those without a country
    code are dialled from. Numbers, emails and tags are added; `untag` takes tags away, with those
    below. `owner`, `stage`: empty takes away. `fields`: the site's own; None takes away.
    `do_not_call`: only ever told, never taken back. `types`: of each number, where the number
    itself does not tell. `consents`: channel, purpose, and whether it is allowed. `sift`: asked
    what is to be taken of it, with the customer's row as it stands, which nobody else changes then.
    """

    external_id: str
    name: str | None = None
    company: str | None = None
    sift: "Sift | None" = field(default=None, compare=False, repr=False)
    numbers: tuple[str, ...] = ()
    region: str | None = None
    emails: tuple[str, ...] = ()
    stage: str | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()
    untag: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    do_not_call: bool = False
    types: tuple[str, ...] = ()
    consents: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedCustomer:
    """The same with every value made what it is: numbers E.164 with what they tell by themselves,
    paths, fields of their types."""

    given: GivenCustomer
    numbers: Mapping[str, NumberFacts]
    emails: tuple[str, ...]
    tags: tuple[str, ...]
    untag: tuple[str, ...]
    fields: Mapping[str, Value | None]


Sift: TypeAlias = Callable[[Mapping[str, Any], CheckedCustomer], CheckedCustomer]


class BadCustomer(ValueError):
    """Which field, and what was expected: never the value."""


def check(given: GivenCustomer, known: Definitions, nameless: bool = False) -> CheckedCustomer:
    """Raises `BadCustomer`. `nameless`: whoever has a number or an address needs no external id."""
    if not (nameless and not given.external_id):
        _require_id(given)
    elif not (given.numbers or given.emails):
        raise BadCustomer("there is neither an external id nor a number nor an e-mail address")
    for is_wrong, words in _CHECKS:
        if is_wrong(given):
            raise BadCustomer(words)
    _check_stage(given, known)
    return CheckedCustomer(
        given,
        _facts(given),
        _unique([_email(n, raw) for n, raw in enumerate(given.emails)]),
        _unique([_tag("tags", n, raw) for n, raw in enumerate(given.tags)]),
        _unique([_tag("untag", n, raw) for n, raw in enumerate(given.untag)]),
        {name: _value(name, raw, known) for name, raw in given.fields.items()},
    )


def _require_id(given: GivenCustomer) -> None:
    told = given.external_id
    if not told.strip() or len(told) > LONGEST_ID or not told.isprintable():
        raise BadCustomer(f"external_id: expected 1 to {LONGEST_ID} printable characters")


def _facts(given: GivenCustomer) -> Mapping[str, NumberFacts]:
    found: dict[str, NumberFacts] = {}
    for n, raw in enumerate(given.numbers):
        number = _number(n, raw, given.region)
        facts = facts_from(number.judged)
        told = given.types[n] if n < len(given.types) else ""
        vague = told and facts.line_type in ("", "fixed_or_mobile")
        found[number.written] = replace(facts, line_type=told) if vague else facts
    return found


def _unique(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values)) if values else ()


def _check_stage(given: GivenCustomer, known: Definitions) -> None:
    if given.stage and given.stage not in known.stages:
        expected = ", ".join(known.stages) or "none, as the CRM file declares no stages"
        raise BadCustomer(f"stage: expected one of {expected}")


def _number(n: int, raw: str, region: str | None) -> Read:
    try:
        return read(raw, region and region.strip().upper())
    except BadNumber as wrong:
        if region and not is_region(region):
            raise BadCustomer("region: expected a country's code such as CN") from wrong
        raise BadCustomer(f"numbers[{n}]: {wrong}") from wrong


def _email(n: int, raw: str) -> str:
    address = raw.strip()
    if not _EMAIL.fullmatch(address):
        raise BadCustomer(f"emails[{n}]: expected an address such as li@example.com")
    return clean(address.casefold())[:LONGEST_EMAIL]


def _tag(key: str, n: int, raw: str) -> str:
    try:
        return path_of(raw)
    except BadTag as wrong:
        raise BadCustomer(f"{key}[{n}]: {wrong}") from wrong


def _value(name: str, raw: Any, known: Definitions) -> Value | None:
    declared = known.fields.get(name)
    if declared is None:
        shown = f"'{name}'" if TOKEN.fullmatch(name) else "of that name"
        raise BadCustomer(f"fields: there is no field {shown}; declare it in the CRM file")
    try:
        value = value_of(declared.type, raw, declared.choices)
    except BadValue as wrong:
        raise BadCustomer(f"fields.{name}: expected {wrong}") from wrong
    return clean(value) if isinstance(value, str) else value


def _too_long(text: str | None) -> bool:
    return len(text or "") > LONGEST_NAME


_CHECKS: tuple[tuple[Callable[[GivenCustomer], bool], str], ...] = (
    (lambda c: _too_long(c.name), f"name: expected at most {LONGEST_NAME} characters"),
    (lambda c: _too_long(c.company), f"company: expected at most {LONGEST_NAME} characters"),
    (
        lambda c: bool(c.owner) and not TOKEN.fullmatch(c.owner or ""),
        "owner: expected a token: letters, digits, _ and -, at most 64",
    ),
    (
        lambda c: max(len(c.numbers), len(c.emails)) > MOST_POINTS,
        f"numbers, emails: expected at most {MOST_POINTS} of each",
    ),
    (
        lambda c: len(c.tags) + len(c.untag) > MOST_TAGS,
        f"tags, untag: expected at most {MOST_TAGS} together",
    ),
)
