"""A FreeSWITCH that runs renderings of flows, after mod_dialplan_xml.c and switch_channel.c.

It has no line and no clock: prompts are over at once, keys are a list, a wait is over when it
begins. What it tells goes through the connector, whose commands it obeys.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from connectors.calls import Event
from connectors.flows import AnswerFlow, EnterFlow, FlowAsked, FlowWantsAgent
from connectors.freeswitch.actions import Dialling, actions
from connectors.freeswitch.event import Event as Heard
from tests.connectors.freeswitch.stage import CALL, DIAL, Stage
from tests.dialplan_templates.xml_dialplan import read

MOST = 20_000  # look-ups of an extension
Place = tuple[str, str]  # an extension and its context
Steps = list[tuple[str, str]]  # applications and what they are given
GLOBALS = {
    "sounds_dir": "/sounds",
    "recordings_dir": "/recordings",
    "hold_music": "local_stream://m",
}


class Over(Exception):
    """The call has ended, or is somebody else's."""


@dataclass
class Person:
    """`entries`: what is pressed each time the flow listens; None: hangs up. None left: silence."""

    entries: list[str | None]
    agent: bool = False
    answer: bool = True
    webhook: Mapping[str, str] | None = None
    missing: frozenset[str] = frozenset({"nowhere"})


@dataclass
class Switch:
    """One call on it. `events`: what the connector has told."""

    files: Mapping[str, str]
    person: Person
    now: datetime
    events: list[Event] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    place: Place = ("", "")
    response: str = ""

    def __post_init__(self) -> None:
        self.stage = Stage(DIAL)
        self.stage.hear("CHANNEL_PARK", CALL)
        parts = [part for text in self.files.values() for part in read(text).iter("context")]
        self.contexts = {part.attrib["name"]: [*part.iter("extension")] for part in parts}

    def run(self, command: EnterFlow) -> list[Event]:
        """From its entrance to its end."""
        self.stage.tell(command)
        for action in actions(command, Dialling()):
            self._obey(action.command)
        try:
            for _ in range(MOST):
                self._execute(self._hunt())
        except Over as over:
            if not over.args:
                self._tell({"Event-Name": "CHANNEL_HANGUP_COMPLETE", "Hangup-Cause": "NORMAL"})
            return self.events
        raise AssertionError("the call goes round for ever")

    def _obey(self, command: str) -> None:
        verb, _, rest = command.split(" ", 2)
        if verb == "uuid_setvar_multi":
            pairs = [pair.partition("=") for pair in rest.split(";")]
        elif verb == "uuid_setvar":
            pairs = [rest.partition(" ")]
        else:
            assert verb == "uuid_transfer", command
            self._transfer(rest)
            return
        for name, _, value in pairs:
            self._set(name, value)

    def _set(self, name: str, value: str) -> None:
        if value:
            self.variables[name] = value
        else:
            self.variables.pop(name, None)

    def _transfer(self, there: str) -> None:
        extension, dialplan, context = there.split(" ")
        assert dialplan == "XML"
        left = int(self.variables.get("max_session_transfers", "70")) - 1
        assert left > 0, "FreeSWITCH would hang up"
        self.variables["max_session_transfers"] = str(left)
        self.variables["transfer_history"] = self.variables.get("transfer_history", "") + "x"
        self.place = extension, context

    # --- the dialplan ------------------------------------------------------------------------

    def _hunt(self) -> Steps:
        steps: Steps = []
        for extension in self.contexts[self.place[1]]:
            found = self._parse(extension, steps)
            if found and extension.attrib.get("continue") != "true":
                break
        return steps

    def _parse(self, extension: Element, steps: Steps) -> bool:
        so = False
        for condition in extension.iter("condition"):
            field_, how = condition.attrib["field"], condition.attrib.get("break", "on-false")
            value = self._expand(field_) if "$" in field_ else self._number(field_)
            match = re.search(condition.attrib["expression"], value)
            so = match is not None
            for action in condition.iter("action" if so else "anti-action"):
                data = action.attrib.get("data", "")
                if match is not None and "(" in condition.attrib["expression"]:
                    for nth, held in enumerate(match.groups(default=""), 1):
                        data = data.replace(f"${nth}", held)
                steps.append((action.attrib["application"], data))
            if how == ("on-true" if so else "on-false"):
                break
        return so

    def _number(self, name: str) -> str:
        assert name == "destination_number"
        return self.place[0]

    def _expand(self, text: str) -> str:
        """Innermost first. What a variable holds is looked at again, as FreeSWITCH does."""
        inner = re.compile(r"\$\{([^${}]*)\}")
        while (found := inner.search(text)) is not None:
            text = text[: found.start()] + self._value(found[1]) + text[found.end() :]
        return text

    def _value(self, name: str) -> str:
        called = re.fullmatch(r"([a-z_]+)\((.*)\)", name)
        if called is not None:
            return FUNCTIONS[called[1]](self, called[2])
        known = {"destination_number": self.place[0], "current_application_response": self.response}
        value = {**GLOBALS, "uuid": str(CALL), **self.variables, **known}.get(name, "")
        assert "$" not in value
        return value

    # --- applications ------------------------------------------------------------------------

    def _execute(self, steps: Steps) -> None:
        place = self.place
        for application, data in steps:
            given = self._expand(data)
            self.response = ""
            APPLICATIONS[application](self, given)
            if application == "transfer":
                return
        raise AssertionError(f"the extension of {place} ends nowhere")

    def tell_event(self, data: str) -> None:
        """The application `event`."""
        self._tell(dict(part.partition("=")[::2] for part in data.split(",")))

    def _tell(self, headers: dict[str, str]) -> None:
        held = {f"variable_{name}": value for name, value in self.variables.items()}
        told = self.stage.read(Heard({"Unique-ID": str(CALL), **held, **headers}))
        self.events += told
        for order in self.stage.orders():
            self._obey(order)
        for event in told:
            self._answer(event)

    def _answer(self, event: Event) -> None:
        match event:
            case FlowAsked() if self.person.webhook is not None:
                answer = AnswerFlow(CALL, event.ticket, self.person.webhook)
                for action in actions(answer, Dialling()):
                    self._obey(action.command)
            case FlowWantsAgent() if self.person.agent:
                raise Over("with an agent")

    def play(self, path: str) -> None:
        """The application `playback`."""
        there = "://" in path or path.rpartition("/")[2].removesuffix(".wav") not in (
            self.person.missing
        )
        self.response = "FILE PLAYED" if there else "FILE NOT FOUND"

    def read(self, data: str) -> None:
        """The application `read`."""
        _, longest, path, variable, _, end_key, _ = data.split(" ")
        self._set(variable, "")
        self._set("read_result", "")
        if path.rpartition("/")[2].removesuffix(".wav") in self.person.missing:
            return
        entry = self.person.entries.pop(0) if self.person.entries else ""
        if entry is None:
            raise Over
        keys, ended = "", False
        for key in entry[: int(longest)]:
            if end_key != "none" and key == end_key:
                ended = True
                break
            keys += key
        self._set(variable, keys)
        full = ended or len(keys) == int(longest)
        self._set("read_result", "success" if full else "timeout")

    def bridge(self, data: str) -> None:
        """The application `bridge`."""
        assert re.fullmatch(r"\{[\w=,]+\}sofia/gateway/[\w-]+/\d+", data), data
        if self.person.answer:
            name, _, value = self.variables["bridge_pre_execute_aleg_data"].partition("=")
            self._set(name, value)
            assert self.variables["hangup_after_bridge"] == "true"
            raise Over

    def hang_up(self, _: str) -> None:
        """The application `hangup`."""
        raise Over

    def assign(self, data: str) -> None:
        """The application `set`."""
        name, _, value = data.partition("=")
        self._set(name, value)

    def clear(self, name: str) -> None:
        """The application `unset`."""
        self._set(name, "")

    def record(self, _: str) -> None:
        """The application `record`."""
        self._set("record_ms", "900")


