"""What must hold between the parts of a flow: names that are there, and names that may not be.

Variables are checked in `values`, where a call can come to in `journeys`, other flows in
`callings`, the campaign in `of_campaign`. All read a draft, so that they speak in the same round
as the errors of single fields.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, combinations

from campaigns.flow import callings, journeys, of_campaign, values
from campaigns.flow.asking import Menu, Survey
from campaigns.flow.draft import Draft, draft_of, unknown
from campaigns.flow.flow import Recorded
from campaigns.flow.reaching import Transfer
from campaigns.flow.reading import RETURN
from campaigns.flow.world import World
from campaigns.spec.errors import Finding, shown
from campaigns.spec.loading import Doc
from connectors.calls import E164


def findings(doc: Doc, world: World) -> Iterator[Finding]:
    """Every check's findings."""
    draft = draft_of(doc)
    parts = (CHECKS, journeys.CHECKS, callings.CHECKS, values.CHECKS, of_campaign.CHECKS)
    return chain.from_iterable(check(draft, world) for checks in parts for check in checks)


def _the_start_is_a_step(draft: Draft, _: World) -> Iterator[Finding]:
    start = draft.doc.get("start")
    if isinstance(start, str) and draft.names and start not in draft.names:
        yield unknown(("start",), "a step", start, draft.names)


def _ways_lead_to_steps(draft: Draft, _: World) -> Iterator[Finding]:
    for name, step in draft.steps.items():
        for way in step.ways():
            if way.to not in draft.names and way.to != RETURN:
                loc = ("steps", name, *way.loc)
                yield unknown(loc, "a step", way.to, [*draft.names, RETURN])


def _prompts_are_there(draft: Draft, _: World) -> Iterator[Finding]:
    for name, step in draft.steps.items():
        for mention in step.prompts():
            if mention.name not in draft.prompts:
                loc = ("steps", name, *mention.loc)
                yield unknown(loc, "one of the 'prompts'", mention.name, draft.prompts)


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
            yield unknown(loc, "one of the 'targets'", step.transfer, draft.targets)


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


def _choices(step: object) -> Iterator[tuple[str, Iterable[str]]]:
    if isinstance(step, Menu):
        yield "digits", step.digits
    if isinstance(step, Survey):
        yield "answers", step.answers


CHECKS: tuple[Callable[[Draft, World], Iterator[Finding]], ...] = (
    _the_start_is_a_step,
    _ways_lead_to_steps,
    _prompts_are_there,
    _files_are_there,
    _targets_are_there,
    _names_are_free,
    _no_choice_begins_another,
)
