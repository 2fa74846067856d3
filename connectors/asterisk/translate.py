"""AMI events as events of the vocabulary: one `Translator` for each PBX.

See `connectors.linked.translate`. Asterisk gives no order between the kinds of its events.

- `Arrived` comes from the dialplan, as it puts a caller on hold. Such a call is known from then
  on, and by Asterisk's name for it: `addressed` puts that into what is sent.
- `Answered` comes from the dialplan and not from the channel: from then on it can be redirected.
- `Ended` comes from Hangup, the news of an originate that fails from OriginateResponse.
"""

from collections.abc import Container
from datetime import datetime

from connectors.asterisk import actions
from connectors.asterisk.arrivals import ARRIVED, Naming
from connectors.asterisk.channels import NOBODYS, Channel
from connectors.asterisk.codec import Action, Message
from connectors.asterisk.hearing import HANDLERS, end
from connectors.asterisk.held import Call, Held
from connectors.calls import Arrived, Command, ConnectToAgent, EndReason, StartRecording
from connectors.incoming import as_line
from connectors.linked import translate
from connectors.linked.translate import Events

HANG_UP = ("Action", "Hangup")
GONE = "Hangup"


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
            case ConnectToAgent():
                call.sent = True
            case StartRecording() if call.leg is not None:
                # The dialplan starts the tape; a call in a conference passes through it again.
                self._held.orders.append(actions.connect(call.id, call.leg))

    def _response(self, message: Message, now: datetime) -> Events:
        verb, _, call_id = message["ActionID"].partition(":")
        call = self._held.find(call_id)
        if call is None or message["Response"] != "Error":
            return ()
        if verb == "originate":
            return end(self._held, call, EndReason.REFUSED, message["Message"], now, seen=True)
        if verb == "hangup":
            self._not_there(call, now)
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
