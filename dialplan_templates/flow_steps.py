"""What the template of each kind of step needs. Nothing here knows how a dialplan is written."""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from campaigns.flow.asking import Asks, Menu, Survey
from campaigns.flow.branch import Branch
from campaigns.flow.collecting import Collect
from campaigns.flow.flow import Flow
from campaigns.flow.reaching import Agent, Hangup, SubFlow, Transfer, Webhook
from campaigns.flow.reading import RETURN
from campaigns.flow.scene import number_of
from campaigns.flow.speaking import WHEN_FREE, Callback, OptOut, Play, Record, Voicemail
from campaigns.flow.steps import kind_of
from campaigns.flow.texts import names_in
from campaigns.flow.ways import Step, Way
from dialplan_templates.flow_cases import case_of
from dialplan_templates.flow_texts import parts_of
from dialplan_templates.packed import pack

View: TypeAlias = dict[str, Any]
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
    view["exits"] = [_exit(way, way.name.replace(" ", "")) for way in step.ways()]
    return view | VIEWS[type(step)](step, flow)


def _exit(way: Way, label: str) -> View:
    return {"label": label, "way": way.name, "to": way.to, "back": way.to == RETURN}


def _asked(step: Asks) -> View:
    """What menu, survey and collect have in common."""
    return {
        "question": step.question,
        "invalid": step.invalid or "",
        "barge_in": step.barge_in,
        "longest": step.longest,
        "end_key": step.end_key,
        "timeout": step.timeout,
        "between": step.between,
        "retries": step.retries,
        "pressed": "hidden" if isinstance(step, Collect) and step.secret else "shown",
        "given_up": [_exit(way, way.name) for way in reversed(step.given_up())],
        "exits": [_exit(way, way.name) for way in step.ways() if way.name == "next"],
    }


def _menu(step: Menu, _: Flow) -> View:
    choices = [(way, f"choice{i}") for i, way in enumerate(step.ways(), 1) if way.asked]
    return _asked(step) | {
        "choices": [{"pressed": way.name, "label": label} for way, label in choices],
        "exits": [_exit(way, label) for way, label in choices],
    }


def _survey(step: Survey, _: Flow) -> View:
    choices = [
        {"pressed": keys, "label": f"choice{i}", "answer": pack(answer)}
        for i, (keys, answer) in enumerate(step.answers.items(), 1)
    ]
    return _asked(step) | {"variable": step.survey, "choices": choices}


def _collect(step: Collect, _: Flow) -> View:
    digits = "[0-9]" * step.shortest + "[0-9]?" * (step.longest - step.shortest)
    rules = [digits] if step.valid is None else [digits, step.valid.expression()]
    return _asked(step) | {"variable": step.collect, "expressions": rules}


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
    ways = [_exit(way, way.name.replace(" ", "")) for way in step.ways()]
    cases = [case_of(i, case) for i, case in enumerate(step.branch, 1)]
    return {"cases": cases, "exits": [ways[-1], *ways[:-1]]}


def _webhook(step: Webhook, _: Flow) -> View:
    return {
        "endpoint": step.webhook,
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
    Menu: _menu,
    Collect: _collect,
    Survey: _survey,
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
