"""The stateful model: whatever may befall a site of two campaigns, in any order."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from campaigns.orders import CampaignState, Dispose, EndCall, Pause, Ready
from connectors.calls import EndReason, Phase
from storage import campaigns, dnc, imports, orders
from storage.lead_rows import NewLead
from storms.model.process import ANSWER_LOST, Mishap
from storms.model.site import NAMES, NUMBERS, Site, agents_of
from storms.model.truth import Temper
from storms.model.verdict import at_rest, at_the_end
from storms.model.wire import Mood
from storms.model.world import World

campaign_names = st.sampled_from(NAMES)
which = st.sampled_from(range(6))
GONE = (EndReason.BUSY, EndReason.NO_ANSWER, EndReason.FAILED, EndReason.REJECTED)


LOOKS = 10  # at what is to be delivered, an hour apart


class Act(StrEnum):
    """What customers do."""

    PICKS_UP = "one picks up"
    ALL_PICK_UP = "all pick up"
    LEAVES = "one is gone"
    ALL_LEAVE = "all are gone"


ACTS = [*Act, Act.ALL_PICK_UP, Act.ALL_PICK_UP]
PICK_UP = (Act.PICKS_UP, Act.ALL_PICK_UP)
EVERYBODY = (Act.ALL_PICK_UP, Act.ALL_LEAVE)
SECONDS = st.sampled_from([0.1, 1.0, 2.0, 6.0])


class Trouble(StrEnum):
    """What may befall an example. Each has three kinds, and so more of each."""

    LINKS = "links"
    EVENTS = "events"
    PROCESSES = "processes"
    DATABASE = "database"


def of(trouble: Trouble) -> Callable[[Any], Any]:
    """A rule that is one of this trouble's."""
    return precondition(lambda machine: trouble in machine.troubles)


class Broken(BaseException):
    """What does not hold, in sentences. Whatever is an `Exception` Hypothesis has happen once more
    before it lets go of it."""


