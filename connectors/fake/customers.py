"""The customers' calls: from the originate to the end, as fate and commands have it.

Each step plans the next, so a call that ends early leaves next to nothing behind. What a call
would do by itself is void from its next turn on (`Subject.turn`); its end is the last turn.
"""

from functools import partial
from uuid import UUID

from connectors.calls import (
    Answered,
    Arrived,
    Classified,
    Connected,
    Digits,
    Ended,
    EndReason,
    Originate,
    Party,
    Phase,
    Played,
    PlayMessage,
    Progress,
    Ringing,
)
from connectors.fake.agenda import Action, Agenda
from connectors.fake.causes import CAUSES
from connectors.fake.digits import fate_of
from connectors.fake.fate import Fate, Fates
from connectors.fake.hearing import listen
from connectors.fake.held import Call, Leg
from connectors.fake.trunks import Trunks
from connectors.fake.world import World

_KEY_SECONDS = 0.3  # between two keys that somebody presses
_SECOND = 1_000_000
_REMEMBERED = 500_000  # numbers that are known to have been dialled before


class Customers:
    """All calls to customers that this PBX holds."""

    def __init__(self, world: World, seed: int, agenda: Agenda) -> None:
        self.calls: dict[UUID, Call] = {}
        self.arrived: dict[str, int] = {}  # how often each number was dialled, the latest last
        self._world = world
        self._people = world.customers
        self._latency = world.carrier.latency
        self._agenda = agenda
        self._trunks = Trunks(world)
        self._fates = Fates(world, seed)

    def originate(self, order: Originate) -> None:
        """Place a call over its trunk, or see it end soon where the trunk takes no more."""
        now = self._agenda.now
        lines = self._trunks.lines(order.trunk, now)
        full = lines.take(now) if lines else ""
        call = Call.ordered(order, self._fate(order.number), None if full else lines, now)
        self.calls[order.call_id] = call
        if lines is None:
            self._soon(call, partial(self._end, reason=EndReason.REFUSED))
        elif full:
            self._soon(call, partial(self._end, reason=EndReason.CONGESTION, cause=full))
        else:
            self._soon(call, self._sets_out)

    def call_in(self, line: str, caller: str, fate: Fate, call_id: UUID) -> None:
        """Somebody calls a line of ours, is put on hold, and waits with what patience they have."""
        call = Call.arrived(call_id, fate, self._agenda.now, line, caller)
        self.calls[call_id] = call
        self._agenda.events.append(Arrived(call_id, self._agenda.moment(), line, caller))
        self._wait(call)

    def hang_up(self, call: Call) -> None:
        """End a call at our own wish."""
        early = call.phase is Phase.RINGING
        reason = EndReason.CANCELLED if early else EndReason.HUNG_UP
        call.turn += 1
        call.ending = True
        self._soon(call, partial(self._end, reason=reason))

    def connect(self, call: Call, leg: Leg) -> None:
        """Put an answered call into the bridge of a leg that is up and alone."""
        self.take(call)
        call.leg, leg.call = leg, call
        self._soon(call, self._connected)

    def play(self, call: Call, order: PlayMessage) -> bool:
        """Play a message to an answered call; one in a bridge leaves it first.

        False if there is no such message: it is over at once.
        """
        self.take(call)
        call.phase = call.unconnected
        done = self._hangs_up if order.then_hang_up else self._played
        is_there = self._world.messages is None or order.message in self._world.messages
        self._soon(call, partial(self._hears, done=done) if is_there else done)
        return is_there

    def take(self, call: Call) -> None:
        """Take an answered call out of whatever it is in: a bridge, a flow, a silence."""
        call.turn += 1
        call.play = None
        self._leave_bridge(call)

    def leaves_in_time(self, call: Call) -> None:
        """A test number hangs up when it is to, whatever happens."""
        if call.fate.stays is not None:
            self._stay(call, call.fate.stays)

    def left_alone(self, call: Call) -> None:
        """The leg that a call was bridged to is gone, and the call with it."""
        self._hangs_up(call)

    def lose_all(self) -> None:
        """The PBX is dead: no call ends, each is simply no more."""
        for call in self.calls.values():
            self._let_go(call)
        self.calls.clear()

    # --- what becomes of a call --------------------------------------------------------------

    def _fate(self, number: str) -> Fate:
        nth = self.arrived[number] = self.arrived.pop(number, 0) + 1
        if len(self.arrived) > _REMEMBERED:
            del self.arrived[next(iter(self.arrived))]
        if self._world.by_last_digit:
            return fate_of(number, self._people.talk.mean)
        return self._fates.of(number, nth, self._agenda.seconds())

    def _sets_out(self, call: Call) -> None:
        self._agenda.events.append(Progress(call.call_id, self._agenda.moment()))
        rings_after = call.fate.rings_after
        if rings_after is None or rings_after >= call.wait_seconds:
            self._await(call)
        else:
            self._after_placing(call, rings_after, self._rings)

    def _rings(self, call: Call) -> None:
        self._agenda.events.append(Ringing(call.call_id, self._agenda.moment()))
        self._await(call)

    def _await(self, call: Call) -> None:
        fate, patience = call.fate, call.wait_seconds
        if fate.over_after >= patience:
            self._after_placing(call, patience, partial(self._end, reason=EndReason.NO_ANSWER))
        elif fate.party is None:
            self._after_placing(call, fate.over_after, partial(self._end, reason=fate.reason))
        else:
            self._after_placing(call, fate.over_after, self._answers)

    def _answers(self, call: Call) -> None:
        call.phase = Phase.ANSWERED
        call.answered = self._agenda.now
        self._agenda.events.append(Answered(call.call_id, self._agenda.moment()))
        self._press(call, call.fate.presses, after=1.0)
        if call.amd:
            verdict = listen(call.fate, self._world.amd)
            heard = partial(self._classified, party=verdict.party)
            self._agenda.plan(verdict.after, call, heard)
        self._wait(call)

    def _classified(self, call: Call, party: Party) -> None:
        call.party = party
        self._agenda.events.append(Classified(call.call_id, self._agenda.moment(), party))

    def _wait(self, call: Call) -> None:
        """Stay on a line where nobody speaks, for as long as one does."""
        human = call.fate.party is Party.HUMAN
        patience = self._people.patience if human else self._people.machine_patience
        if call.line:
            patience = self._world.inbound.patience
        self._stay(call, patience.at(call.fate.luck.patience))

    def _connected(self, call: Call) -> None:
        leg = call.leg
        if leg is None:
            return
        call.phase = Phase.CONNECTED
        self._agenda.events.append(Connected(call.call_id, self._agenda.moment(), leg.leg_id))
        human = call.fate.party is Party.HUMAN
        talk = self._people.talk if human else self._people.machine_talk
        self._stay(call, talk.at(call.fate.luck.talk) * leg.pace)

    def _hears(self, call: Call, done: Action) -> None:
        people, chance = self._people, call.fate.luck
        if call.fate.party is not Party.HUMAN or chance.message < people.hears_message_out:
            self._agenda.plan(people.message, call, done)
        else:
            heard = (1 - chance.message) / (1 - people.hears_message_out)
            self._agenda.plan(people.message * heard, call, self._hangs_up)
        self.leaves_in_time(call)
        if call.fate.party is Party.HUMAN and chance.talk < people.presses_share:
            self._press(call, people.presses, after=people.presses_after)

    def _played(self, call: Call) -> None:
        self._agenda.events.append(Played(call.call_id, self._agenda.moment()))
        self._wait(call)

    def _press(self, call: Call, keys: str, after: float) -> None:
        for nth, key in enumerate(keys):
            pressed = partial(self._presses, key=key)
            self._agenda.plan(after + nth * _KEY_SECONDS, call, pressed)

    def _presses(self, call: Call, key: str) -> None:
        self._agenda.events.append(Digits(call.call_id, self._agenda.moment(), key))

    def _hangs_up(self, call: Call) -> None:
        self._end(call, EndReason.HUNG_UP)

    def _end(self, call: Call, reason: EndReason, cause: str = "") -> None:
        if call.play:
            self._agenda.events.extend(call.play.hang_up(self._agenda.moment()).events)
        self._let_go(call)
        del self.calls[call.call_id]
        raw = cause or CAUSES[reason]
        self._agenda.events.append(Ended(call.call_id, self._agenda.moment(), reason, raw))

    def _let_go(self, call: Call) -> None:
        call.turn += 1
        self._leave_bridge(call)
        if call.lines:
            call.lines.give_back()

    def _leave_bridge(self, call: Call) -> None:
        if call.leg:
            call.leg.call = None
            call.leg = None

    # --- when --------------------------------------------------------------------------------

    def _soon(self, call: Call, action: Action) -> None:
        self._agenda.plan(self._latency, call, action)

    def _after_placing(self, call: Call, seconds: float, action: Action) -> None:
        self._agenda.plan_at(call.placed + round(seconds * _SECOND), call, action)

    def _stay(self, call: Call, seconds: float) -> None:
        """Hang up in `seconds`; a test number does so when it is to, whatever happens."""
        stays = call.fate.stays
        if stays is None:
            self._agenda.plan(seconds, call, self._hangs_up)
        else:
            self._agenda.plan_at(call.answered + round(stays * _SECOND), call, self._hangs_up)
