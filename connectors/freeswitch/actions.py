"""Each command as API commands of a FreeSWITCH. No dialplan of ours is needed there.

Every action's id is the verb and the id of the call or leg (`originate:<uuid>`), so an answer
tells by itself what it is about and nothing has to be kept until it comes. A call is always
named by its UUID, which is ours, never by a channel's name.

Nothing goes into a command but the forms in this file and in `chain`, digits, UUIDs and tokens.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from connectors.calls import (
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
from connectors.freeswitch import chain, flows
from connectors.freeswitch.codec import Action
from connectors.linked.channels import AGENT_ACCOUNT, CALL_ACCOUNT, SPY_ACCOUNT

# How each endpoint writes a number on a trunk, and an agent's phone.
TRUNK = {
    "gateway": "sofia/gateway/{trunk}/{number}",
    "loopback": "loopback/{number}/{trunk}",
}
PHONE = {
    "user": "user/{phone}",
    "gateway": "sofia/gateway/{trunk}/{phone}",
    "loopback": "loopback/{phone}/{trunk}",
}

TAPE, TARGET = "dialplane_tape", "dialplane_target"  # channel variables
HANG_UP = "hangup"  # the verb of the action that ends a call or leg

# On the agent's leg: `bleg` is heard by the agent, `aleg` by the other half, the customer.
SPY_MODE = {
    Listening.LISTEN: (),
    Listening.WHISPER: ("eavesdrop_whisper_bleg=true",),
    Listening.BARGE: ("eavesdrop_whisper_aleg=true", "eavesdrop_whisper_bleg=true"),
}
SPY_RINGS = 20  # seconds
PARTIAL = 1  # second: FreeSWITCH counts the one in which it begins to dial as a whole one

# Without it a parked leg gets no audio at all. Over mod_loopback it must not be: both halves have
# it, and FreeSWITCH makes frames of silence that name no channels. They get through a loopback as
# they are, and eavesdrop divides by their channels when a supervisor is heard: it crashes.
SIP = ("send_silence_when_idle=-1",)
LOOPBACK = ("loopback_bowout=false", "loopback_bowout_on_execute=false")


@dataclass(frozen=True, slots=True)
class Dialling:
    """How numbers and phones are written on this PBX.

    `plus`: send E.164 with its `+`. `phones`: the gateway or context of the agents' phones, where
    they are reached by one. `hold`: seconds after which an answered call is hung up that nobody
    has come for. `listen`: seconds to listen for a beep when AMD is asked for; 0 does not.
    `music`: who waits hears some, as callers do.
    """

    trunk_technology: str = "gateway"
    phone_technology: str = "user"
    phones: str = "phones"
    plus: bool = False
    hold: int = 60
    listen: int = 2
    music: bool = False

    def number(self, e164: str) -> str:
        return e164 if self.plus else e164[1:]

    def around(self, trunk: str) -> tuple[str, str]:
        """What stands before and behind the digits of a number that is dialled on the trunk."""
        where = TRUNK[self.trunk_technology].format(trunk=trunk, number="|")
        before, _, behind = where.partition("|")
        return f"{before}+" if self.plus else before, behind


def actions(command: Command, dialling: Dialling) -> tuple[Action, ...]:
    """The actions that carry out `command`, in order. Raises `CommandRefused`."""
    check(command)
    return ACTIONS[type(command)](command, dialling)


def hang_up(call_id: UUID) -> Action:
    """End a call or leg, with normal clearing."""
    return Action(HANG_UP, call_id, f"uuid_kill {call_id} NORMAL_CLEARING")


def _originate(command: Originate, dialling: Dialling) -> tuple[Action, ...]:
    where = TRUNK[dialling.trunk_technology].format(
        number=dialling.number(command.number), trunk=command.trunk
    )
    caller = dialling.number(command.caller_id)
    variables = (
        f"origination_caller_id_number={caller}",
        f"origination_caller_id_name={caller}",
        chain.HOLD.format(hold=dialling.hold),
    )
    then = chain.listen(dialling.listen) if command.amd else "&park()"
    return (_dial(command.call_id, command.wait_seconds, CALL_ACCOUNT, variables, where, then),)


def _ring_agent(command: RingAgent, dialling: Dialling) -> tuple[Action, ...]:
    where = _phone(command.phone, dialling)
    variables = ("park_after_bridge=true",)
    ring = command.ring_seconds
    return (_dial(command.leg_id, ring, AGENT_ACCOUNT, variables, where, "&park()"),)


def _monitor(command: Monitor, dialling: Dialling) -> tuple[Action, ...]:
    where = _phone(command.phone, dialling)
    variables = (
        f"{TARGET}={command.target}",
        "eavesdrop_enable_dtmf=false",
        *SPY_MODE[command.how],
    )
    then = chain.spy(command.target)
    return (_dial(command.leg_id, SPY_RINGS, SPY_ACCOUNT, variables, where, then),)


def _connect(command: ConnectToAgent, _: Dialling) -> tuple[Action, ...]:
    call_id, leg_id = command.call_id, command.leg_id
    return (Action("connect", call_id, f"uuid_bridge {call_id} {leg_id}"),)


def _hang_up(command: HangUp, _: Dialling) -> tuple[Action, ...]:
    return (hang_up(command.call_id),)


def _play(command: PlayMessage, dialling: Dialling) -> tuple[Action, ...]:
    call_id, message = command.call_id, command.message
    if command.then_hang_up:
        play = chain.play(message, then="hang-up", rest=(chain.HANG_UP,))
    else:
        waits = chain.MUSIC if dialling.music else chain.held(dialling.hold)
        play = chain.play(message, then="wait", rest=waits)
    return (Action("play", call_id, f"uuid_transfer {call_id} {play}"),)


def _record(command: StartRecording, _: Dialling) -> tuple[Action, ...]:
    """A recording that runs already runs on; FreeSWITCH makes the folders."""
    call_id = command.call_id
    how = "RECORD_STEREO=true;RECORD_APPEND=true"
    return (
        Action("prepare", call_id, f"uuid_setvar_multi {call_id} {how}"),
        _tape("record", call_id, "start", command.path),
    )


def note_tape(call_id: UUID, path: str) -> Action:
    """Write down on a call's channel what it is recorded to, for who takes it over."""
    return Action("note", call_id, f"uuid_setvar {call_id} {TAPE} {path}")