class Machine(RuleBasedStateMachine):
    """One example. `site` is set on a subclass, by `hunt`."""

    site: Site

    def __init__(self) -> None:
        super().__init__()
        self.site.clear()
        self.world = World(self.site)
        self.found: list[str] = []
        self.troubles: set[Trouble] = set()

    @initialize(
        few=st.lists(st.sampled_from(NUMBERS), min_size=8, unique=True),
        troubles=st.sets(st.sampled_from(Trouble), min_size=3, max_size=3),
    )
    def begin(self, few: list[str], troubles: set[Trouble]) -> None:
        """Both campaigns are dialled, over the same numbers; three kinds of trouble lie ahead."""
        self.troubles = troubles
        for name in NAMES:
            self._import(name, few)
            self.world.start(name)
        self.world.pass_time(0.5)

    @rule(
        name=campaign_names,
        number=st.sampled_from(NUMBERS),
        forbidden=st.sampled_from([False, True]),
    )
    def list_number(self, name: str, number: str, forbidden: bool) -> None:
        """A number comes to a campaign's list, or to the do-not-call list."""
        if forbidden:
            dnc.add(self.site.store, [number], self.world.time.now())
            self.world.book.listed.add(number)
        else:
            self._import(name, [number])

    @rule(nth=which, act=st.sampled_from(ACTS), seconds=SECONDS)
    def customers(self, nth: int, act: Act, seconds: float) -> None:
        """One, or all of them, pick up or are gone; and time passes."""
        self._customers(nth, act)
        self.world.pass_time(seconds)

    @rule(nth=which, act=st.sampled_from(ACTS), seconds=SECONDS)
    def more_customers(self, nth: int, act: Act, seconds: float) -> None:
        """The same: calls are most of what happens."""
        self.customers(nth, act, seconds)

    @rule(seconds=st.sampled_from([0.1, 4.0, 8.0, 16.0]))
    def wait(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    @rule(nth=which)
    def hang_up_phone(self, nth: int) -> None:
        """An agent's phone goes on hook."""
        for leg in _some(list(self.world.switch.legs), nth):
            self.world.disturbed = True
            self.world.switch.drop_leg(leg)
        self.world.settle()

    @rule(
        name=campaign_names,
        nth=which,
        order=st.sampled_from(
            [
                Pause,
                Ready,
                Ready,
                lambda agent: Dispose(agent, "sale"),
                lambda agent: Dispose(agent, "again"),
                lambda agent: Dispose(agent, "never"),
            ]
        ),
    )
    def order(self, name: str, nth: int, order: Callable[[str], Any]) -> None:
        """An agent wants something; whether it can be is the dialler's to say."""
        [agent] = _some(agents_of(name), nth)
        orders.put_order(self.site.store, name, order(agent))

    @rule(nth=which)
    def agent_ends(self, nth: int) -> None:
        """An agent who talks hangs up on the customer."""
        talks = [call for call in self.world.switch.calls.values() if call.leg_id is not None]
        for call in _some(talks, nth):
            agent = self.world.switch.legs[call.leg_id]
            orders.put_order(self.site.store, call.campaign, EndCall(agent))

    @of(Trouble.LINKS)
    @rule(
        nth=which,
        everybody=st.booleans(),
        unseen=st.sampled_from([0.0, 3.0, 6.0]),
        lasts=st.sampled_from([1.0, 4.0, 8.0]),
    )
    def link(self, nth: int, everybody: bool, unseen: float, lasts: float) -> None:
        """The link to the PBX breaks; it is `unseen` for some seconds, and back later."""
        for process in _some(self.world.at_work(), nth, everybody):
            self.world.disturbed = True
            process.wire.fail(unseen, lasts)
        self.world.settle()

    @of(Trouble.EVENTS)
    @rule(nth=which, mood=st.sampled_from(Mood), newest_first=st.booleans())
    def events(self, nth: int, mood: Mood, newest_first: bool) -> None:
        """From now on events come straight, twice, or late; those that were late arrive."""
        for process in _some(self.world.at_work(), nth):
            self.world.disturbed = self.world.disturbed or mood is Mood.LATE
            process.wire.let_go(newest_first)
            process.wire.mood = mood
        self.world.settle()

    @of(Trouble.PROCESSES)
    @rule(
        nth=which,
        everybody=st.booleans(),
        after=st.sampled_from(["", "claim", "claim", "record"]),
        seconds=st.sampled_from([0.0, 6.0, 12.0]),
    )
    def strike(self, nth: int, everybody: bool, after: str, seconds: float) -> None:
        """A process is killed (0 s) or stands still: now, or right `after` it has next asked the
        database for something."""
        mishap = Mishap(seconds)
        for process in _some(self.world.at_work(), nth, everybody):
            self.world.disturbed = True
            if after:
                process.mishaps[after] = mishap
            else:
                process.befall(mishap)
        self.world.settle()

    @of(Trouble.DATABASE)
    @rule(nth=which, everybody=st.booleans(), asks=st.sampled_from(["claim", "record"]))
    def lose_answer(self, nth: int, everybody: bool, asks: str) -> None:
        """The database does what a process asks next, and its answer is lost."""
        for process in _some(self.world.at_work(), nth, everybody):
            self.world.disturbed = True
            process.mishaps[asks] = ANSWER_LOST

    @of(Trouble.DATABASE)
    @rule(seconds=st.sampled_from([1.0, 4.0, 10.0, 35.0]))
    def database(self, seconds: float) -> None:
        """The database is away for the workers."""
        self.world.disturbed = True
        self.world.away_until = self.world.time.elapsed + seconds

    @rule(
        name=campaign_names,
        state=st.sampled_from([CampaignState.PAUSED, CampaignState.STOPPED]),
        seconds=st.sampled_from([0.5, 3.0, 9.0]),
    )
    def interrupt(self, name: str, state: CampaignState, seconds: float) -> None:
        """Somebody pauses or stops a campaign, and starts it again later."""
        self._want(name, state)
        self.world.pass_time(seconds)
        self._want(name, CampaignState.RUNNING)

    @rule(temper=st.sampled_from(Temper))
    def deliver(self, temper: Temper) -> None:
        self.world.deliver(temper)

    @invariant()
    def holds(self) -> None:
        self._say(at_rest(self.world))

    def teardown(self) -> None:
        """Let everything come to rest, and look whether it all adds up."""
        try:
            if not self.found:
                self._come_to_rest()
                self._say(at_the_end(self.world))
        finally:
            self.world.close()

    def _come_to_rest(self) -> None:
        world = self.world
        _mend(world)
        world.pass_time(5.5)
        self._want_all(CampaignState.RUNNING)
        world.pass_time(5.0)
        self._want_all(CampaignState.STOPPED)
        world.pass_time(4.0)
        self._say(at_rest(world))
        self._customers(0, Act.ALL_LEAVE)
        world.pass_time(3.0)
        for _ in range(LOOKS):
            world.deliver(Temper.TAKES)
            if world.all_told():
                return
            world.time.elapsed += 3600.0

    def _customers(self, nth: int, act: Act) -> None:
        calls = list(self.world.switch.calls.values())
        if act in PICK_UP:
            calls = [call for call in calls if call.phase is Phase.RINGING]
        for call in _some(calls, nth, act in EVERYBODY):
            if act in PICK_UP:
                self.world.switch.answer(call.call_id)
            else:
                rings = call.phase is Phase.RINGING
                reason = GONE[nth % len(GONE)] if rings else EndReason.HUNG_UP
                self.world.switch.leave(call.call_id, reason)
        self.world.settle()

    def _want_all(self, state: CampaignState) -> None:
        for name in NAMES:
            self._want(name, state)

    def _want(self, name: str, state: CampaignState) -> None:
        campaigns.set_wanted(self.site.store, name, state, self.world.time.now())
        self.world.book.wanted[name] = state

    def _import(self, name: str, numbers: list[str]) -> None:
        leads = [NewLead(number) for number in numbers]
        imports.import_leads(self.site.store, name, leads, self.world.time.now())

    def _say(self, wrongs: list[str]) -> None:
        if wrongs:
            self.found = wrongs
            raise Broken("; ".join(dict.fromkeys(wrongs)))


def _mend(world: World) -> None:
    """All that can be mended is."""
    world.away_until = 0.0
    for process in world.at_work():
        process.stands_until, process.mishaps = 0.0, {}
        process.wire.mood = Mood.STRAIGHT
        process.wire.let_go()
        process.wire.mend()


def _some(things: list[Any], nth: int, everybody: bool = False) -> list[Any]:
    """All of them, or one; none where there is none."""
    return things if everybody or not things else [things[nth % len(things)]]
