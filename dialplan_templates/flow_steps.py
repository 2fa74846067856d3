"""What the template of each kind of step needs. Nothing here knows how a dialplan is written."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from campaigns.flow.asking import Menu, Survey
from campaigns.flow.branch import Branch
from campaigns.flow.collecting import Collect
from campaigns.flow.flow import Flow
from campaigns.flow.reaching import Agent, Hangup, SubFlow, Transfer, Webhook
from campaigns.flow.scene import number_of
from campaigns.flow.speaking import WHEN_FREE, Callback, OptOut, Play, Record, Voicemail
from campaigns.flow.steps import kind_of
from campaigns.flow.texts import names_in
from campaigns.flow.ways import Step
from dialplan_templates.flow_asks import View, collect, exits_of, menu, survey
from dialplan_templates.flow_cases import case_of
from dialplan_templates.flow_texts import parts_of

_ASKS = ("app_read", "func_timeout")
MODULES: Mapping[str, tuple[str, ...]] = {
    "menu": _ASKS,
    "survey": _ASKS,
    "collect": _ASKS,
    "record": ("app_record",),
    "agent": ("res_musiconhold",),
    "transfer": ("app_dial",),
    "voicemail": ("app_waitforsilence",),
}
"""The modules of Asterisk that only some kinds of steps need."""


def view_of(name: str, step: Step, flow: Flow) -> View:
    """What is printed of a step."""
    kind = kind_of(step)
    view: View = {"name": name, "kind": kind, "template": f"flow/{kind}.j2", "pressed": ""}
    return view | {"exits": exits_of(step)} | VIEWS[type(step)](step, flow)


def _play(step: Play, _: Flow) -> View:
    return {"prompt": step.play}


def _opt_out(step: OptOut, _: Flow) -> View:
    return {"prompt": step.opt_out}


def _callback(step: Callback, _: Flow) -> View:
    when, prompt = step.callback, step.prompt or ""
    if isinstance(when, float):
        return {"prompt": prompt, "time": "", "after": round(when)}
    return {"prompt": prompt, "after": 0, "time": "" if when == WHEN_FREE else names_in(when)[0]}


def _record(step: Record, _: Flow) -> View:
    return {
        "variable": step.record,
        "prompt": step.prompt or "",
        "beep": step.beep,
        "silence": math.ceil(step.silence),
        "max": math.ceil(step.max),
    }


def _voicemail(step: Voicemail, _: Flow) -> View:
    return {"prompt": step.voicemail, "wait": math.ceil(step.wait)}


def _branch(step: Branch, _: Flow) -> View:
    *exits, otherwise = exits_of(step)
    cases = [case_of(i, case) for i, case in enumerate(step.branch, 1)]
    return {"cases": cases, "exits": [otherwise, *exits]}


def _webhook(step: Webhook, _: Flow) -> View:
    return {
        "endpoint": step.webhook,
        "send": [{"name": field, "parts": parts_of(text)} for field, text in step.send.items()],
        "timeout": step.timeout,
        "tenths": math.ceil(step.timeout * 10),
        "into": list(step.into),
    }


def _agent(step: Agent, _: Flow) -> View:
    """Whoever is free needs a moment to get the call."""
    return {"team": step.agent, "skills": step.skills, "wait": max(1, math.ceil(step.wait))}


def _transfer(step: Transfer, flow: Flow) -> View:
    number = number_of(step.transfer, flow).removeprefix("+")
    return {"number": number, "ring": math.ceil(step.ring)}


def _sub_flow(step: SubFlow, _: Flow) -> View:
    given = [{"name": name, "parts": parts_of(text)} for name, text in step.with_.items()]
    return {"other": step.flow, "given": given, "into": step.into}


def _hangup(step: Hangup, _: Flow) -> View:
    return {"disposition": step.hangup}


VIEWS: dict[type[Step], Callable[[Any, Flow], View]] = {
    Play: _play,
    Menu: menu,
    Collect: collect,
    Survey: survey,
    Record: _record,
    Branch: _branch,
    Webhook: _webhook,
    Agent: _agent,
    Transfer: _transfer,
    OptOut: _opt_out,
    Callback: _callback,
    Voicemail: _voicemail,
    Hangup: _hangup,
    SubFlow: _sub_flow,
}
