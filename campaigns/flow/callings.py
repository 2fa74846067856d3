"""Flows that call other flows: they are there, come back, take what they are given, and never
come to call themselves."""

from collections.abc import Callable, Iterator

from campaigns.flow.draft import Draft
from campaigns.flow.flow import Flow
from campaigns.flow.reaching import SubFlow
from campaigns.flow.reading import RETURN
from campaigns.flow.routes import Route, known, returns, routes, told, ways_of, without
from campaigns.flow.world import World
from campaigns.spec.errors import Finding, nearest, shown

DEEPEST = 10  # flows within flows


def asks(name: str, world: World) -> bool:
    """Whether a flow comes back only after somebody has pressed what was asked for."""
    found = world.flow(name)
    return isinstance(found, Flow) and not returns(found, lambda way: not way.asked)


def _flows_are_there(draft: Draft, world: World) -> Iterator[Finding]:
    for name, step in _calls(draft):
        found = world.flow(step.flow)
        if isinstance(found, str) and step.flow != draft.doc.get("name"):
            message = f"expected a flow that is there (got {shown(step.flow)})"
            yield Finding(("steps", name, "flow"), message, found)


def _flows_come_back(draft: Draft, world: World) -> Iterator[Finding]:
    for name, step, flow in _found(draft, world):
        if not returns(flow):
            message = f"expected a flow that comes back (got {shown(step.flow)})"
            hint = f"none of its steps leads to '{RETURN}'"
            yield Finding(("steps", name, "flow"), message, hint)


def _flows_never_call_themselves(draft: Draft, world: World) -> Iterator[Finding]:
    own = str(draft.doc.get("name", ""))
    for name, step in _calls(draft):
        chain = _chain(step.flow, (own,), world)
        if chain:
            message = f"expected a flow that does not call itself (got {told(chain)})"
            hint = "use a step's ways to go round within one flow"
            yield Finding(("steps", name, "flow"), message, hint)


def _flows_take_what_they_are_given(draft: Draft, world: World) -> Iterator[Finding]:
    for name, step, flow in _found(draft, world):
        for given in step.with_:
            if given not in flow.variables:
                message = f"expected one of the flow's 'variables' (got {shown(given)})"
                hint = nearest(given, flow.variables)
                yield Finding(("steps", name, "with", given), message, hint, at_key=True)
        for mine, theirs in step.into.items():
            if why := _not_given(flow, theirs):
                loc = ("steps", name, "into", mine)
                yield Finding(loc, f"expected a variable of the flow (got {shown(theirs)})", why)


def _not_given(flow: Flow, variable: str) -> str:
    """Why a flow may come back without a value for the variable; empty where it gives one."""
    if variable in flow.secrets():
        return "it is a secret, which stays in its flow"
    if variable in flow.variables:
        return ""
    if variable not in known(flow):
        return nearest(variable, known(flow)) or "nothing in it sets such a variable"
    route = routes(ways_of(flow), flow.start, without(variable)).get(RETURN)
    return f"it has no value by {told(route)}" if route else ""


def _chain(name: str, above: Route, world: World) -> Route:
    """Flows that call one another in a circle, from the first to its second time."""
    if name in above or len(above) > DEEPEST:
        return (*above, name)
    found = world.flow(name)
    inner = [step.flow for _, step in found.calls()] if isinstance(found, Flow) else []
    return next((c for each in inner if (c := _chain(each, (*above, name), world))), ())


def _calls(draft: Draft) -> Iterator[tuple[str, SubFlow]]:
    yield from ((n, step) for n, step in draft.steps.items() if isinstance(step, SubFlow))


def _found(draft: Draft, world: World) -> Iterator[tuple[str, SubFlow, Flow]]:
    for name, step in _calls(draft):
        found = world.flow(step.flow)
        if isinstance(found, Flow) and step.flow != draft.doc.get("name"):
            yield name, step, found


CHECKS: tuple[Callable[[Draft, World], Iterator[Finding]], ...] = (
    _flows_are_there,
    _flows_come_back,
    _flows_never_call_themselves,
    _flows_take_what_they_are_given,
)
