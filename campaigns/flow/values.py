"""Variables: they are known, have a value where they are used, and are what is made of them."""

from collections.abc import Callable, Iterator

from campaigns.flow.collecting import Collect
from campaigns.flow.draft import Draft, surely_without, unknown
from campaigns.flow.flow import Spoken
from campaigns.flow.routes import Route, routes, told
from campaigns.flow.speaking import Callback
from campaigns.flow.texts import names_in
from campaigns.flow.valid import TimeOfDay
from campaigns.flow.ways import Step
from campaigns.flow.world import World
from campaigns.spec.errors import Finding, Loc, shown


def _variables_are_known(draft: Draft, _: World) -> Iterator[Finding]:
    for loc, variable in _used(draft):
        if variable not in draft.known:
            found = unknown(loc, "a variable", variable, draft.known)
            hint = found.hint or "give it a value under 'variables', or collect it"
            yield Finding(found.loc, found.message, hint)


def _values_are_set_before(draft: Draft, _: World) -> Iterator[Finding]:
    for name, step in draft.steps.items():
        for loc, variable in _uses(draft, name, step):
            route = _unset(draft, name, variable)
            if route:
                message = f"expected a value for {shown(variable)} (got none by {told(route)})"
                hint = f"give it one under 'variables', such as '{variable}: \"\"'"
                yield Finding(loc, message, hint)


def _secrets_are_not_said(draft: Draft, _: World) -> Iterator[Finding]:
    for loc, variable in _used(draft):
        if variable in draft.secrets and loc[2:3] != ("send",):
            message = f"expected no secret here (got {shown(variable)})"
            yield Finding(loc, message, "a secret can only be sent to a webhook")


def _times_to_call_back_are_times(draft: Draft, _: World) -> Iterator[Finding]:
    for name, step in draft.steps.items():
        if isinstance(step, Callback):
            for mention in step.variables():
                if mention.name in draft.known and not _only_a_time(draft, mention.name):
                    message = f"expected a time of day (got the variable {shown(mention.name)})"
                    hint = "collect it with 'valid: {time: hhmm}', and nowhere else"
                    yield Finding(("steps", name, "callback"), message, hint)


def _only_a_time(draft: Draft, variable: str) -> bool:
    setting = [
        step
        for name, step in draft.steps.items()
        if any(variable in way.sets for way in draft.ways[name])
    ]
    times = [s for s in setting if isinstance(s, Collect) and isinstance(s.valid, TimeOfDay)]
    return variable not in draft.declared and len(times) == len(setting)


def _unset(draft: Draft, name: str, variable: str) -> Route:
    """A route to a step on which nothing sets the variable; empty where there is none."""
    if not draft.start or variable in draft.declared or variable not in draft.known:
        return ()
    return routes(draft.ways, draft.start, surely_without(variable)).get(name, ())


def _used(draft: Draft) -> Iterator[tuple[Loc, str]]:
    """Every use of a variable, with its place."""
    for name, prompt in draft.prompts.items():
        if isinstance(prompt, Spoken):
            yield from ((("prompts", name, "say"), v) for v in names_in(prompt.say))
    for name, step in draft.steps.items():
        yield from ((("steps", name, *m.loc), m.name) for m in step.variables())


def _uses(draft: Draft, name: str, step: Step) -> Iterator[tuple[Loc, str]]:
    """What a step uses, itself and by its prompts."""
    yield from ((("steps", name, *m.loc), m.name) for m in step.variables())
    for mention in step.prompts():
        prompt = draft.prompts.get(mention.name)
        if isinstance(prompt, Spoken):
            yield from ((("steps", name, *mention.loc), v) for v in names_in(prompt.say))


CHECKS: tuple[Callable[[Draft, World], Iterator[Finding]], ...] = (
    _variables_are_known,
    _values_are_set_before,
    _secrets_are_not_said,
    _times_to_call_back_are_times,
)
