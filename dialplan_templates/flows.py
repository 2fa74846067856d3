"""A flow as an Asterisk dialplan: a file for it, and one for each flow that it calls.

What is decided is decided here and in `flow_steps`; the templates print. A flow that holds what a
dialplan cannot is refused by `limits`, which names every place.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from campaigns.flow.branch import Branch, IfValue
from campaigns.flow.flow import Flow
from campaigns.flow.reaching import SubFlow, Webhook
from campaigns.flow.walk import MOST
from campaigns.spec.errors import Finding, Loc, shown
from connectors.packed import pack
from dialplan_templates.flow_steps import MODULES, view_of
from dialplan_templates.places import LONGEST, ORDER, Refused
from dialplan_templates.taken import EXTENSIONS
from dialplan_templates.writer import fill

ALWAYS = (
    "app_exec",
    "app_playback",
    "app_stack",
    "app_userevent",
    "func_logic",
    "func_math",
    "func_strings",
)
TEMPLATE = "extensions.d/flow.conf"
SAY_SECONDS = 3
"""So long a call waits for the sound of a text with variables, which is looked for in tenths."""
MOST_SAID = 20
"""Variables in one text."""
Names: TypeAlias = Mapping[str, Mapping[str, str]]
"""What sounds are called, without folder and ending: by flow and prompt. Those that are not in it
have the name of their prompt."""


def asterisk_flow_files(
    flow: Flow, called: Iterable[Flow] = (), names: Names | None = None
) -> dict[str, str]:
    """The files for Asterisk 18 or newer, by their path below /etc/asterisk.

    `called` are the flows that it calls, and those that they call; `names`: see `Names`. Raises
    `ValueError` for a flow that has `limits`.
    """
    return {path_of(each.name): _file(each, names) for each in (flow, *called)}


def path_of(name: str) -> str:
    """Where the flow of that name is written."""
    return f"extensions.d/dialplane-flow-{name}.conf"


def limits(flow: Flow) -> Iterator[Finding]:
    """What of the flow cannot be rendered."""
    yield from _names(flow)
    yield from _lengths(flow)
    yield from orders(flow)
    yield from _many(flow)


class Sounds(dict[str, str]):
    """What the sound of each prompt is called. A prompt that the flow has not is refused."""

    def __missing__(self, prompt: str) -> str:
        raise Refused(f"a prompt of the flow was expected (got {shown(prompt)})")


def sounds_in(flow: Flow, names: Names | None) -> Sounds:
    """The names, below the folder of the flow's sounds."""
    plain = {prompt: prompt for prompt in flow.prompts}
    return Sounds(plain | dict((names or {}).get(flow.name, {})))


def _file(flow: Flow, names: Names | None) -> str:
    refuse(limits(flow))
    return fill("asterisk", TEMPLATE, _seen(flow) | {"sounds": sounds_in(flow, names)})


def _seen(flow: Flow) -> dict[str, Any]:
    """What the template sees."""
    steps = [view_of(name, step, flow) for name, step in flow.each()]
    spoken = {name: _said(flow, name) for name in flow.prompts if flow.spoken(name)}
    needs = {module for step in steps for module in MODULES.get(str(step["kind"]), ())}
    return {
        "flow": flow.name,
        "start": flow.start,
        "most": MOST,
        "modules": sorted({*ALWAYS, *needs}),
        "spoken": spoken,
        "said": sorted({variable for names in spoken.values() for variable in names}),
        "say_seconds": SAY_SECONDS,
        "looks": SAY_SECONDS * 10,
        "variables": [{"name": n, "value": pack(v)} for n, v in flow.variables.items()],
        "steps": steps,
    }


def _said(flow: Flow, prompt: str) -> list[str]:
    """The variables in a prompt's text, each once."""
    return [*dict.fromkeys(flow.spoken(prompt))]


def _names(flow: Flow) -> Iterator[Finding]:
    """Asterisk passes over the dashes in an extension's name, and has some of its own."""
    seen: dict[str, str] = {}
    for name in flow.steps:
        heard = name.replace("-", "")
        other = seen.setdefault(heard, name)
        if heard in EXTENSIONS:
            message = f"expected a name that Asterisk does not use itself (got '{heard}')"
            yield Finding(("steps", name), message, "take another name", at_key=True)
        elif other != name:
            message = f"expected a name that differs from '{other}' in more than dashes"
            yield Finding(("steps", name), message, "Asterisk passes over them", at_key=True)


def _lengths(flow: Flow) -> Iterator[Finding]:
    """Packed, a text is three characters for each that is no plain letter, or more."""
    for loc, text in _texts(flow):
        if len(pack(text)) > LONGEST:
            message = (
                f"expected a shorter text: a line of Asterisk's has no room (got {shown(text)})"
            )
            yield Finding(loc, message, "letters other than a to z take six characters and more")


def _many(flow: Flow) -> Iterator[Finding]:
    """Their names are told in one line."""
    for name in flow.prompts:
        if (many := len(_said(flow, name))) > MOST_SAID:
            message = f"expected a text with at most {MOST_SAID} variables (got {many})"
            yield Finding(("prompts", name, "say"), message, "say it in two prompts")


def refuse(findings: Iterator[Finding]) -> None:
    """Raises `ValueError` with the first of them."""
    wrong = next(findings, None)
    if wrong is not None:
        raise ValueError(f"{'.'.join(map(str, wrong.loc))}: {wrong.message}")


def orders(flow: Flow) -> Iterator[Finding]:
    """Texts that FreeSWITCH would take for an order of its preprocessor, wherever they stand. They
    are refused for every PBX, so that a flow is the same on all."""
    for loc, text in _texts(flow):
        if ORDER.search(text):
            message = f"expected a text without 'x-pre-process' (got {shown(text)})"
            yield Finding(loc, message, "FreeSWITCH takes it for an order and drops its line")


def _texts(flow: Flow) -> Iterator[tuple[Loc, str]]:
    yield from ((("variables", name), text) for name, text in flow.variables.items())
    for name, step in flow.each():
        if isinstance(step, SubFlow):
            yield from ((("steps", name, "with", n), text) for n, text in step.with_.items())
        if isinstance(step, Webhook):
            yield from ((("steps", name, "send", n), text) for n, text in step.send.items())
        for i, case in enumerate(step.branch if isinstance(step, Branch) else ()):
            if isinstance(case, IfValue):
                at = ("steps", name, "branch", i)
                yield from (((*at, "is"), text) for text in (case.is_ or "",))
                yield from (((*at, "in", j), text) for j, text in enumerate(case.in_ or ()))
