"""What a CRM calls things: its record of a customer as ours, and ours as its own."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from campaigns.crm.conflicts import CUSTOM, DEFAULTS, OURS, Wins, may_be
from campaigns.crm.model import CrmPart
from campaigns.crm.values import BadValue, FieldType, value_of
from campaigns.crm.zones import known_zone
from connectors.calls import TOKEN

Place = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Raw = str | int | float | bool
LISTS = ("numbers", "emails", "tags")
LONGEST_ID = 120


class BadRow(ValueError):
    """What is wrong with a record of the CRM, without its values."""


class Sign(CrmPart):
    """What in a record means that there is none."""

    at: Place = Field(description="a place in it")
    is_: Raw | None = Field(
        default=None, alias="is", description="its value; left out: whatever is not empty"
    )

    def is_so(self, found: Any) -> bool:
        """Of what stands at the place."""
        if self.is_ is None:
            return found not in (None, False, "", [], {}, 0)
        return _same(self.is_, found)


class CustomerMap(CrmPart):
    """Where a customer's facts stand in the CRM."""

    id: Place = Field(description="what the CRM calls the customer")
    updated_at: Place | tuple[Place, ...] | None = Field(
        default=None,
        description="when it changed last, of several places the latest; without it nothing can "
        "be pulled from a database",
    )
    gone: Sign | None = Field(
        default=None, description="what in a record means that it is deleted, or put away"
    )
    fields: dict[str, Place | tuple[Place, ...]] = Field(
        default_factory=dict,
        description="our field: its place there; several places make a list, or words of a name",
    )
    writes: dict[str, Place] = Field(
        default_factory=dict, description="our field: where it is written, if not where it is read"
    )
    values: dict[str, dict[str, Raw]] = Field(
        default_factory=dict, description="of a field, our value: the CRM's"
    )
    wins: dict[str, Wins] = Field(
        default_factory=dict, description="of a field, who is right: crm, dialler, latest or both"
    )
    zone: str = Field(
        default="", description="of times that have none, such as Asia/Shanghai; left out: UTC"
    )
    region: str | None = Field(
        default=None, max_length=2, description="where its numbers are dialled from (ISO 3166)"
    )
    separator: str = Field(
        default=",", min_length=1, max_length=3, description="between tags that are one text"
    )

    @model_validator(mode="after")
    def _known(self) -> "CustomerMap":
        for name in (*self.fields, *self.writes, *self.values, *self.wins):
            if not is_field(name):
                known = ", ".join((*OURS, f"{CUSTOM}NAME"))
                raise PydanticCustomError("field", f"a field of ours ({known}), not {name[:40]!r}")
        for name, wins in self.wins.items():
            if wins not in may_be(name):
                told = " or ".join(may_be(name))
                raise PydanticCustomError("wins", f"for {name} that it is {told} who is right")
        return self

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, zone: str) -> str:
        return known_zone(zone)

    def rule(self, name: str) -> Wins:
        """Who is right about a field of ours."""
        return self.wins.get(name, DEFAULTS.get(name, Wins.CRM))


@dataclass(frozen=True, slots=True)
class Pulled:
    """A customer as a CRM tells of one, by the names of our fields. `wrong`: why it cannot be
    taken; `gone`: the CRM has it no more."""

    external_id: str
    at: datetime | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    wrong: str = ""
    gone: bool = False


def is_field(name: str) -> bool:
    """Whether we have a field of that name, as far as can be told without the CRM file."""
    own = name.removeprefix(CUSTOM)
    return name in OURS or (name != own and TOKEN.fullmatch(own) is not None)


def places(mapped: Place | Sequence[Place]) -> tuple[str, ...]:
    """The places of a field."""
    return (mapped,) if isinstance(mapped, str) else tuple(mapped)


def pulled(each: CustomerMap, get: Callable[[str], Any]) -> Pulled:
    """A record of the CRM, of which `get(place)` is a value, as we know customers."""
    external_id = _text(get(each.id)).strip()
    if not 0 < len(external_id) <= LONGEST_ID or not external_id.isprintable():
        why = f"{each.id}: expected an id of 1 to {LONGEST_ID} printable characters"
        return Pulled("", fields=_prohibition(each, get), wrong=why)
    if is_gone(each, get):
        return Pulled(external_id, gone=True)
    try:
        found = {name: _read(each, name, get) for name in each.fields}
        at = moment(latest(each, get) or None, each.zone)
    except BadRow as wrong:
        return Pulled(external_id, fields=_prohibition(each, get), wrong=str(wrong))
    return Pulled(external_id, at, found)


