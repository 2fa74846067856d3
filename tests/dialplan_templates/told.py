"""What is told of a call through a flow: by a PBX as it happens, and by the walk."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from campaigns.flow.doing import BookCallback
from campaigns.flow.flow import Flow
from campaigns.flow.scene import Call
from campaigns.flow.steps import kind_of
from campaigns.flow.trail import HIDDEN
from campaigns.flow.trying import Script, go_through
from campaigns.flow.walk import Walk
from connectors.packed import unpack
from lab.ami import Message

Step = tuple[str, str, str, str, str]  # flow, step, kind, way, pressed


@dataclass
class Told:
    """A call, as far as somebody has told of it."""

    trail: list[Step] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    opted_out: bool = False
    callback: dict[str, object] | None = None
    ended: str = ""
    disposition: str = ""


def walked(flow: Flow, called: Iterable[Flow], call: Call, script: Script, now: datetime) -> Told:
    """What the walk says."""
    walk = Walk(flow, call, {each.name: each for each in called})
    go_through(walk, script, now)
    return Told(
        [(t.flow, t.step, t.kind, t.way, t.pressed) for t in walk.trail],
        walk.answers,
        walk.opted_out,
        asdict(walk.callback) if walk.callback else None,
        str(walk.ended),
        walk.disposition,
    )


def hear(told: Told, event: Message, flows: Mapping[str, Flow]) -> None:
    """A UserEvent of a PBX."""
    HEARD[event["What"]](told, event, flows)


def _left(told: Told, event: Message, flows: Mapping[str, Flow]) -> None:
    pressed = HIDDEN * int(event["Hidden"]) if "Hidden" in event else event.get("Pressed", "")
    kind = kind_of(flows[event["Flow"]].steps[event["Step"]])
    told.trail.append((event["Flow"], event["Step"], kind, event["Way"], pressed))


def _answer(told: Told, event: Message, _: Mapping[str, Flow]) -> None:
    told.answers[event["Question"]] = unpack(event["Answer"])


def _opt_out(told: Told, event: Message, _: Mapping[str, Flow]) -> None:
    told.opted_out = True


def _callback(told: Told, event: Message, _: Mapping[str, Flow]) -> None:
    time, after = event.get("Time", ""), event.get("After")
    booked = BookCallback(
        when_free=not time and after is None,
        after=None if after is None else float(after),
        time=f"{time[:2]}:{time[2:]}" if time else "",
    )
    told.callback = asdict(booked)


def _ended(told: Told, event: Message, _: Mapping[str, Flow]) -> None:
    assert not told.ended
    told.ended, told.disposition = event["How"], event.get("Disposition", "")


def _nothing(told: Told, event: Message, _: Mapping[str, Flow]) -> None:
    """The walk has nothing of it but the way that comes."""


HEARD: dict[str, Callable[[Told, Message, Mapping[str, Flow]], None]] = {
    "left": _left,
    "answer": _answer,
    "opt_out": _opt_out,
    "callback": _callback,
    "ended": _ended,
    "agent": _nothing,
    "webhook": _nothing,
    "say": _nothing,
    "recording": _nothing,
    "missing": _nothing,
}
