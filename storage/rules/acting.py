"""What rules do, done: within one transaction, by the pen that changes customers.

Each action says in words what came of it. One that cannot be done hinders no other; why it cannot
is kept with the rule.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from campaigns.crm.rules.facts import Seen
from campaigns.crm.rules.model import (
    AddTag,
    AddToCampaign,
    AssignOwner,
    BackToPool,
    MoveTo,
    Remind,
    RemoveTag,
    Rule,
    SendWebhook,
    SetField,
)
from campaigns.crm.rules.placing import How
from campaigns.crm.tags import is_within
from campaigns.crm.values import BadValue, value_of
from campaigns.spec.campaign import Campaign
from storage.columns import clean
from storage.customers.changes import By, TakenChange
from storage.customers.changing import Changing
from storage.customers.follow_ups import NewFollowUp, put_plans
from storage.customers.tags import add_tags, remove_tags
from storage.messages import Message
from storage.rules.leads import Placer, list_of
from storage.rules.seeing import Sight
from storage.rules.telling import ACTED, acted_message, identities


class CannotBe(Exception):
    """Why an action cannot be done, in a sentence."""


@dataclass(slots=True)
class Desk:
    """Where a batch of rules' actions is done. `turns`: of rules that name owners in turn, how
    many they have named; `campaigns`: those that rules name, as they are now."""

    pen: Changing
    sight: Sight
    placer: Placer
    now: datetime
    campaigns: Mapping[str, Campaign]
    turns: dict[str, int] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    tags: list[tuple[By, UUID, str]] = field(default_factory=list)  # to be written yet
    fed: set[str] = field(default_factory=set)  # campaigns that have got a lead

    @property
    def connection(self) -> Connection:
        return self.pen.connection

    def seen(self, customer: UUID, rule: Rule) -> Seen:
        """The customer as a rule sees one, after what others have done."""
        return self.sight.of(customer, rule, self.pen.rows[customer])

    def act(self, rule: Rule, case: "Case") -> str:
        """Do all that a rule does for a customer; what came of it, in words."""
        self.pen.by = By(f"rule:{rule.name}", "", case.depth + 1)
        return "; ".join(self._one(rule, n, action, case) for n, action in enumerate(rule.do))

    def write_tags(self) -> None:
        """Give the tags that rules have given, all of a rule's at once."""
        now_by = self.pen.by
        for by, given in groupby(self.tags, key=lambda each: each[0]):
            self.pen.by = by
            add_tags(self.pen, [(customer, path) for _, customer, path in given])
        self.tags.clear()
        self.pen.by = now_by

    def _one(self, rule: Rule, n: int, action: Any, case: "Case") -> str:
        try:
            return _ACT[type(action)](self, _Doing(rule, n, action, case))
        except CannotBe as why:
            self.errors[rule.name] = f"{why} (customer {case.customer})"
            return f"not done: {why}"


@dataclass(frozen=True, slots=True)
class Case:
    """For whom, because of what, and how deep. `occasion`: by which it is known again."""

    customer: UUID
    occasion: str
    depth: int = 0
    changes: Sequence[TakenChange] = ()


@dataclass(frozen=True, slots=True)
class _Doing:
    rule: Rule
    n: int
    action: Any
    case: Case

    @property
    def customer(self) -> UUID:
        return self.case.customer


def _campaign(desk: Desk, it: _Doing) -> str:
    action: AddToCampaign = it.action
    campaign = desk.campaigns.get(action.campaign)
    if campaign is None:
        raise CannotBe(f"there is no campaign '{action.campaign}' that can be read; apply it again")
    on = list_of(action, campaign)
    if on is None:
        raise CannotBe(f"the campaign '{action.campaign}' does not call from '{action.list}'")
    if desk.pen.rows[it.customer]["do_not_call"]:  # since a moment ago, perhaps
        return f"campaign {action.campaign}: {How.NOT}, is not to be called"
    placed = desk.placer.put(it.customer, action, campaign, on)
    if placed.how in (How.NEW, How.AGAIN):
        desk.fed.add(action.campaign)
    return f"campaign {action.campaign}: {placed.how}{f', {placed.why}' if placed.why else ''}"