def is_tape(action: Action, path: str) -> bool:
    """Whether an action began the recording to this path."""
    return action.command.endswith(f"/{path}.wav")


def _stop_recording(command: StopRecording, _: Dialling) -> tuple[Action, ...]:
    call_id = command.call_id
    return (
        Action("stop", call_id, f"uuid_setvar {call_id} {TAPE}"),
        Action("stop", call_id, f"uuid_record {call_id} stop all"),
    )


def stop_tape(call_id: UUID, path: str) -> Action:
    """End one recording of a call."""
    return _tape("stop", call_id, "stop", path)


def _tape(verb: str, call_id: UUID, order: str, path: str) -> Action:
    tape = f"${{recordings_dir}}/{path}.wav"  # put in by the PBX, which knows its own folder
    return Action(verb, call_id, f"expand uuid_record {call_id} {order} {tape}")


def _dial(
    call_id: UUID, ring: int, account: str, variables: tuple[str, ...], where: str, then: str
) -> Action:
    known = (
        f"origination_uuid={call_id}",
        f"originate_timeout={ring + PARTIAL}",
        "ignore_early_media=true",
        f"accountcode={account}",
    )
    own = LOOPBACK if where.startswith("loopback/") else SIP
    command = f"originate {{{','.join((*known, *variables, *own))}}}{where} {then}"
    return Action("originate", call_id, command, background=True)


def _phone(phone: str, dialling: Dialling) -> str:
    return PHONE[dialling.phone_technology].format(phone=phone, trunk=dialling.phones)


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
