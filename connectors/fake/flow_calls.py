"""Calls that go through flows, on the fake PBX's agenda."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from connectors.calls import CallEvent, Digits
from connectors.fake.agenda import Agenda, Subject
from connectors.fake.customers import Customers
from connectors.fake.flow_player import Beat, FlowPlayer
from connectors.fake.held import Call
from connectors.fake.world import World
from connectors.flows import (
    AnswerFlow,
    EnterFlow,
    FlowAnswered,
    FlowCallback,
    FlowOptedOut,
    FlowRecorded,
    FlowWantsAgent,
    SayFlow,
)

log = logging.getLogger(__name__)

KEPT = (FlowAnswered, FlowOptedOut, FlowCallback, FlowRecorded)
"""What a call keeps, for when the link was away; and the wait for an agent while it lasts."""
KEY_SECONDS = 0.1  # between two keys that a test has somebody press


class FlowCalls:
    """`player` has the flows; without one there are none."""

    def __init__(self, world: World, agenda: Agenda, customers: Customers) -> None:
        self.player: FlowPlayer | None = None
        self._world = world
        self._agenda = agenda
        self._customers = customers

    def enter(self, call: Call, order: EnterFlow) -> bool:
        """Send an answered call into a flow. False: there is no such flow, and the call ends."""
        self._customers.take(call)
        call.phase, call.kept = call.unconnected, []
        known = replace(order, party=order.party or call.party)
        play = self.player.play(known, call.fate, self._world) if self.player else None
        call.play = play
        self._agenda.plan(self._world.carrier.latency, call, self._begins if play else self._ends)
        if play is None:
            log.warning("the fake PBX has no flow '%s' and ends call %s", order.flow, order.call_id)
        return play is not None

    def answer(self, call: Call, order: AnswerFlow) -> None:
        """Hand on what an endpoint has answered."""
        if call.play:
            self._beat(call, call.play.answer(order.ticket, order.got, self._agenda.moment()))

    def say(self, call: Call, order: SayFlow) -> None:
        """A text with variables has its sound, or none."""
        if call.play:
            self._beat(call, call.play.say(order.ticket, self._agenda.moment()))

    def press(self, call: Call, keys: str) -> None:
        """Let the customer press keys from now on, wherever the call is."""
        for nth, key in enumerate(keys):
            pressed = partial(self._key, call=call, key=key)
            self._agenda.plan(nth * KEY_SECONDS, Subject(), pressed)

    def kept(self) -> Iterator[CallEvent]:
        """What has been told of calls that live, and may have been told to nobody."""
        now = self._agenda.moment()
        for call in self._customers.calls.values():
            for event in call.kept:
                if not isinstance(event, FlowWantsAgent):
                    yield replace(event, at=now)
                elif call.play and (wait := event.wait - (now - event.at).seconds) > 0:
                    yield replace(event, at=now, wait=wait)

    def _begins(self, call: Call) -> None:
        if call.play:
            self._beat(call, call.play.begin(self._agenda.moment()))

    def _goes_on(self, call: Call) -> None:
        if call.play:
            self._beat(call, call.play.go_on(self._agenda.moment()))

    def _key(self, _: Subject, call: Call, key: str) -> None:
        if self._customers.calls.get(call.call_id) is not call:
            return
        self._agenda.events.append(Digits(call.call_id, self._agenda.moment(), key))
        if call.play and not call.ending:
            self._beat(call, call.play.press(key, self._agenda.moment()))

    def _beat(self, call: Call, beat: Beat | None) -> None:
        if beat is None:
            return
        call.turn += 1
        self._agenda.events.extend(beat.events)
        call.kept = [event for event in (*call.kept, *beat.events) if isinstance(event, KEPT)]
        call.kept += [event for event in beat.events if isinstance(event, FlowWantsAgent)]
        if beat.over:
            call.play = None
            self._ends(call)
        else:
            self._agenda.plan(beat.after, call, self._goes_on)
            self._customers.leaves_in_time(call)

    def _ends(self, call: Call) -> None:
        self._customers.left_alone(call)
