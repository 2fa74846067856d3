"""Each command as AMI actions. The dialplan they meet is in `dialplan_templates/asterisk`.

Every action's id is the verb and the id of the call or leg (`originate:<uuid>`), so an answer
tells by itself what it is about and nothing has to be kept until it comes. A call is always
named by its unique id, which is ours, never by a channel's name.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any
from uuid import UUID

from connectors.asterisk import flows
from connectors.asterisk.codec import Action
from connectors.asterisk.flows import about
from connectors.calls import (
    Amd,
    Command,
    ConnectToAgent,
    HangUp,
    Listening,
    Monitor,
    Originate,
    PlayMessage,
    RingAgent,
    StartRecording,
    StopRecording,
)
from connectors.check import check
from connectors.flows import AnswerFlow, EnterFlow, SayFlow
from connectors.linked.channels import AGENT_ACCOUNT, CALL_ACCOUNT, SPY_ACCOUNT

# How each channel driver writes a number on a trunk, and an agent's phone.
TRUNK = {
    "PJSIP": "PJSIP/{number}@{trunk}",
    "SIP": "SIP/{trunk}/{number}",
    "IAX2": "IAX2/{trunk}/{number}",
}
PHONE = {"PJSIP": "PJSIP/{phone}", "SIP": "SIP/{phone}", "IAX2": "IAX2/{phone}"}

SPY_MODE = {Listening.LISTEN: "l", Listening.WHISPER: "w", Listening.BARGE: "b"}
SPY_RINGS = 20  # seconds


@dataclass(frozen=True, slots=True)
class Dialling:
    """How numbers and phones are written on this PBX; `plus`: send E.164 with its `+`."""

    trunk_technology: str = "PJSIP"
    phone_technology: str = "PJSIP"
    plus: bool = False

    def number(self, e164: str) -> str:
        return e164 if self.plus else e164[1:]


def actions(command: Command, dialling: Dialling) -> tuple[Action, ...]:
    """The actions that carry out `command`, in order. Raises `CommandRefused`."""
    check(command)
    return ACTIONS[type(command)](command, dialling)


def connect(call_id: UUID, leg_id: UUID) -> Action:
    """Move a call into the conference of an agent's leg."""
    return _redirect("connect", call_id, "dialplane-connect", leg_id.hex)


def hold(call_id: UUID) -> Action:
    """Move a call back to the silence that an answered call waits in."""
    return _redirect("hold", call_id, "dialplane-answered", "wait")


def hang_up(call_id: UUID) -> Action:
    """End a call or leg, with cause 16, normal clearing."""
    return (*about("Hangup", "hangup", call_id), ("Cause", "16"))


def _originate(command: Originate, dialling: Dialling) -> tuple[Action, ...]:
    channel = TRUNK[dialling.trunk_technology].format(
        number=dialling.number(command.number), trunk=command.trunk
    )
    exten = "amd" if command.amd else "hold"
    caller_id = ("CallerID", dialling.number(command.caller_id))
    dial = _dial(command.call_id, channel, "dialplane-answered", exten, CALL_ACCOUNT)
    tuning = (("Variable", f"DIALPLANE_AMD={_slots(command.tuning)}"),) if command.tuning else ()
    return ((*dial, _timeout(command.wait_seconds), caller_id, *tuning),)


def _slots(tuning: Amd) -> str:
    """Five digits each, which the dialplan cuts apart: no sign in it means anything to Asterisk."""
    return "".join(f"{part:05d}" for part in astuple(tuning))


def _ring_agent(command: RingAgent, dialling: Dialling) -> tuple[Action, ...]:
    channel = PHONE[dialling.phone_technology].format(phone=command.phone)
    leg = command.leg_id
    dial = _dial(leg, channel, "dialplane-agent", leg.hex, AGENT_ACCOUNT)
    return ((*dial, _timeout(command.ring_seconds)),)


def _monitor(command: Monitor, dialling: Dialling) -> tuple[Action, ...]:
    channel = PHONE[dialling.phone_technology].format(phone=command.phone)
    exten = SPY_MODE[command.how] + command.target.hex
    dial = _dial(command.leg_id, channel, "dialplane-spy", exten, SPY_ACCOUNT)
    return ((*dial, _timeout(SPY_RINGS)),)


def _connect(command: ConnectToAgent, _: Dialling) -> tuple[Action, ...]:
    return (connect(command.call_id, command.leg_id),)


def _hang_up(command: HangUp, _: Dialling) -> tuple[Action, ...]:
    return (hang_up(command.call_id),)


def _play(command: PlayMessage, _: Dialling) -> tuple[Action, ...]:
    context = "dialplane-message" if command.then_hang_up else "dialplane-message-hold"
    return (_redirect("play", command.call_id, context, f"m{command.message}"),)


def _record(command: StartRecording, _: Dialling) -> tuple[Action, ...]:
    return (_set(command.call_id, "DIALPLANE_RECORD", command.path),)


def _stop_recording(command: StopRecording, _: Dialling) -> tuple[Action, ...]:
    call_id = command.call_id
    forget = (_set(call_id, name, "") for name in ("DIALPLANE_RECORD", "DIALPLANE_TAPE"))
    return (*forget, about("StopMixMonitor", "stop", call_id))


def _dial(call_id: UUID, channel: str, context: str, exten: str, account: str) -> Action:
    return (
        ("Action", "Originate"),
        ("ActionID", f"originate:{call_id}"),
        ("ChannelId", str(call_id)),
        ("Channel", channel),
        ("Context", context),
        ("Exten", exten),
        ("Priority", "1"),
        ("Account", account),
        ("Async", "true"),
    )


def _timeout(seconds: int) -> tuple[str, str]:
    return ("Timeout", str(seconds * 1000))


def _redirect(verb: str, call_id: UUID, context: str, exten: str) -> Action:
    target = (("Context", context), ("Exten", exten), ("Priority", "1"))
    return (*about("Redirect", verb, call_id), *target)


def _set(call_id: UUID, name: str, path: str) -> Action:
    """What the dialplan records to from the call's next step on: see `dialplane-record`."""
    return (*about("Setvar", "record", call_id), ("Variable", name), ("Value", path))


ACTIONS: dict[type, Callable[[Any, Dialling], tuple[Action, ...]]] = {
    Originate: _originate,
    RingAgent: _ring_agent,
    ConnectToAgent: _connect,
    HangUp: _hang_up,
    PlayMessage: _play,
    StartRecording: _record,
    StopRecording: _stop_recording,
    Monitor: _monitor,
    EnterFlow: flows.enter,
    AnswerFlow: flows.answer,
    SayFlow: flows.say,
}