def _prohibition(each: CustomerMap, get: Callable[[str], Any]) -> dict[str, Any]:
    """Of a record that cannot be taken: whom it forbids to call, as far as that can be read."""
    found = dict[str, Any]()
    for name in ("do_not_call", "numbers", "region"):
        if name in each.fields:
            with suppress(BadRow):
                found[name] = _read(each, name, get)
    return found


def is_gone(each: CustomerMap, get: Callable[[str], Any]) -> bool:
    """Whether a record says that it is deleted."""
    return each.gone is not None and each.gone.is_so(get(each.gone.at))


def latest(each: CustomerMap, get: Callable[[str], Any]) -> str:
    """When a record changed last, as the CRM tells it; of several times, all in one form, the
    latest. Empty: it does not tell."""
    given = [get(place) for place in places(each.updated_at or ())]
    flat = [v for value in given for v in (value if isinstance(value, list) else [value])]
    return max((_moment_text(value) for value in flat), default="")


def written(
    each: CustomerMap, values: Mapping[str, Any], everything: bool = False
) -> dict[str, Any]:
    """Values by the names of our fields, as the CRM has them, by their places. What the CRM is
    right about, or has no place for, is left out. `everything`: for a customer that it is to
    make, of whom it knows nothing yet."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        mapped = places(each.writes.get(name) or each.fields.get(name, ()))
        if mapped and (everything or each.rule(name) is not Wins.CRM):
            found.update(_spread(each, name, mapped, value))
    return found


def moment(raw: Any, zone: str = "") -> datetime | None:
    """A time as a CRM tells it: ISO 8601, or seconds or milliseconds since 1970; without a zone it
    is of `zone`, or UTC. None: it is none."""
    try:
        if isinstance(raw, datetime):
            at = raw
        elif isinstance(raw, int | float) or str(raw).strip().isdigit():
            seconds = float(raw)
            at = datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
        else:
            at = datetime.fromisoformat(str(raw).strip())
        if at.tzinfo is None:
            at = at.replace(tzinfo=ZoneInfo(zone) if zone else UTC)
        return at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _moment_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else _text(value)


def _read(each: CustomerMap, name: str, get: Callable[[str], Any]) -> Any:
    given = [get(place) for place in places(each.fields[name])]
    if name in LISTS:
        return tuple(dict.fromkeys(_listed(each, name, given)))
    if name == "do_not_call":
        return any(_yes(each, value) for value in given)
    if name.startswith(CUSTOM):
        return _ours(each, name, given[0])
    parts = [t for t in (_text(_ours(each, name, v)).strip() for v in given) if t]
    return ("" if all(map(_is_wide, parts)) else " ").join(parts)


def _listed(each: CustomerMap, name: str, given: Iterable[Any]) -> Iterable[str]:
    for value in given:
        if isinstance(value, list | tuple):
            parts = [_text(part) for part in value]
        else:
            text = _text(value)
            parts = text.split(each.separator) if name == "tags" else [text]
        yield from (_text(_ours(each, name, part.strip())) for part in parts if part.strip())


def _yes(each: CustomerMap, value: Any) -> bool:
    mine = _ours(each, "do_not_call", value)
    try:
        return bool(value_of(FieldType.YES_NO, mine))
    except BadValue as wrong:
        raise BadRow(f"do_not_call: expected {wrong}") from wrong


def _ours(each: CustomerMap, name: str, value: Any) -> Any:
    known = each.values.get(name, {})
    return next((ours for ours, theirs in known.items() if _same(theirs, value)), value)


def _same(theirs: Raw, value: Any) -> bool:
    return value is not None and str(theirs).casefold() == str(value).casefold()


def _is_wide(text: str) -> bool:
    """Of Chinese, Japanese or Korean, which have no blank between the parts of a name."""
    return all(east_asian_width(c) in "WF" for c in text)


def _theirs(each: CustomerMap, name: str, value: Any) -> Any:
    return each.values.get(name, {}).get(_text(value), value)


def _spread(each: CustomerMap, name: str, mapped: tuple[str, ...], value: Any) -> Mapping[str, Any]:
    if name == "tags":
        return {mapped[0]: each.separator.join(_text(_theirs(each, name, t)) for t in value)}
    if name in LISTS:
        padded = [*value, *[None] * len(mapped)]
        return dict(zip(mapped, padded, strict=False))
    theirs = _theirs(each, name, value)
    return dict.fromkeys(mapped[:1], None if theirs in (None, "") else theirs)


def _text(value: Any) -> str:
    """False is what some CRMs have for nothing."""
    if value is None or value is False:
        return ""
    return "true" if value is True else str(value)
