"""A flow as a FreeSWITCH's dialplan: a file for it, and one for each flow that it calls.

What is decided is decided here and in `flow_steps`; the templates print. Each flow is a context,
each step an extension. FreeSWITCH decides only as it looks an extension up, so a step that has to
decide is looked up again for it, under its name and a part of it (`main:heard`).
"""

from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any

from campaigns.flow.branch import Branch, IsOpen
from campaigns.flow.flow import Flow, Recorded
from campaigns.flow.walk import MOST
from campaigns.flow.ways import Step
from campaigns.spec.errors import Finding, shown
from connectors.packed import pack
from dialplan_templates.flow_asks import View
from dialplan_templates.flow_clock import clock_of
from dialplan_templates.flow_steps import view_of
from dialplan_templates.flows import SAY_SECONDS, Names, orders, refuse, sounds_in
from dialplan_templates.writer import fill

TEMPLATE = "dialplan/flow.xml"
FRESH = (
    "dialplane_answer", "dialplane_disposition", "dialplane_ended", "dialplane_kept",
    "dialplane_keys", "dialplane_made", "dialplane_said", "dialplane_says", "dialplane_step",
    "dialplane_steps", "dialplane_ticket", "dialplane_waits",
)  # fmt: skip
"""What a call that comes in must not have from an earlier flow."""
ASTERISKS = frozenset({".gsm", ".ulaw", ".alaw", ".sln", ".sln16", ".g722"})
"""Sound files that are copied as they are, and that no stock FreeSWITCH plays."""


def freeswitch_flow_files(
    flow: Flow, called: Iterable[Flow] = (), names: Names | None = None
) -> dict[str, str]:
    """The files for FreeSWITCH 1.10 or newer, by their path below its configuration folder.

    `called` are the flows that it calls, and those that they call; `names`: see `Names`. Raises
    `ValueError` for a flow that has `limits`.
    """
    return {path_of(each.name): _file(each, names) for each in (flow, *called)}


def path_of(name: str) -> str:
    """Where the flow of that name is written."""
    return f"dialplan/dialplane-flow-{name}.xml"


def limits(flow: Flow) -> Iterator[Finding]:
    """What of the flow cannot be rendered."""
    yield from orders(flow)
    for name, prompt in flow.prompts.items():
        if isinstance(prompt, Recorded) and PurePath(prompt.file).suffix in ASTERISKS:
            message = f"expected WAV, FLAC, Ogg or MP3 for FreeSWITCH (got {shown(prompt.file)})"
            hint = "other files are Asterisk's own, and go to a PBX as they are"
            yield Finding(("prompts", name, "file"), message, hint)


def _file(flow: Flow, names: Names | None) -> str:
    refuse(limits(flow))
    return fill("freeswitch", TEMPLATE, _seen(flow) | {"sounds": sounds_in(flow, names)})


def _seen(flow: Flow) -> dict[str, Any]:
    """What the template sees."""
    return {
        "flow": flow.name,
        "start": flow.start,
        "most": MOST,
        "fresh": FRESH,
        "looks": SAY_SECONDS * 10,
        "say_seconds": SAY_SECONDS,
        "recordings": pack(flow.name),
        "secrets": sorted(flow.secrets()),
        "spoken": {name: flow.spoken(name) for name in flow.prompts if flow.spoken(name)},
        "variables": [{"name": n, "value": pack(v)} for n, v in flow.variables.items()],
        "steps": [_view(name, step, flow) for name, step in flow.each()],
    }


def _view(name: str, step: Step, flow: Flow) -> View:
    """As `view_of` has it, and the cases of a branch with their exits."""
    view = view_of(name, step, flow)
    return view | _cases(step, view) if isinstance(step, Branch) else view


def _cases(step: Branch, view: View) -> View:
    """`after`: the parts at which one goes on where it is closed by the customer's clock."""
    otherwise, *exits = view["exits"]
    cases: list[View] = []
    after: list[str] = []
    for case, seen, exit_ in zip(step.branch, view["cases"], exits, strict=True):
        cases.append(seen | {"exit": exit_, "after": [*after]})
        if isinstance(case, IsOpen):
            cases[-1]["clock"] = clock_of(case.open.hours)
            after += [] if seen["zone"] else [seen["other"]]
    return {"cases": cases, "otherwise": otherwise, "after": after}
