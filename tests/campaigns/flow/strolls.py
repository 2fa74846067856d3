"""Every way through a flow: at each thing that is waited for, all that can come of it.

A choice is what a person, a PBX or a webhook does until the call has left the step. A stroll is
a list of choices, walked anew from the beginning each time, so that no walk has to be copied.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from campaigns.flow import doing as do
from campaigns.flow import happening as on
from campaigns.flow.asking import Asks, Menu, Survey
from campaigns.flow.collecting import Collect
from campaigns.flow.flow import Flow
from campaigns.flow.happening import Happening
from campaigns.flow.scene import Call
from campaigns.flow.valid import Day, Digits, TimeOfDay, Within
from campaigns.flow.walk import Walk

Choice: TypeAlias = Callable[[Walk, datetime], None]
TWICE = 2  # a step is come to in one stroll, at most


@dataclass(frozen=True)
class Given:
    """A call and all that its webhooks may answer."""

    flow: Flow
    called: Mapping[str, Flow]
    call: Call
    at: datetime
    answers: Mapping[str, Sequence[dict[str, object]]]

    def walk(self, choices: Sequence[Choice]) -> Walk:
        """The call, as far as these choices go."""
        walk = Walk(self.flow, self.call, self.called)
        walk.begin(self.at)
        for choice in choices:
            choice(walk, self.at)
        return walk


def strolls(given: Given, so_far: tuple[Choice, ...] = ()) -> Iterator[Walk]:
    """Every walk that comes to its end, but those that go round more than once."""
    walk = given.walk(so_far)
    if walk.ended is not None:
        yield walk
    elif sum((t.flow, t.step) == walk.at for t in walk.trail) < TWICE:
        for choice in _choices(given, walk):
            yield from strolls(given, (*so_far, choice))


def _choices(given: Given, walk: Walk) -> list[Choice]:
    step = _step(given, walk)
    if isinstance(step, Asks):
        right = [_pressing(entry) for entry in _right(step)]
        return [*right, _giving_up(on.Silence()), _giving_up(on.Pressed(_wrong(step)))]
    return [_telling(happening) for happening in _outcomes(given, walk)]


def _step(given: Given, walk: Walk) -> object:
    flow, step = walk.at
    return ({given.flow.name: given.flow, **given.called})[flow].steps[step]


def _outcomes(given: Given, walk: Walk) -> list[Happening]:
    match walk.doing:
        case do.PlayPrompt():
            return [on.PromptOver()]
        case do.StartRecording():
            return [on.RecordingOver("it")]
        case do.AskWebhook(endpoint):
            answers = given.answers.get(endpoint, [{}])
            return [*map(on.WebhookAnswered, answers), on.WebhookFailed(), on.Silence()]
        case do.FindAgent():
            return [on.AgentFound(), on.Silence()]
        case do.CallNumber():
            return [on.TransferTaken(), on.TransferFailed(), on.Silence()]
        case do.AwaitBeep():
            return [on.BeepHeard(), on.Silence()]
    raise AssertionError(walk.doing)


def _telling(happening: Happening) -> Choice:
    return lambda walk, now: void(walk.handle(happening, now))


def _pressing(entry: str) -> Choice:
    """The question is heard out, then answered; silence ends what is shorter than it could be."""

    def press(walk: Walk, now: datetime) -> None:
        trail = len(walk.trail)
        walk.handle(on.PromptOver(), now)
        for key in entry:
            walk.handle(on.Pressed(key), now)
        if len(walk.trail) == trail:
            walk.handle(on.Silence(), now)
        assert walk.trail[trail].way not in {"no_input", "too_many"}

    return press


def _giving_up(each: Happening) -> Choice:
    """The same at each try, until none is left."""

    def give_up(walk: Walk, now: datetime) -> None:
        trail = len(walk.trail)
        while len(walk.trail) == trail:
            if isinstance(walk.doing, do.PlayPrompt):
                walk.handle(on.PromptOver(), now)
            elif isinstance(walk.doing, do.Listen) and walk.doing.pressed:
                walk.handle(on.Silence(), now)
            else:
                walk.handle(each, now)
        expected = "no_input" if isinstance(each, on.Silence) else "too_many"
        assert walk.trail[trail].way == expected

    return give_up


def _right(step: Asks) -> list[str]:
    """Entries that are right: all of a menu or survey, one of what is collected."""
    if isinstance(step, Menu):
        return list(step.digits)
    if isinstance(step, Survey):
        return list(step.answers)
    assert isinstance(step, Collect)
    return [_digits(step)]


def _digits(step: Collect) -> str:
    match step.valid:
        case Digits(pattern=pattern):
            return pattern.translate(str.maketrans("XZN", "012"))
        case Within(number=bounds):
            return str(bounds.at_most).zfill(step.shortest)
        case Day(date=order):
            return order.replace("dd", "24").replace("mm", "12").replace("yyyy", "2026")
        case TimeOfDay():
            return "0930"
        case None:
            return "1" * step.longest


def _wrong(step: Asks) -> str:
    """A key that begins no right entry."""
    taken = {entry[0] for entry in _right(step)} | {step.end_key}
    keys = "*#" if isinstance(step, Collect) else "0123456789*#"
    return next(key for key in keys if key not in taken)


def void(_: object) -> None:
    """A choice is told nothing."""
