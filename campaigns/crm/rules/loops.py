"""Rules that would set one another off for good.

Theory. A rule leads to another where something that it does is a change that sets the other off.
Going round once is harmless: a tag that is there is not added again, and a stage is not moved to
itself, so the circle ends. It goes on for good only where every change in it comes back, and for
that some rule that goes on for good must undo it: move the stage elsewhere, take the tag away,
set the field to another value. So ways that nobody who goes on undoes are taken out, until
nothing changes; rules that still go round in a circle are a loop. `if` is not counted on: what it
asks may be changed by others.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from campaigns.crm.rules.happening import compares, is_so
from campaigns.crm.rules.model import (
    AddTag,
    MoveTo,
    OnField,
    OnStage,
    OnTagAdded,
    OnTagRemoved,
    RemoveTag,
    Rule,
    SetField,
)
from campaigns.crm.tags import is_within


@dataclass(frozen=True, slots=True)
class Way:
    """What action `act` (by its place) of rule `start` sets off rule `end`."""

    start: int
    act: int
    end: int


Circle: TypeAlias = tuple[Way, ...]
Graph: TypeAlias = Mapping[int, frozenset[int]]


def circles(rules: Sequence[Rule]) -> list[Circle]:
    """The shortest circle of each group of rules that go on for good; none: there is no loop."""
    live = frozenset(range(len(rules)))
    while True:
        ways = _ways(rules, live)
        graph = _graph(ways)
        around = {rule for rule in live if rule in _reach(graph, rule)}
        still = frozenset(around | {end for rule in around for end in _reach(graph, rule)})
        if still == live or not still:
            return _shortest(ways, graph, around)
        live = still


def _ways(rules: Sequence[Rule], live: frozenset[int]) -> list[Way]:
    """The ways between rules that come back, if these rules are those that go on."""
    done = list(dict.fromkeys(action for n in live for action in rules[n].do))
    return [
        Way(n, act, other)
        for n in sorted(live)
        for act, action in enumerate(rules[n].do)
        for other in sorted(live)
        if _comes_back(action, rules[other], done)
    ]


def _comes_back(action: Any, other: Rule, done: Sequence[Any]) -> bool:
    for kind, trigger, comes_back in _COME_BACK:
        if isinstance(action, kind) and isinstance(other.when, trigger):
            return comes_back(action, other.when, done)
    return False


def _moved(action: MoveTo, trigger: OnStage, done: Sequence[Any]) -> bool:
    move = trigger.stage
    if move.to and action.stage not in move.to:
        return False
    others = {a.stage for a in done if isinstance(a, MoveTo)} - {action.stage}
    return bool(others & set(move.from_) if move.from_ else others)


def _tagged(action: AddTag, trigger: OnTagAdded, done: Sequence[Any]) -> bool:
    return is_within(action.tag, trigger.tag_added) and any(
        is_within(action.tag, a.untag) for a in done if isinstance(a, RemoveTag)
    )


def _untagged(action: RemoveTag, trigger: OnTagRemoved, done: Sequence[Any]) -> bool:
    if not (is_within(action.untag, trigger.tag_removed)
            or is_within(trigger.tag_removed, action.untag)):  # fmt: skip
        return False
    given = (a.tag for a in done if isinstance(a, AddTag))
    return any(is_within(t, action.untag) and is_within(t, trigger.tag_removed) for t in given)


def _set(action: SetField, trigger: OnField, done: Sequence[Any]) -> bool:
    if action.set != trigger.field:
        return False
    given = [a.value for a in done if isinstance(a, SetField) and a.set == action.set]
    others = [value for value in given if value != action.value]
    if not compares(trigger):
        return bool(others)
    return is_so(trigger, action.value) and any(not is_so(trigger, value) for value in others)


_COME_BACK: tuple[tuple[type, type, Callable[[Any, Any, Sequence[Any]], bool]], ...] = (
    (MoveTo, OnStage, _moved),
    (AddTag, OnTagAdded, _tagged),
    (RemoveTag, OnTagRemoved, _untagged),
    (SetField, OnField, _set),
)


def _graph(ways: Iterable[Way]) -> Graph:
    found: dict[int, frozenset[int]] = {}
    for way in ways:
        found[way.start] = found.get(way.start, frozenset()) | {way.end}
    return found


def _reach(graph: Graph, start: int) -> set[int]:
    """Wherever it leads; the start itself only if it comes back."""
    seen, todo = set[int](), list(graph.get(start, ()))
    while todo:
        at = todo.pop()
        if at not in seen:
            seen.add(at)
            todo += graph.get(at, ())
    return seen


def _shortest(ways: Sequence[Way], graph: Graph, around: set[int]) -> list[Circle]:
    found, told = list[Circle](), set[int]()
    for start in sorted(around):
        if start not in told:
            circle = _circle(ways, start)
            found.append(circle)
            told |= {n for n in around if n in _reach(graph, start) and start in _reach(graph, n)}
    return found


def _circle(ways: Sequence[Way], start: int) -> Circle:
    """The shortest way from a rule back to itself."""
    paths: list[Circle] = [(way,) for way in ways if way.start == start]
    seen = {start}
    while paths:
        path = paths.pop(0)
        at = path[-1].end
        if at == start:
            return path
        if at not in seen:
            seen.add(at)
            paths += [(*path, way) for way in ways if way.start == at]
    return ()
