"""What a walk has done, as the events that a rendering of its flow tells on an Asterisk."""

import math
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.flow import doing as do
from campaigns.flow.doing import Doing
from campaigns.flow.scene import Ended
from campaigns.flow.trail import HIDDEN, Taken
from campaigns.flow.walk import Walk
from connectors.calls import CallEvent
from connectors.flows import (
    FlowAnswered,
    FlowAsked,
    FlowCallback,
    FlowEnd,
    FlowEnded,
    FlowLeft,
    FlowOptedOut,
    FlowWantsAgent,
)

ASKS = frozenset({"menu", "collect", "survey"})
AT_ONCE: dict[type[Doing], str] = {
    do.FileAnswer: "survey",
    do.PutOnDnc: "opt_out",
    do.BookCallback: "callback",
}
"""What is not waited for, by the kind of step that does it: told before the step is left."""


class Telling:
    """Of the call `call_id` on its way through `walk`."""

    def __init__(self, call_id: UUID, walk: Walk) -> None:
        self._call_id = call_id
        self._walk = walk
        self._told = 0  # steps of the trail

    @property
    def ticket(self) -> str:
        """Of the step that is under way; no other step of the walk has it."""
        return str(len(self._walk.trail) + 1)

    def events(self, todo: Iterable[Doing], now: datetime, waited: bool) -> Iterator[CallEvent]:
        """All that has come of a happening. `waited`: the first step that was left had been
        arrived at before."""
        things = [doing for doing in todo if type(doing) in AT_ONCE]
        trail = self._walk.trail
        for nth in range(self._told, len(trail)):
            if things and self._of(things[0], trail[nth], waited and nth == self._told):
                yield self._thing(things.pop(0), trail[nth].flow, now)
            yield self._left(trail[nth], nth == len(trail) - 1, now)
        self._told = len(trail)
        yield from (self._thing(doing, self._walk.at[0], now) for doing in things)
        yield from self._under_way(now)

    def _of(self, doing: Doing, step: Taken, waited: bool) -> bool:
        """Whether it was this step's: an answer is filed as a step is left, all else before."""
        fits = AT_ONCE[type(doing)] == step.kind
        return fits and (isinstance(doing, do.FileAnswer) or not waited)

    def _thing(self, doing: Doing, flow: str, now: datetime) -> CallEvent:
        return THINGS[type(doing)](self._call_id, now, flow, doing)

    def _left(self, step: Taken, last: bool, now: datetime) -> CallEvent:
        cut_short = last and self._walk.ended not in {None, Ended.RETURNED}
        shown = step.pressed.replace(HIDDEN, "*")
        pressed = shown if step.kind in ASKS and not cut_short else None
        return FlowLeft(self._call_id, now, step.flow, step.step, step.way, pressed)

    def _under_way(self, now: datetime) -> Iterator[CallEvent]:
        walk, (flow, step) = self._walk, self._walk.at
        if walk.ended is not None:
            yield FlowEnded(self._call_id, now, FlowEnd(walk.ended.value), walk.disposition)
        elif isinstance(doing := walk.doing, do.FindAgent):
            wait = max(1, math.ceil((doing.until - now).total_seconds()))
            yield FlowWantsAgent(self._call_id, now, doing.team, doing.skills, wait)
        elif isinstance(doing, do.AskWebhook):
            timeout = (doing.until - now).total_seconds()
            to = (doing.endpoint, self.ticket, timeout, doing.fields)
            yield FlowAsked(self._call_id, now, flow, step, *to)


def _answer(call_id: UUID, now: datetime, flow: str, it: do.FileAnswer) -> CallEvent:
    return FlowAnswered(call_id, now, flow, it.question, it.answer)


def _opt_out(call_id: UUID, now: datetime, flow: str, it: do.PutOnDnc) -> CallEvent:
    return FlowOptedOut(call_id, now)


def _callback(call_id: UUID, now: datetime, flow: str, it: do.BookCallback) -> CallEvent:
    after = None if it.after is None else round(it.after)
    return FlowCallback(call_id, now, after, it.time.replace(":", ""))


THINGS: dict[type[Doing], Callable[[UUID, datetime, str, Any], CallEvent]] = {
    do.FileAnswer: _answer,
    do.PutOnDnc: _opt_out,
    do.BookCallback: _callback,
}
