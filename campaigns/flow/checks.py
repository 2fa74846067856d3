"""What must hold between the parts of a flow: names that are there, and names that may not be.

Where a call can come to is checked in `journeys`, other flows in `callings`. All read a draft, so
that they speak in the same round as the errors of single fields.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, combinations

from campaigns.flow import callings, journeys
from campaigns.flow.asking import Collect, Menu, Survey
from campaigns.flow.draft import Draft, draft_of
from campaigns.flow.flow import Recorded, Spoken
from campaigns.flow.reaching import Transfer
from campaigns.flow.reading import RETURN
from campaigns.flow.speaking import Callback
from campaigns.flow.texts import names_in
from campaigns.flow.valid import TimeOfDay
from campaigns.flow.world import World
from campaigns.spec.errors import Finding, Loc, nearest, shown
from campaigns.spec.loading import Doc
from connectors.calls import E164


def findings(doc: Doc, world: World) -> Iterator[Finding]:
    """Every check's findings."""
    draft = draft_of(doc)
    checks = (*CHECKS, *journeys.CHECKS, *callings.CHECKS)
    return chain.from_iterable(check(draft, world) for check in checks)


def _the_start_is_a_step(draft: Draft, _: World) -> Iterator[Finding]:
    start = draft.doc.get("start")
    if isinstance(start, str) and draft.names and start not in draft.names:
        yield _unknown(("start",), "a step", start, draft.names)


def _ways_lead_to_steps(draft: Draft, _: World) -> Iterator[Finding]:
    for name, step in draft.steps.items():
        for way in step.ways():
            if way.to not in draft.names and way.to != RETURN:
                loc = ("steps", name, *way.loc)
                yield _unknown(loc, "a step", way.to, [*draft.names, RETURN])


def _prompts_are_there(draft: Draft, _: World) -> Iterator[Finding]:
    for name, step in draft.steps.items():
        for mention in step.prompts():
            if mention.name not in draft.prompts:
                loc = ("steps", name, *mention.loc)
                yield _unknown(loc, "one of the 'prompts'", mention.name, draft.prompts)


def _files_are_there(draft: Draft, world: World) -> Iterator[Finding]:
    for name, prompt in draft.prompts.items():
        if isinstance(prompt, Recorded) and world.has_file and not world.has_file(prompt.file):
            message = f"expected a file that is there (got {shown(prompt.file)})"
            hint = "put it there, or write 'say' with the text for a voice"
            yield Finding(("prompts", name, "file"), message, hint)


def _targets_are_there(draft: Draft, _: World) -> Iterator[Finding]:
    for name, step in draft.steps.items():
        if not isinstance(step, Transfer) or E164.fullmatch(step.transfer):
            continue
        if step.transfer not in draft.targets:
            loc = ("steps", name, "transfer")
            yield _unknown(loc, "one of the 'targets'", step.transfer, draft.targets)


def _variables_are_known(draft: Draft, _: World) -> Iterator[Finding]:
    for loc, variable in _used(draft):
        if variable not in draft.known:
            found = _unknown(loc, "a variable", variable, draft.known)
            hint = found.hint or "give it a value under 'variables', or collect it"
            yield Finding(found.loc, found.message, hint)


def _secrets_are_not_said(draft: Draft, _: World) -> Iterator[Finding]:
    for loc, variable in _used(draft):
        if variable in draft.secrets and "send" not in loc:
            message = f"expected no secret here (got {shown(variable)})"
            yield Finding(loc, message, "a secret can only be sent to a webhook")


def _names_are_free(draft: Draft, world: World) -> Iterator[Finding]:
    name = draft.doc.get("name")
    if isinstance(name, str) and name in world.contexts:
        message = f"expected a name that the PBX does not use (got {shown(name)})"
        yield Finding(("name",), message, "a context of its dialplan has it; take another name")
    for step in draft.names:
        if step == RETURN:
            message = f"expected another name for a step (got {shown(step)})"
            hint = "it is the way back to the flow that called this one"
            yield Finding(("steps", step), message, hint, at_key=True)
        elif step in world.extensions:
            message = f"expected a name that the PBX does not use (got {shown(step)})"
            hint = "an extension of its dialplan has it; take another name"
            yield Finding(("steps", step), message, hint, at_key=True)


def _no_choice_begins_another(draft: Draft, _: World) -> Iterator[Finding]:
    for name, step in draft.steps.items():
        for key, choices in _choices(step):
            for one, other in combinations(sorted(choices), 2):
                if other.startswith(one):
                    message = f"expected choices of which none begins another ('{one}' does)"
                    hint = f"who keys in '{one}' would be kept waiting for more"
                    yield Finding(("steps", name, key, other), message, hint, at_key=True)


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


def _choices(step: object) -> Iterator[tuple[str, Iterable[str]]]:
    if isinstance(step, Menu):
        yield "digits", step.digits
    if isinstance(step, Survey):
        yield "answers", step.answers


def _used(draft: Draft) -> Iterator[tuple[Loc, str]]:
    """Every use of a variable, with its place."""
    for name, prompt in draft.prompts.items():
        if isinstance(prompt, Spoken):
            yield from ((("prompts", name, "say"), v) for v in names_in(prompt.say))
    for name, step in draft.steps.items():
        yield from ((("steps", name, *m.loc), m.name) for m in step.variables())


def _unknown(loc: Loc, what: str, got: str, known: Iterable[str]) -> Finding:
    names = sorted(known)
    hint = nearest(got, names) or (f"known: {', '.join(names[:10])}" if names else "")
    return Finding(loc, f"expected {what} that is there (got {shown(got)})", hint)


CHECKS: tuple[Callable[[Draft, World], Iterator[Finding]], ...] = (
    _the_start_is_a_step,
    _ways_lead_to_steps,
    _prompts_are_there,
    _files_are_there,
    _targets_are_there,
    _variables_are_known,
    _secrets_are_not_said,
    _names_are_free,
    _no_choice_begins_another,
    _times_to_call_back_are_times,
)