def _cond(_: Switch, text: str) -> str:
    found = re.fullmatch(r"'?(.*?)'? (>=|==) '?(.*?)'? \? (\S+) : (\S+)", text)
    if found is None:
        return "-ERR"
    one, how, two, yes, no = found.groups()
    if how == "==":
        return yes if one == two else no
    sizes = [float(x) if re.fullmatch(r"[-+]?[\d.]+", x) else float(len(x)) for x in (one, two)]
    return yes if sizes[0] >= sizes[1] else no


def _clock(switch: Switch, text: str) -> str:
    zone, form = text.split(" ")
    if not zone:
        return "-ERR Invalid timezone/format"
    return switch.now.astimezone(ZoneInfo(zone)).strftime(form)


def _count() -> Callable[[Switch, str], str]:
    numbers: Iterator[int] = iter(range(1000, 1_000_000))
    return lambda _, __: str(next(numbers))


FUNCTIONS: dict[str, Callable[[Switch, str], str]] = {
    "cond": _cond,
    "create_uuid": _count(),
    "strepoch": lambda switch, _: str(int(switch.now.timestamp())),
    "strmicroepoch": _count(),
    "strftime_tz": _clock,
}
APPLICATIONS: dict[str, Callable[[Switch, str], None]] = {
    "bridge": Switch.bridge,
    "event": Switch.tell_event,
    "flush_dtmf": lambda _, __: None,
    "hangup": Switch.hang_up,
    "playback": Switch.play,
    "read": Switch.read,
    "record": Switch.record,
    "set": Switch.assign,
    "sleep": lambda _, __: None,
    "transfer": Switch._transfer,
    "unset": Switch.clear,
    "wait_for_silence": lambda _, __: None,
}
