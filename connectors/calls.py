"""The vocabulary of calls: what a PBX is told and what it tells, in no PBX's own words.

Commands go down to a connector, events come up from it. Both carry the call id that *we* chose
before the originate; it is the primary key of the attempt, so no look-up table stands between
a PBX's event and the attempt it is about. An agent's phone is a leg with an id of its own. The
id of a call that comes in is made by the connector from the PBX's own: whoever asks, and however
often, the same call has the same id.

Every `at` is an aware datetime in UTC. Every number is E.164 with its leading `+`.
Every *token* matches `TOKEN`: it comes from our own tables, never from a lead or a caller.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from connectors.flows import FlowCommand, FlowEvent
from connectors.party import Party as Party  # noqa: PLC0414 - it is found here

TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
E164 = re.compile(r"\+[1-9][0-9]{4,14}", re.ASCII)


class EndReason(StrEnum):
    """Why a call ended. Closed: each PBX's CAUSES table maps every raw cause to one of these."""

    HUNG_UP = "hung_up"  # normal clearing by either side, after the answer
    BUSY = "busy"
    NO_ANSWER = "no_answer"  # rang until our time was over
    REJECTED = "rejected"  # the called party or its carrier declined
    INVALID_NUMBER = "invalid_number"  # unallocated, changed, wrong format (SIT)
    CONGESTION = "congestion"  # carrier or trunk without a free channel: try again soon
    FAILED = "failed"  # network, codec, protocol
    REFUSED = "refused"  # our own PBX did not accept the originate
    CANCELLED = "cancelled"  # we hung up before the answer
    PBX_LOST = "pbx_lost"  # gone while the link to the PBX, or the PBX itself, was down


class Listening(StrEnum):
    """How a supervisor is on a call."""

    LISTEN = "listen"  # hears both, heard by nobody
    WHISPER = "whisper"  # heard by the agent alone
    BARGE = "barge"  # heard by both


class Phase(StrEnum):
    """Where a call that the PBX holds stands, when we ask for all of them."""

    RINGING = "ringing"  # not answered yet
    ANSWERED = "answered"  # answered, nobody connected
    ARRIVED = "arrived"  # came in on one of our lines, nobody connected
    CONNECTED = "connected"  # in an agent's bridge
    AGENT_LEG = "agent_leg"  # an agent's phone


@dataclass(frozen=True, slots=True)
class LiveCall:
    """One of our calls that a PBX holds. `leg_id`: the agent's leg it is bridged to, if any.

    `line` and `caller` as `Arrived` has them; both are empty for a call that did not come in.
    `flow`: the flow that it goes through, where it goes through one; its phase is `ANSWERED`.
    """

    call_id: UUID
    phase: Phase
    leg_id: UUID | None = None
    line: str = ""
    caller: str = ""
    flow: str = ""


# --- commands --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Amd:
    """How a PBX tells a machine from a person; times in milliseconds, in the order of Asterisk's
    `AMD()`, with the defaults of its `amd.conf`."""

    initial_silence: int = 2500
    greeting: int = 1500
    after_greeting_silence: int = 800
    total_analysis_time: int = 5000
    minimum_word_length: int = 100
    between_words_silence: int = 50
    maximum_number_of_words: int = 3
    silence_threshold: int = 256
    maximum_word_length: int = 5000


@dataclass(frozen=True, slots=True)
class Originate:
    """Call `number` over `trunk`; on answer hold silently.

    `wait_seconds` after the order, or up to one more, the PBX gives the call up by itself if
    nobody has answered: the way to the phone and its ringing together. Who wants to know that it
    has rung for some time waits for `Ringing`, and hangs up.
    With `amd` the PBX listens to who picked up and reports `Classified`; without, the answer
    is the last event until a further command. `tuning`: how it listens; None: as it is set up. A
    PBX that listens in another way passes over it. A call id that the PBX already holds is not
    dialled again: the first call lives on, and the second order has no event of its own.
    """

    call_id: UUID
    number: str
    trunk: str
    caller_id: str
    wait_seconds: int = 30
    amd: bool = False
    tuning: Amd | None = None


@dataclass(frozen=True, slots=True)
class RingAgent:
    """Ring an agent's phone (a token of the PBX's directory) and keep it in a bridge of its own.

    Answers with `AgentLegUp` or `AgentLegDown`, the latter too if nobody picks up `ring_seconds`
    after the order, or up to one more. Nailed-up agents keep the leg for the shift,
    on-demand agents for one call; to the PBX both are the same.
    """

    leg_id: UUID
    phone: str
    ring_seconds: int = 20


