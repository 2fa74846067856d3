"""Where a call can come to: steps that none reaches, loops that none leaves, values not yet set."""

from collections.abc import Callable, Iterator

from campaigns.flow.callings import asks
from campaigns.flow.draft import UNREAD, Draft
from campaigns.flow.flow import Spoken
from campaigns.flow.reaching import SubFlow
from campaigns.flow.reading import RETURN
from campaigns.flow.routes import Route, loop, routes, told
from campaigns.flow.speaking import Voicemail
from campaigns.flow.texts import names_in
from campaigns.flow.ways import MACHINE, Step, Way
from campaigns.flow.world import World
from campaigns.spec.errors import Finding, Loc, shown


def _every_step_is_reached(draft: Draft, _: World) -> Iterator[Finding]:
    if not draft.start:
        return
    reached = routes(draft.ways, draft.start)
    for name in draft.ways:
        if name not in reached:
            message = f"expected a step that some way leads to (got none for {shown(name)})"
            yield Finding(("steps", name), message, "lead a way here, or remove it", at_key=True)


def _every_step_can_end(draft: Draft, _: World) -> Iterator[Finding]:
    """One that cannot keeps its caller until he hangs up; the first of them is told."""
    for name in draft.steps:
        reached = routes(draft.ways, name)
        if not any(to == RETURN or _may_end(draft, to) for to in reached):
            message = "expected a way from here to the end of the call (got none)"
            hint = "lead one to 'hangup', 'agent', 'transfer', 'voicemail' or 'return'"
            yield Finding(("steps", name), message, hint, at_key=True)
            return


def _no_loop_goes_on_by_itself(draft: Draft, world: World) -> Iterator[Finding]:
    def by_itself(way: Way) -> bool:
        return not way.asked and way.to not in answered

    answered = {name for name, s in draft.steps.items() if _is_answered(s, world)}
    told_of: set[str] = set()
    for name in draft.steps:
        found = () if name in told_of else loop(draft.ways, name, by_itself)
        if found and not told_of.intersection(found):
            told_of.update(found)
            message = f"expected a loop that a person can leave (got {told(found)})"
            hint = "nobody is asked on the way round: lead one of its ways elsewhere"
            yield Finding(("steps", name), message, hint, at_key=True)


def _values_are_set_before(draft: Draft, _: World) -> Iterator[Finding]:
    for name, step in draft.steps.items():
        for loc, variable in _uses(draft, name, step):
            route = _unset(draft, name, variable)
            if route:
                message = f"expected a value for {shown(variable)} (got none by {told(route)})"
                hint = f"give it one under 'variables', such as '{variable}: \"\"'"
                yield Finding(loc, message, hint)


def _machines_alone_get_voicemail(draft: Draft, _: World) -> Iterator[Finding]:
    for name, step in draft.steps.items():
        if not (isinstance(step, Voicemail) and draft.start):
            continue
        route = routes(draft.ways, draft.start, _without(MACHINE)).get(name)
        if route:
            message = f"expected machines only (got anybody, by {told(route)})"
            hint = "lead here from a branch by the case '{party: machine, next: ...}' alone"
            yield Finding(("steps", name, "voicemail"), message, hint, at_key=True)


def _may_end(draft: Draft, name: str) -> bool:
    return name in draft.unread or (name in draft.steps and draft.steps[name].ends)


def _is_answered(step: Step, world: World) -> bool:
    """Whether nobody gets past the step without having pressed what another flow asked for."""
    return isinstance(step, SubFlow) and asks(step.flow, world)


def _unset(draft: Draft, name: str, variable: str) -> Route:
    """A route to a step on which nothing sets the variable; empty where there is none."""
    if not draft.start or variable in draft.declared or variable not in draft.known:
        return ()
    return routes(draft.ways, draft.start, _without(variable)).get(name, ())


def _without(name: str) -> Callable[[Way], bool]:
    """Ways that are sure not to set a variable."""
    return lambda way: way.name != UNREAD and name not in way.sets


def _uses(draft: Draft, name: str, step: Step) -> Iterator[tuple[Loc, str]]:
    """What a step uses, itself and by its prompts."""
    yield from ((("steps", name, *m.loc), m.name) for m in step.variables())
    for mention in step.prompts():
        prompt = draft.prompts.get(mention.name)
        if isinstance(prompt, Spoken):
            yield from ((("steps", name, *mention.loc), v) for v in names_in(prompt.say))


CHECKS: tuple[Callable[[Draft, World], Iterator[Finding]], ...] = (
    _every_step_is_reached,
    _every_step_can_end,
    _no_loop_goes_on_by_itself,
    _values_are_set_before,
    _machines_alone_get_voicemail,
)