def _owner(desk: Desk, it: _Doing) -> str:
    names = it.action.owner
    turn = desk.turns.get(it.rule.name, 0)
    owner = names[turn % len(names)]
    if len(names) > 1:
        desk.turns[it.rule.name] = turn + 1
    there = desk.pen.put_owner(it.customer, owner)
    return f"owner {owner}{'' if there else ': is so already'}"


def _pool(desk: Desk, it: _Doing) -> str:
    return "to the pool" if desk.pen.put_owner(it.customer, None) else "is in the pool already"


def _remind(desk: Desk, it: _Doing) -> str:
    action: Remind = it.action
    due = desk.now + timedelta(seconds=action.remind)
    new = NewFollowUp(it.customer, due, action.kind, action.who, due, action.note)
    put_plans(desk.pen, [new])
    return f"follow-up due {due.isoformat(timespec='minutes')}"


def _tag(desk: Desk, it: _Doing) -> str:
    action: AddTag = it.action
    held = desk.sight.tags.setdefault(it.customer, set())
    if action.tag in held:
        return f"tag {action.tag}: is there already"
    held.add(action.tag)
    desk.tags.append((desk.pen.by, it.customer, action.tag))
    return f"tag {action.tag}"


def _untag(desk: Desk, it: _Doing) -> str:
    action: RemoveTag = it.action
    desk.write_tags()  # some of them may be among those that go
    gone = remove_tags(desk.pen, [it.customer], action.untag)
    held = desk.sight.tags.get(it.customer, set())
    desk.sight.tags[it.customer] = {tag for tag in held if not is_within(tag, action.untag)}
    return f"untag {action.untag}{'' if gone else ': is not there'}"


def _stage(desk: Desk, it: _Doing) -> str:
    action: MoveTo = it.action
    if action.stage not in desk.pen.known.stages:
        raise CannotBe(f"the CRM file has no stage '{action.stage}'")
    moved = desk.pen.put_stage(it.customer, action.stage, f"rule {it.rule.name}")
    return f"stage {action.stage}{'' if moved else ': is there already'}"


def _field(desk: Desk, it: _Doing) -> str:
    action: SetField = it.action
    declared = desk.pen.known.fields.get(action.set)
    if declared is None:
        raise CannotBe(f"the CRM file has no field '{action.set}'")
    try:
        value = value_of(declared.type, action.value, declared.choices)
    except BadValue as wrong:
        raise CannotBe(f"the field '{action.set}' takes {wrong}") from None
    value = clean(value) if isinstance(value, str) else value
    new = desk.pen.put_field(it.customer, action.set, value)
    return f"field {action.set}{'' if new else ': is so already'}"


def _webhook(desk: Desk, it: _Doing) -> str:
    action: SendWebhook = it.action
    who = identities(desk.connection, [it.customer])
    case = it.case
    known_by = f"{it.rule.name} {it.n} {it.customer} {case.occasion}"
    key = f"{ACTED}:{sha256(known_by.encode()).hexdigest()}"
    said = (it.rule.name, action.webhook, case.changes, who.get(it.customer, {}), key)
    desk.messages.append(acted_message(*said, desk.now.isoformat()))
    return f"webhook {action.webhook}"


def places_leads(rules: Collection[Rule]) -> bool:
    """Whether any of them lets a campaign call somebody."""
    return any(isinstance(action, AddToCampaign) for rule in rules for action in rule.do)


_ACT: Mapping[type, Callable[[Desk, _Doing], str]] = {
    AddToCampaign: _campaign,
    AssignOwner: _owner,
    BackToPool: _pool,
    Remind: _remind,
    AddTag: _tag,
    RemoveTag: _untag,
    MoveTo: _stage,
    SetField: _field,
    SendWebhook: _webhook,
}
