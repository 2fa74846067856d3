"""Events of a FreeSWITCH as events of the vocabulary: one `Translator` for each PBX.

See `connectors.linked.translate`.

- `Arrived` comes from the PBX's own dialplan, which has answered the caller and put them on hold.
- `Answered` comes from the first application that the call runs (park, or an event of our own)
  and not from the channel's answer: until then its originate would undo what we send.
- `Ended` comes from CHANNEL_HANGUP_COMPLETE, the news of an originate that fails from its job.
"""

import logging
from collections.abc import Container, Iterable
from datetime import datetime
from uuid import UUID

from connectors.calls import (
    Arrived,
    Command,
    EndReason,
    PlayMessage,
    StartRecording,
    StopRecording,
)
from connectors.flows import EnterFlow
from connectors.freeswitch import actions, chain, flow_hearing, flows, refusals
from connectors.freeswitch.causes import end_reason
from connectors.freeswitch.channels import Channel, arrival, channel_data, named_by_caller
from connectors.freeswitch.codec import Action
from connectors.freeswitch.event import Event
from connectors.freeswitch.hearing import HANDLERS, end
from connectors.freeswitch.held import Call, Held
from connectors.freeswitch.originates import TAKEN_BACK
from connectors.linked import translate
from connectors.linked.channels import Kind
from connectors.linked.held import Stage
from connectors.linked.translate import Events

log = logging.getLogger(__name__)

GONE = "CHANNEL_HANGUP_COMPLETE"


class Translator(translate.Translator[Call, Channel, Action]):
    """The calls and legs of the PBX `name`. `plus`: the trunks write E.164 with its `+`."""

    _held: Held

    def __init__(self, name: str = "", *, plus: bool = False) -> None:
        super().__init__(Held(name), actions.SPY_RINGS)
        self._plus = plus

    def event(self, heard: Event, now: datetime) -> Events:
        """What an event means."""
        handler = HANDLERS.get(heard.name)
        if handler is None:
            return ()
        call_id = heard["Unique-ID"] or heard["Job-UUID"].partition(":")[2]
        call = self._held.find(call_id)
        if call is not None:
            return handler(self._held, call, heard, now)
        if heard.name == chain.ARRIVED and not self._held.has_ended(call_id):
            return self._arrived(heard, now)
        if heard.name != GONE:
            self._held.lay_ghost(call_id)
        return ()

    def reconcile(self, live: Iterable[Channel], now: datetime) -> Events:
        """Also read what flows have kept on their channels."""
        channels = tuple(live)
        ended = super().reconcile(channels, now)
        for one in channels:
            if one.tells and self.holds(one.live.call_id):
                self._held.orders.append(flows.read_kept(one.live.call_id))
        return ended

    def answer(self, action: Action, text: str, now: datetime) -> Events:
        """What it means that an action was answered so."""
        call = self._held.find(action.call_id)
        if call is None:
            return ()
        if action.verb == "originate":
            return self._taken(call, text, now)
        if action.verb == flows.KEPT:
            return flow_hearing.look_back(self._held, call, channel_data(text), now)
        if action.verb == "record" and actions.is_tape(action, call.tape):
            self._recorded(call, begun=not text.startswith("-"))
        if text.startswith("-"):
            self._refused(call, action, text, now)
        return ()

    def awaits(self) -> bool:
        """Whether an event is expected soon: see `Session`."""
        return any(call.stage < Stage.ANSWERED or _joins(call) for call in self._held)

    def holds(self, call_id: UUID) -> bool:
        """Whether it is a call or leg that lives, as far as we know."""
        return self._held.find(call_id) is not None

    def came_in(self, call_id: UUID) -> bool:
        """Whether it is a call that lives and came in on one of our lines."""
        call = self._held.find(call_id)
        return call is not None and call.came_in

    @property
    def ids(self) -> list[UUID]:
        """All calls and legs that live, as far as we know."""
        return [call.id for call in self._held]

    def _taken(self, call: Call, text: str, now: datetime) -> Events:
        """The PBX has taken an originate, or not: from now on it should be heard of."""
        if text.startswith("-"):
            ours = call.doomed or text == TAKEN_BACK
            reason = EndReason.CANCELLED if ours else EndReason.REFUSED
            return end(self._held, call, reason, text[:80], now, seen=True)
        if call.ask_at is None and call.stage < Stage.ANSWERED:
            call.ask_at = call.due(now)
        return ()

    def _refused(self, call: Call, action: Action, text: str, now: datetime) -> None:
        if action.verb == actions.HANG_UP:
            self._not_there(call, now)
        if action.verb == "connect" and not call.joined:
            call.leg = None  # which was gone; the call is as it was
        if action.verb == flows.ENTER and not any(gone in text for gone in refusals.GONE):
            flow_hearing.not_entered(self._held, call)

    def _recorded(self, call: Call, *, begun: bool) -> None:
        """Of a recording that could not be made nothing is kept."""
        if begun:
            self._held.orders.append(actions.note_tape(call.id, call.tape))
        else:
            call.tape = ""

    def _arrived(self, heard: Event, now: datetime) -> Events:
        """A caller is on hold."""
        found = arrival(heard, plus=self._plus)
        if found is None:
            if named_by_caller(heard):
                log.warning(
                    "PBX '%s': a caller is not served, whose call has an id of the caller's own "
                    "choice: turn inbound-use-callid-as-uuid off in the SIP profile",
                    self._held.pbx,
                )
            return ()
        self._held.arrive(found.call_id, now)
        return (Arrived(found.call_id, now, found.line, found.caller),)

    def _told_about(self, command: Command, call: Call) -> None:
        super()._told_about(command, call)
        match command:
            case StartRecording():
                if call.tape not in ("", command.path):
                    self._held.orders.append(actions.stop_tape(call.id, call.tape))
                call.tape = command.path
            case StopRecording():
                call.tape = ""
            case EnterFlow():
                call.flow = command.flow
                call.leg, call.joined = None, False
            case PlayMessage() if call.flow:
                call.flow = ""
                self._held.orders.append(flows.left(call.id))

    def _end(self, call: Call, reason: EndReason, cause: str, now: datetime) -> Events:
        return end(self._held, call, reason, cause, now)

    def _failed(self, call: Call) -> EndReason:
        heard_of = call.stage > Stage.SENT
        return end_reason(call.failure, answered=False, cancelled=False, heard_of=heard_of)

    def _hangs_up(self, order: Action) -> bool:
        return order.verb == actions.HANG_UP

    def _is_left(self, channel: Channel, alive: Container[object]) -> bool:
        """Not a customer, who is parked."""
        return channel.kind is Kind.SPY and channel.leg not in alive


def _joins(call: Call) -> bool:
    return call.kind is Kind.CALL and call.leg is not None and not call.joined
