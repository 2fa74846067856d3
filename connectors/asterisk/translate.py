"""AMI events as events of the vocabulary: one `Translator` for each PBX.

See `connectors.linked.translate`. Asterisk gives no order between the kinds of its events.

- `Arrived` comes from the dialplan, as it puts a caller on hold. Such a call is known from then
  on, and by Asterisk's name for it: `addressed` puts that into what is sent.
- `Answered` comes from the dialplan and not from the channel: from then on it can be redirected.
- `Ended` comes from Hangup, the news of an originate that fails from OriginateResponse.
"""

import logging
from collections.abc import Container, Iterable
from datetime import datetime, timedelta

from connectors.asterisk import actions, flow_reading, flows
from connectors.asterisk.arrivals import ARRIVED, Naming
from connectors.asterisk.channels import NOBODYS, Channel
from connectors.asterisk.codec import Action, Message
from connectors.asterisk.hearing import HANDLERS, end
from connectors.asterisk.held import Call, Held
from connectors.calls import (
    Arrived,
    Command,
    ConnectToAgent,
    EndReason,
    PlayMessage,
    StartRecording,
)
from connectors.flows import EnterFlow
from connectors.incoming import as_line
from connectors.linked import translate
from connectors.linked.held import Stage
from connectors.linked.translate import Events

log = logging.getLogger(__name__)

HANG_UP = ("Action", "Hangup")
GONE = "Hangup"
JOIN_WAIT = timedelta(seconds=1)  # for a call to be in its agent's conference
RESENT = 3  # times at most that a call is sent there again


class Translator(translate.Translator[Call, Channel, Action]):
    """The calls and legs of the PBX `name`."""

    _held: Held

    def __init__(self, name: str = "", naming: Naming = NOBODYS) -> None:
        super().__init__(Held(name), actions.SPY_RINGS)
        self._naming = naming

    def event(self, message: Message, now: datetime) -> Events:
        """What an AMI event, or the refusal of an action, means."""
        handler = HANDLERS.get(message.event)
        if handler is not None:
            call = self._held.find(message[handler[0]])
            if call is not None:
                return handler[1](self._held, call, message, now)
            if message.event == "UserEvent" and message["UserEvent"] == ARRIVED:
                return self._arrived(message, now)
            if message.event != GONE:
                self._held.lay_ghost(message[handler[0]])
        elif message.is_response:
            return self._response(message, now)
        return ()

    def told(self, command: Command, now: datetime) -> None:
        super().told(command, now)
        if isinstance(command, ConnectToAgent) and (call := self._held.find(command.call_id)):
            call.ask_at, call.resent = now + JOIN_WAIT, 0

    def reconcile(self, live: Iterable[Channel], now: datetime) -> Events:
        """Also read what flows have kept on their channels."""
        channels = tuple(live)
        ended = super().reconcile(channels, now)
        for channel in channels:
            call = self._held.find(channel.live.call_id)
            if call is not None and (call.flow or channel.live.flow):
                flow_reading.look_back(self._held, channel.live)
        return ended

    def addressed(self, action: Action) -> Action:
        """An action about a call, with the PBX's own name for its channel."""
        return tuple(
            (key, self._held.name_of(value) if key == "Channel" else value) for key, value in action
        )

    def _arrived(self, message: Message, now: datetime) -> Events:
        """A caller is on hold. One that was seen before, or thought to be gone, is no news."""
        name, line = message["Uniqueid"], as_line(message["Line"])
        call_id = self._naming.call_id(name)
        if call_id is None or not line:
            return ()
        if self._held.has_ended(call_id):
            self._held.lay_ghost(call_id)
            return ()
        self._held.name_it(call_id, name)
        self._held.arrive(call_id, now)
        return (Arrived(call_id, now, line, self._naming.caller(message["CallerIDNum"])),)

    def _told_about(self, command: Command, call: Call) -> None:
        super()._told_about(command, call)
        match command:
            case EnterFlow():
                call.flow, call.flow_heard, call.asking = command.flow, False, None
                call.leg, call.joined = None, False
            case ConnectToAgent():
                call.sent = call.flow_heard = True
            case PlayMessage():
                call.flow_heard = True
            case StartRecording() if call.leg is not None:
                # The dialplan starts the tape; a call in a conference passes through it again.
                self._held.orders.append(actions.connect(call.id, call.leg))

    def _lives(self, call: Call, channel: Channel, now: datetime) -> None:
        """One that was to be with an agent by now, and waits on, is sent there again."""
        if call.stage is not Stage.ANSWERED:
            super()._lives(call, channel, now)
            return
        call.ask_at = None
        if call.joined or call.leg in (channel.leg, None) or not self._held.find(call.leg):
            return  # it is there, or there is no agent: whoever waits in a flow has gone back to it
        if call.resent < RESENT:
            call.ask_at, call.resent = now + JOIN_WAIT, call.resent + 1
            self._held.orders.append(actions.connect(call.id, call.leg))
        log.warning(
            "PBX '%s': call %s did not reach its agent%s",
            self._held.pbx,
            call.id,
            ", and is sent there again" if call.ask_at else "",
            extra={"node": self._held.pbx, "call": call.id},
        )

    def _response(self, message: Message, now: datetime) -> Events:
        verb, _, about = message["ActionID"].partition(":")
        call_id, _, more = about.partition(":")
        call = self._held.find(call_id)
        if call is None:
            return ()
        if message["Response"] != "Error":
            read = flow_reading.READ.get(verb)
            return read(self._held, call, message, more, now) if read else ()
        if verb == "originate":
            return end(self._held, call, EndReason.REFUSED, message["Message"], now, seen=True)
        if verb == "hangup":
            self._not_there(call, now)
        if verb == flows.ENTER:
            flow_reading.not_entered(self._held, call, message["Message"])
        return ()

    def _end(self, call: Call, reason: EndReason, cause: str, now: datetime) -> Events:
        return end(self._held, call, reason, cause, now)

    def _failed(self, call: Call) -> EndReason:
        return EndReason.REFUSED

    def _hangs_up(self, order: Action) -> bool:
        return order[0] == HANG_UP

    def _is_left(self, channel: Channel, alive: Container[object]) -> bool:
        """Also a customer, in a conference where nobody would come any more."""
        return channel.leg is not None and channel.leg not in alive
