"""What a connector tells of a call through a flow, as the walk would."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from campaigns.flow.collecting import Collect
from campaigns.flow.doing import BookCallback
from campaigns.flow.flow import Flow
from campaigns.flow.steps import kind_of
from campaigns.flow.trail import HIDDEN
from connectors.calls import Event
from connectors.flows import FlowAnswered, FlowCallback, FlowEnded, FlowLeft, FlowOptedOut
from tests.dialplan_templates.told import Told


def take(told: Told, event: Event, flows: Mapping[str, Flow]) -> None:
    """An event of a flow; of others, nothing."""
    if type(event) in HEARD:
        HEARD[type(event)](told, event, flows)


def _left(told: Told, event: FlowLeft, flows: Mapping[str, Flow]) -> None:
    step, pressed = flows[event.flow].steps[event.step], event.pressed or ""
    if isinstance(step, Collect) and step.secret:
        pressed = HIDDEN * pressed.count("*")
    told.trail.append((event.flow, event.step, kind_of(step), event.way, pressed))


def _answered(told: Told, event: FlowAnswered, _: object) -> None:
    told.answers[event.question] = event.answer


def _opted_out(told: Told, event: FlowOptedOut, _: object) -> None:
    told.opted_out = True


def _callback(told: Told, event: FlowCallback, _: object) -> None:
    time, after = event.time, event.after
    told.callback = asdict(
        BookCallback(
            when_free=not time and after is None,
            after=None if after is None else float(after),
            time=f"{time[:2]}:{time[2:]}" if time else "",
        )
    )


def _ended(told: Told, event: FlowEnded, _: object) -> None:
    assert not told.ended
    told.ended, told.disposition = event.how.value, event.disposition


HEARD: dict[type, Callable[[Told, Any, Mapping[str, Flow]], None]] = {
    FlowLeft: _left,
    FlowAnswered: _answered,
    FlowOptedOut: _opted_out,
    FlowCallback: _callback,
    FlowEnded: _ended,
}