@dataclass(frozen=True, slots=True)
class ConnectToAgent:
    """Put the call `call_id` into the bridge of the agent's leg `leg_id`.

    Answers with `Connected`. When the leg is gone by then, the call stays as it was and is the
    dialler's to send on; when the leg goes later, the call ends with it.
    """

    call_id: UUID
    leg_id: UUID


@dataclass(frozen=True, slots=True)
class HangUp:
    """End a call or an agent's leg. Harmless when it is already gone."""

    call_id: UUID


@dataclass(frozen=True, slots=True)
class PlayMessage:
    """Play the recorded `message` (a token) to an answered call.

    Then hang up, and the call's `Ended` is all that is told, or report `Played`. One that the PBX
    does not have is over at once: the person hears nothing, and whoever runs the PBX is warned.
    """

    call_id: UUID
    message: str
    then_hang_up: bool = True


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Record a call in stereo: the customer left, the agent right.

    `path` is relative to the PBX's recording folder, each part a token, without extension:
    `2026/11/20/<call id>`. A call has one recording at a time: a second order with the path of the
    one that runs changes nothing, one with another path ends it. After `StopRecording` the same
    path goes on at its end.
    """

    call_id: UUID
    path: str


@dataclass(frozen=True, slots=True)
class StopRecording:
    """Stop the recording of a call. Harmless when there is none."""

    call_id: UUID


@dataclass(frozen=True, slots=True)
class Monitor:
    """Ring a supervisor's phone and put it on the call of the agent's leg `target`."""

    leg_id: UUID
    phone: str
    target: UUID
    how: Listening


Command: TypeAlias = (
    Originate
    | RingAgent
    | ConnectToAgent
    | HangUp
    | PlayMessage
    | StartRecording
    | StopRecording
    | Monitor
    | FlowCommand
)


# --- events ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arrived:
    """A call has come in on `line` (a token), and waits: told once, by whoever sees it first.

    `caller`: E.164 where the number is known, else empty. The commands for answered calls work
    for it, and `Connected`, `Played` and its one `Ended` are told of it.
    """

    call_id: UUID
    at: datetime
    line: str
    caller: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """The carrier took the call (100/183); it does not ring yet, as far as we know."""

    call_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Ringing:
    """The called phone rings (180)."""

    call_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """Someone, or something, picked up."""

    call_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Classified:
    """AMD has made up its mind; `at` is the end of the greeting it listened to."""

    call_id: UUID
    at: datetime
    party: Party
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Digits:
    """The called party pressed keys: `0-9`, `*`, `#`, `A-D`."""

    call_id: UUID
    at: datetime
    digits: str


@dataclass(frozen=True, slots=True)
class Connected:
    """The call is in the bridge of the agent's leg."""

    call_id: UUID
    at: datetime
    leg_id: UUID


@dataclass(frozen=True, slots=True)
class Played:
    """The message of a `PlayMessage` is over: it was heard to its end, or could not be played."""

    call_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is gone. Exactly one for each originate sent, and for each call that came in.

    `cause`: the PBX's raw words.
    """

    call_id: UUID
    at: datetime
    reason: EndReason
    cause: str = ""


@dataclass(frozen=True, slots=True)
class AgentLegUp:
    """The agent's phone is off hook, alone in its bridge."""

    leg_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class AgentLegDown:
    """The agent's leg is gone, or was never reached."""

    leg_id: UUID
    at: datetime
    cause: str = ""


@dataclass(frozen=True, slots=True)
class LinkSilent:
    """The PBX does not answer in time. The link stands, and what is heard on it is told."""

    at: datetime


@dataclass(frozen=True, slots=True)
class LinkHeard:
    """The PBX answers again, and nothing was lost. A link that is lost meanwhile has none."""

    at: datetime


@dataclass(frozen=True, slots=True)
class LinkLost:
    """The control link to the PBX is down; what happens there now is not seen."""

    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class LinkBack:
    """The link is up, and these are all the calls of ours that the PBX holds now.

    For each call and leg that went unseen, its `Ended` (`PBX_LOST`) or `AgentLegDown` follows.
    """

    at: datetime
    live: tuple[LiveCall, ...] = ()


CallEvent: TypeAlias = (
    Arrived
    | Progress
    | Ringing
    | Answered
    | Classified
    | Digits
    | Connected
    | Played
    | FlowEvent
    | Ended
)
AgentLegEvent: TypeAlias = AgentLegUp | AgentLegDown
LinkEvent: TypeAlias = LinkSilent | LinkHeard | LinkLost | LinkBack
Event: TypeAlias = CallEvent | AgentLegEvent | LinkEvent
