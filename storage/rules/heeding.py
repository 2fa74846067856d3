"""Changes of customers, heeded: rules act on them, and others are told.

Theory. A batch was taken for this caller alone. In one transaction, those that are still this
caller's are locked, grouped into occasions (what one request, call or rule has changed of a
customer), and dealt with in their order; what rules do, what others are told, and that it is done,
is written together. So a kill at any moment leaves all of it done or none; who was overtaken finds
nothing left to do; and what rules change is noted as further changes, one deeper, for the next
batch.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.crm.rules.deciding import DEEPEST, TOO_DEEP, Occasion, awake, is_meant
from campaigns.crm.rules.happening import DO_NOT_CALL, Happened
from campaigns.crm.rules.model import Rule
from storage.customers.changes import By, TakenChange, heeded, still_mine
from storage.customers.changing import Changing, changing
from storage.engine import Store
from storage.outbox import write_messages
from storage.rules.acting import Case, Desk, places_leads
from storage.rules.desk import Works, act, open_desk, write_acts
from storage.rules.idle import idle_cases, idle_ones, idle_rules
from storage.rules.telling import changed_messages

OPT_OUT = "opt_out"
Group = Sequence[TakenChange]


def heed(store: Store, taken: Group, works: Works, now: datetime) -> int:
    """Deal with a batch in one transaction; how many times rules acted. Raises `StorageError`, and
    nothing is done then."""
    with changing(store, By("rules"), now) as pen:
        mine = still_mine(pen.connection, taken)
        groups = occasions(mine)
        if works.tells:  # of what happened first, then of what rules did about it
            write_messages(pen.connection, changed_messages(pen.connection, groups))
        acted = _act(pen, works, groups, now)
        deep = [c.seq for group in groups if _is_too_deep(works, group) for c in group]
        heeded(pen.connection, sorted({c.seq for c in mine} - set(deep)))
        heeded(pen.connection, deep, TOO_DEEP)
    return acted


def occasions(taken: Iterable[TakenChange]) -> list[Group]:
    """What one request, call or rule has changed of a customer, in the order in which they
    began."""
    found: dict[Any, list[TakenChange]] = {}
    for each in taken:
        found.setdefault((each.change.customer_id, each.at, each.by), []).append(each)
    return sorted(found.values(), key=lambda group: group[0].seq)


def occasion_of(group: Group) -> Occasion:
    """The same for who decides."""
    told = tuple(Happened(c.change.what, c.change.old, c.change.new) for c in group)
    return Occasion(told, group[0].seq, group[-1].seq, group[0].by.depth)


def _is_too_deep(works: Works, group: Group) -> bool:
    """Rules would act on it, were it not for the rules that had to act before."""
    told = occasion_of(group)
    shallow = Occasion(told.happened, told.first, told.last)
    return told.depth >= DEEPEST and bool(awake(works.rules, shallow))


def _act(pen: Changing, works: Works, groups: Sequence[Group], now: datetime) -> int:
    """Whoever is concerned is held first: most changes concern nobody."""
    roused = [(group, awake(works.rules, occasion_of(group))) for group in groups]
    waiting = idle_rules(works)
    idle = idle_ones(pen.connection, waiting, {_whose(group) for group in groups}, now)
    desk = _desk(pen, works, roused, waiting if idle else [], idle)
    if desk is None:
        return 0
    acted = [done for group, rules in roused for done in _deal(desk, group, rules)]
    acted += [act(desk, rule, case) for rule, case in idle_cases(desk, waiting, idle)]
    write_acts(desk, acted)
    return len(acted)


def _desk(
    pen: Changing,
    works: Works,
    roused: Sequence[tuple[Group, Sequence[Rule]]],
    waiting: Sequence[Rule],
    idle: set[UUID],
) -> Desk | None:
    rules = {rule.name for _, found in roused for rule in found} | {r.name for r in waiting}
    placing = {_whose(group) for group, found in roused if places_leads(found)}
    placing |= idle if places_leads(waiting) else set()
    concerned = {_whose(group) for group, found in roused if found or _forbids(group)} | idle
    return open_desk(pen, works, rules, placing, concerned) if concerned else None


def _deal(desk: Desk, group: Group, rules: Sequence[Rule]) -> list[Mapping[str, Any]]:
    """Whoever opted out is not called any more; then the rules that are meant act."""
    customer = _whose(group)
    if customer not in desk.pen.rows:
        return []
    if _forbids(group):
        desk.pen.by = group[0].by
        desk.pen.forbid(customer)
    case = Case(customer, str(group[0].seq), group[0].by.depth, group)
    meant = [rule for rule in rules if is_meant(rule, desk.seen(customer, rule), desk.now)]
    return [act(desk, rule, case) for rule in meant]


def _whose(group: Group) -> UUID:
    return group[0].change.customer_id


def _forbids(group: Group) -> bool:
    """Somebody is not to be called any more: that goes for all numbers of the customer."""
    told = [(c.change.what, c.change.new) for c in group]
    return any(what == OPT_OUT or (what == DO_NOT_CALL and new is True) for what, new in told)
