"""Where a call can come to: steps that none reaches, loops that none leaves, messages for
machines that a person would hear."""

from collections.abc import Callable, Iterator

from campaigns.flow.callings import asks
from campaigns.flow.draft import Draft, surely_without
from campaigns.flow.reaching import SubFlow
from campaigns.flow.reading import RETURN
from campaigns.flow.routes import Route, loop, routes, told
from campaigns.flow.speaking import Voicemail
from campaigns.flow.ways import MACHINE, Step, Way
from campaigns.flow.world import World
from campaigns.spec.errors import Finding, shown


def _every_step_is_reached(draft: Draft, _: World) -> Iterator[Finding]:
    if not draft.start:
        return
    reached = routes(draft.ways, draft.start)
    for name in draft.ways:
        if name not in reached:
            message = f"expected a step that some way leads to (got none for {shown(name)})"
            yield Finding(("steps", name), message, "lead a way here, or remove it", at_key=True)


def _every_step_can_end(draft: Draft, world: World) -> Iterator[Finding]:
    """One that cannot keeps its caller until he hangs up; the first of them is told. A step of a
    loop that goes on by itself is told as that, and once."""
    looped = {step for found in _loops_by_themselves(draft, world) for step in found}
    for name in draft.steps:
        reached = routes(draft.ways, name)
        if not any(to == RETURN or _may_end(draft, to) for to in reached):
            if looped.intersection(reached):
                continue
            message = "expected a way from here to the end of the call (got none)"
            hint = "lead one to 'hangup', 'agent', 'transfer', 'voicemail' or 'return'"
            yield Finding(("steps", name), message, hint, at_key=True)
            return


def _no_loop_goes_on_by_itself(draft: Draft, world: World) -> Iterator[Finding]:
    for found in _loops_by_themselves(draft, world):
        message = f"expected a loop that a person can leave (got {told(found)})"
        hint = "nobody is asked on the way round: lead one of its ways elsewhere"
        yield Finding(("steps", found[0]), message, hint, at_key=True)


def _loops_by_themselves(draft: Draft, world: World) -> Iterator[Route]:
    """Loops on which nobody is asked, each by its first step; no two of them share a step."""

    def by_itself(way: Way) -> bool:
        return not way.asked and way.to not in answered

    answered = {name for name, s in draft.steps.items() if _is_answered(s, world)}
    told_of: set[str] = set()
    for name in draft.steps:
        found = () if name in told_of else loop(draft.ways, name, by_itself)
        if found and not told_of.intersection(found):
            told_of.update(found)
            yield found


def _machines_alone_get_voicemail(draft: Draft, _: World) -> Iterator[Finding]:
    for name, step in draft.steps.items():
        if not (isinstance(step, Voicemail) and draft.start):
            continue
        route = routes(draft.ways, draft.start, surely_without(MACHINE)).get(name)
        if route:
            message = f"expected machines only (got anybody, by {told(route)})"
            hint = "lead here from a branch by the case '{party: machine, next: ...}' alone"
            yield Finding(("steps", name, "voicemail"), message, hint, at_key=True)


def _may_end(draft: Draft, name: str) -> bool:
    return name in draft.unread or (name in draft.steps and draft.steps[name].ends)


def _is_answered(step: Step, world: World) -> bool:
    """Whether nobody gets past the step without having pressed what another flow asked for."""
    return isinstance(step, SubFlow) and asks(step.flow, world)


CHECKS: tuple[Callable[[Draft, World], Iterator[Finding]], ...] = (
    _every_step_is_reached,
    _every_step_can_end,
    _no_loop_goes_on_by_itself,
    _machines_alone_get_voicemail,
)
