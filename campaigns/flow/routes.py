"""Where a call can come to in a flow, and by which steps."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from campaigns.flow.flow import Flow
from campaigns.flow.reading import RETURN
from campaigns.flow.ways import Way

Map: TypeAlias = Mapping[str, Sequence[Way]]
"""The ways out of each step."""
Route: TypeAlias = tuple[str, ...]
"""Steps in the order in which a call goes through them."""


def any_way(_: Way) -> bool:
    """All of them."""
    return True


def routes(ways: Map, start: str, taken: Callable[[Way], bool] = any_way) -> dict[str, Route]:
    """A shortest route from `start` to each step, and to `return`, that takes only such ways."""
    found: dict[str, Route] = {start: (start,)}
    open_ = deque([start])
    while open_:
        here = open_.popleft()
        for to in _next(ways, here, taken):
            if to not in found:
                found[to] = (*found[here], to)
                open_.append(to)
    return found


def loop(ways: Map, step: str, taken: Callable[[Way], bool]) -> Route:
    """A shortest route from a step back to itself; empty where there is none."""
    back = [
        (step, *route)
        for to in _next(ways, step, taken)
        if (route := routes(ways, to, taken).get(step))
    ]
    return min(back, key=len, default=())


def without(name: str) -> Callable[[Way], bool]:
    """Ways that do not set a variable."""
    return lambda way: name not in way.sets


def ways_of(flow: Flow) -> dict[str, tuple[Way, ...]]:
    """The ways out of each step of a flow."""
    return {name: tuple(step.ways()) for name, step in flow.each()}


def returns(flow: Flow, taken: Callable[[Way], bool] = any_way) -> bool:
    """Whether a call can come back from the flow by such ways."""
    return RETURN in routes(ways_of(flow), flow.start, taken)


def known(flow: Flow) -> frozenset[str]:
    """Every variable that has a value somewhere in a flow."""
    return frozenset(flow.variables) | set_by(ways_of(flow))


def set_by(ways: Map) -> frozenset[str]:
    """Every variable that some way sets."""
    return frozenset(name for each in ways.values() for way in each for name in way.sets)


def told(route: Route) -> str:
    """A route in a sentence."""
    return " -> ".join(route)


def _next(ways: Map, step: str, taken: Callable[[Way], bool]) -> Iterable[str]:
    return (way.to for way in ways.get(step, ()) if taken(way))
