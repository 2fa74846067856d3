"""What has happened to a customer, and which triggers that sets off."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from campaigns.crm.rules.model import (
    OnCall,
    OnConsent,
    OnCreated,
    OnDoNotCall,
    OnField,
    OnIdle,
    OnStage,
    OnTagAdded,
    OnTagRemoved,
    Trigger,
)
from campaigns.crm.rules.words import exact
from campaigns.crm.tags import is_within

CREATED, STAGE, TAG, CALL, CONSENT = "created", "stage", "tag", "call_result", "consent"
DO_NOT_CALL, OF_FIELD = "do_not_call", "field."


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that changed: what, and the old and the new value, as it was noted."""

    what: str
    old: Any = None
    new: Any = None


def sets_off(trigger: Trigger, happened: Sequence[Happened]) -> bool:
    """Whether any of these sets it off. A customer who is made in a stage, or with tags and
    fields, has come to them."""
    fires = _FIRES[type(trigger)]
    return any(fires(trigger, one) for told in happened for one in spread(told))


def spread(told: Happened) -> Iterator[Happened]:
    """A change by itself; of a new customer, with all that the customer came with."""
    yield told
    if told.what != CREATED or not isinstance(told.new, dict):
        return
    if told.new.get("stage"):
        yield Happened(STAGE, None, told.new["stage"])
    if told.new.get("do_not_call"):
        yield Happened(DO_NOT_CALL, False, True)
    for path in told.new.get("tags") or ():
        yield Happened(TAG, None, path)
    for name, value in (told.new.get("fields") or {}).items():
        yield Happened(f"{OF_FIELD}{name}", None, value)


def is_so(trigger: OnField, value: Any) -> bool:
    """Whether a value is as a comparison says; of an empty one nothing is."""
    if value is None:
        return False
    if trigger.equals is not None and not _same(trigger.equals, value):
        return False
    bounds = ((trigger.at_least, 1), (trigger.at_most, -1))
    given = [(bound, way) for bound, way in bounds if bound is not None]
    number = _decimal(value) if given else Decimal()
    return number is not None and all((number - exact(b)) * way >= 0 for b, way in given)


def compares(trigger: OnField) -> bool:
    """Whether it says what the value has to be."""
    return any(v is not None for v in (trigger.equals, trigger.at_least, trigger.at_most))


def _stage(trigger: OnStage, told: Happened) -> bool:
    if told.what != STAGE:
        return False
    move = trigger.stage
    from_it = not move.from_ or told.old in move.from_
    return from_it and (not move.to or told.new in move.to)


def _tag_added(trigger: OnTagAdded, told: Happened) -> bool:
    return told.what == TAG and bool(told.new) and is_within(str(told.new), trigger.tag_added)


def _tag_removed(trigger: OnTagRemoved, told: Happened) -> bool:
    return told.what == TAG and bool(told.old) and is_within(str(told.old), trigger.tag_removed)


def _field(trigger: OnField, told: Happened) -> bool:
    if told.what != f"{OF_FIELD}{trigger.field}":
        return False
    return not compares(trigger) or (is_so(trigger, told.new) and not is_so(trigger, told.old))


def _call(trigger: OnCall, told: Happened) -> bool:
    """It is filed so now, and was not before."""
    return told.what == CALL and _filed(trigger, told.new) and not _filed(trigger, told.old)


def _filed(trigger: OnCall, told: Any) -> bool:
    if not isinstance(told, dict) or not (told.get("disposition") or told.get("intent")):
        return False
    call = trigger.call
    so = not call.disposition or told.get("disposition") in call.disposition
    return so and (not call.intent or told.get("intent") in call.intent)


def _created(trigger: OnCreated, told: Happened) -> bool:
    if told.what != CREATED:
        return False
    source = told.new.get("source") if isinstance(told.new, dict) else None
    return trigger.source is None or trigger.source == source


def _consent(trigger: OnConsent, told: Happened) -> bool:
    if told.what != CONSENT or not isinstance(told.new, dict):
        return False
    word = told.new
    meant = word.get("given") is (trigger.consent == "given")
    there = trigger.purpose is None or word.get("purpose") == trigger.purpose
    return meant and there and word.get("channel") == trigger.channel


def _do_not_call(_: OnDoNotCall, told: Happened) -> bool:
    return told.what == DO_NOT_CALL and told.new is True


def _same(one: Any, other: Any) -> bool:
    """As they are written: 5 and 5.0 are the same number, and true is no number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return exact(one) == exact(other)
    return bool(one == other)


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


_FIRES: Mapping[type, Callable[[Any, Happened], bool]] = {
    OnStage: _stage,
    OnTagAdded: _tag_added,
    OnTagRemoved: _tag_removed,
    OnField: _field,
    OnCall: _call,
    OnCreated: _created,
    OnConsent: _consent,
    OnDoNotCall: _do_not_call,
    OnIdle: lambda _trigger, _told: False,  # nothing happens: time passes
}
