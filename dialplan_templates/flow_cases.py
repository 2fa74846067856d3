"""What the templates of a branch's cases need."""

from collections.abc import Callable
from datetime import time
from typing import Any, TypeAlias

from campaigns.flow.branch import AnyCase, HasTag, IfValue, IsOpen, IsParty
from campaigns.spec.times import Hours
from dialplan_templates.flow_texts import parts_of

View: TypeAlias = dict[str, Any]
CUSTOMER = "customer"
NUMBER = "-?[0-9]" + "[0-9]?" * 11
DECIMALS = "[0-9]" + "[0-9]?" * 5
"""A number as `campaigns.flow.reading.NUMBER` has it, without braces."""


def case_of(nth: int, case: AnyCase) -> View:
    """One case, with the labels of its lines: `label` leads on, at `other` the next case begins."""
    template, view = VIEWS[type(case)](case)
    labels = {
        "label": f"case{nth}",
        "other": f"not{nth}",
        "each": f"zone{nth}",
        "open": f"open{nth}",
    }
    return {"template": f"flow/case/{template}.j2", **labels, **view}


def _value(case: IfValue) -> tuple[str, View]:
    view: View = {"variable": case.if_}
    if case.empty is not None:
        return "empty", {**view, "empty": case.empty}
    texts = (case.is_,) if case.is_ is not None else case.in_
    if texts is not None:
        return "text", {**view, "texts": [parts_of(text) for text in texts]}
    bounds = {"at_least": case.at_least, "at_most": case.at_most}
    return "number", {**view, **bounds, "number": NUMBER, "decimals": DECIMALS}


def _tag(case: HasTag) -> tuple[str, View]:
    return "tag", {"tag": case.tag}


def _party(case: IsParty) -> tuple[str, View]:
    return "party", {"party": case.party.value}


def _open(case: IsOpen) -> tuple[str, View]:
    openings = [_opening(hours) for hours in case.open.hours]
    zone = case.open.timezone
    return "open", {"zone": "" if zone == CUSTOMER else zone, "openings": openings}


def _opening(hours: Hours) -> View:
    """Its first and its last minute: an Asterisk is open in both."""
    end = 24 * 60 if isinstance(hours.end, str) else _minutes(hours.end)
    last = end - 1
    return {
        "first": f"{hours.start:%H:%M}",
        "last": f"{last // 60:02}:{last % 60:02}",
        "days": list(hours.days),
    }


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


VIEWS: dict[type[Any], Callable[[Any], tuple[str, View]]] = {
    IfValue: _value,
    HasTag: _tag,
    IsOpen: _open,
    IsParty: _party,
}
