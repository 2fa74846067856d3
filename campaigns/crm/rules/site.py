"""What a rules file names has to be there at the site: stages, levels, fields, campaigns."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.crm.model import CustomField
from campaigns.crm.rules.facts import require_of_site
from campaigns.crm.rules.model import (
    AddToCampaign,
    MoveTo,
    OnCall,
    OnField,
    OnIdle,
    OnStage,
    Rule,
    Rules,
    SetField,
)
from campaigns.crm.values import BadValue, FieldType, value_of
from campaigns.selection.problems import BadFilter
from campaigns.selection.reader import read
from campaigns.spec.errors import Finding, Loc, nearest, shown


@dataclass(frozen=True, slots=True)
class SiteWords:
    """What a site has. `lists`: of each campaign; `dispositions`: of all campaigns together, None
    where some campaign cannot be read."""

    stages: Collection[str] = ()
    intents: Collection[str] = ()
    fields: Mapping[str, CustomField] = field(default_factory=dict)
    lists: Mapping[str, Collection[str]] = field(default_factory=dict)
    dispositions: Collection[str] | None = None


def unknown_words(rules: Rules, site: SiteWords) -> Iterator[Finding]:
    """What the rules name and the site does not have."""
    for n, rule in enumerate(rules.rules):
        at: Loc = ("rules", n)
        trigger = _TRIGGERS.get(type(rule.when))
        yield from trigger((*at, "when"), rule.when, site) if trigger else ()
        yield from _if((*at, "if"), rule, site)
        for act, action in enumerate(rule.do):
            check = _ACTIONS.get(type(action))
            yield from check((*at, "do", act), action, site) if check else ()


def never_filed(rules: Rules, site: SiteWords) -> Iterator[Finding]:
    """Dispositions that rules wait for and no campaign has: no mistake, as a campaign may come."""
    for n, rule in enumerate(rules.rules):
        asked = rule.when.call.disposition if isinstance(rule.when, OnCall) else ()
        for place, name in enumerate(asked):
            if site.dispositions is not None and name not in site.dispositions:
                loc: Loc = ("rules", n, "when", "call", "disposition", place)
                told = f"no campaign has the disposition {shown(name)} yet, so no call is filed so"
                yield Finding(loc, told, nearest(name, site.dispositions))


def _if(loc: Loc, rule: Rule, site: SiteWords) -> Iterator[Finding]:
    if rule.if_ is None:
        return
    try:
        require_of_site(read(rule.if_), site.stages, site.intents, site.fields)
    except BadFilter as wrong:
        yield Finding(loc, f"at character {wrong.at}, {wrong.message}", wrong.hint)


def _stage(loc: Loc, trigger: OnStage, site: SiteWords) -> Iterator[Finding]:
    for key, names in (("from", trigger.stage.from_), ("to", trigger.stage.to)):
        yield from _each((*loc, "stage", key), "a stage of the CRM file", names, site.stages)


def _idle(loc: Loc, trigger: OnIdle, site: SiteWords) -> Iterator[Finding]:
    yield from _each((*loc, "stages"), "a stage of the CRM file", trigger.stages, site.stages)


def _call(loc: Loc, trigger: OnCall, site: SiteWords) -> Iterator[Finding]:
    if site.intents:
        what = "a level of intent of the CRM file"
        yield from _each((*loc, "call", "intent"), what, trigger.call.intent, site.intents)


def _field(loc: Loc, trigger: OnField, site: SiteWords) -> Iterator[Finding]:
    yield from _one((*loc, "field"), "a field of the CRM file", trigger.field, site.fields)
    declared = site.fields.get(trigger.field)
    if declared is None:
        return
    for key in ("at_least", "at_most"):
        if getattr(trigger, key) is not None and declared.type is not FieldType.NUMBER:
            told = f"expected a field of type number (got {declared.type})"
            yield Finding((*loc, key), told, at_key=True)
    yield from _value((*loc, "equals"), trigger.equals, declared)


def _move(loc: Loc, action: MoveTo, site: SiteWords) -> Iterator[Finding]:
    yield from _one((*loc, "stage"), "a stage of the CRM file", action.stage, site.stages)


def _set(loc: Loc, action: SetField, site: SiteWords) -> Iterator[Finding]:
    yield from _one((*loc, "set"), "a field of the CRM file", action.set, site.fields)
    if action.set in site.fields:
        yield from _value((*loc, "value"), action.value, site.fields[action.set])


def _campaign(loc: Loc, action: AddToCampaign, site: SiteWords) -> Iterator[Finding]:
    at = (*loc, "campaign")
    yield from _one(at, "a campaign that was applied", action.campaign, site.lists)
    lists = site.lists.get(action.campaign)
    if action.list is not None and lists is not None:
        yield from _one((*loc, "list"), "a list of the campaign", action.list, lists)


def _value(loc: Loc, value: Any, declared: CustomField) -> Iterator[Finding]:
    try:
        value_of(declared.type, value, declared.choices)
    except BadValue as wrong:
        yield Finding(loc, f"expected {wrong} (got {shown(value)})")


def _each(loc: Loc, what: str, names: Collection[str], known: Collection[str]) -> Iterator[Finding]:
    for n, name in enumerate(names):
        yield from _one((*loc, n), what, name, known)


def _one(loc: Loc, what: str, name: str, known: Collection[str]) -> Iterator[Finding]:
    if name not in known:
        there = ", ".join(list(known)[:10]) or "none"
        hint = nearest(name, known) or f"there are: {there}"
        yield Finding(loc, f"expected {what} (got {shown(name)})", hint)


_Check = Callable[[Loc, Any, SiteWords], Iterator[Finding]]
_TRIGGERS: Mapping[type, _Check] = {
    OnStage: _stage,
    OnIdle: _idle,
    OnCall: _call,
    OnField: _field,
}
_ACTIONS: Mapping[type, _Check] = {MoveTo: _move, SetField: _set, AddToCampaign: _campaign}
