"""What is told of a walk: each thing as it is done, and all of it at the end."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from campaigns.flow import doing as do
from campaigns.flow.doing import Doing
from campaigns.flow.walk import Walk
from cli.output import details, say, show


def told(doing: Doing) -> str:
    """A thing that is done, in a line."""
    return _TOLD[type(doing)](doing)


def called_back(booked: do.BookCallback) -> str:
    """When somebody is called back, in words."""
    if booked.when_free:
        return "when an agent is free"
    return f"in {booked.after:g} s" if booked.after is not None else f"at {booked.time}"


def answer_of(walk: Walk, unused: Sequence[str]) -> dict[str, Any]:
    """The walk as JSON. `unused`: entries that nothing asked for."""
    return {
        "flow": walk.flow.name,
        "ended": walk.ended,
        "disposition": walk.disposition,
        "steps": [asdict(taken) for taken in walk.trail],
        "answers": walk.answers,
        "variables": walk.values,
        "opted_out": walk.opted_out,
        "callback": walk.callback and asdict(walk.callback),
        "unused_digits": list(unused),
    }


def tell(walk: Walk, unused: Sequence[str]) -> None:
    """The walk for people."""
    rows = [(t.flow, t.step, t.kind, t.pressed, t.way) for t in walk.trail]
    say("")
    show(("flow", "step", "kind", "pressed", "way"), rows, title="Steps taken")
    if walk.answers:
        show(("question", "answer"), walk.answers.items(), title="Answers")
    facts: list[tuple[str, Any]] = [("ended", walk.ended), ("disposition", walk.disposition)]
    if walk.opted_out:
        facts.append(("do not call", True))
    if walk.callback:
        facts.append(("call back", called_back(walk.callback)))
    if unused:
        facts.append(("digits not asked for", ", ".join(entry or "-" for entry in unused)))
    details(facts)


def _played(doing: do.PlayPrompt) -> str:
    return f"plays {doing.file}" if doing.file else f'says "{doing.say}"'


def _sought(doing: do.FindAgent) -> str:
    team = f" of {doing.team}" if doing.team else ""
    return f"looks for an agent{team}{' with ' if doing.skills else ''}{', '.join(doing.skills)}"


_TOLD: dict[type[Doing], Callable[[Any], str]] = {
    do.PlayPrompt: _played,
    do.Listen: lambda d: f"waits for key {len(d.pressed) + 1}" if d.pressed else "listens",
    do.StartRecording: lambda d: "records, after a beep" if d.beep else "records",
    do.AskWebhook: lambda d: f"asks the endpoint {d.endpoint}",
    do.FindAgent: _sought,
    do.CallNumber: lambda d: f"calls {d.number}",
    do.AwaitBeep: lambda d: "waits for the beep",
    do.PutOnDnc: lambda d: "puts the number on the do-not-call list",
    do.BookCallback: lambda d: f"books a call {called_back(d)}",
    do.FileAnswer: lambda d: f"files {d.question}: {d.answer}",
    do.EndCall: lambda d: "hangs up" if d.hang_up else "ends",
}
