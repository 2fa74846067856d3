"""A process's wire to the PBX: a connector whose link the machine breaks and mends."""

from enum import StrEnum

from connectors.calls import Command, Event, LinkBack, LinkLost, LiveCall
from connectors.pbx import LinkDown, OnEvent, PbxUnreachable
from storms.model.process_loop import ProcessLoop
from storms.model.switch import Switch
from storms.model.time import ModelClock

LATEST = 20.0  # seconds


class Link(StrEnum):
    UP = "up"
    SWALLOWS = "swallows"  # broken, and nobody has noticed yet
    DOWN = "down"


class Mood(StrEnum):
    """How the next events travel."""

    STRAIGHT = "straight"
    TWICE = "twice"
    LATE = "late"  # after those that happen later


class Wire:
    """A `Pbx`, for the process of `loop`, which dials `campaign`.

    `heard` is shown each event as it is told there.
    """

    name = "main"

    def __init__(self, switch: Switch, loop: ProcessLoop, campaign: str, heard: OnEvent) -> None:
        self.clock = ModelClock(switch.time)
        self.campaign = campaign
        self.link, self.mood = Link.UP, Mood.STRAIGHT
        self.cut = False  # for good: the process is dead
        self._switch = switch
        self._loop, self._shown = loop, heard
        self._on_event: OnEvent | None = None
        self._late: list[Event] = []

    async def open(self, on_event: OnEvent) -> None:
        if self.link is not Link.UP:
            raise PbxUnreachable("PBX 'main' does not answer")
        self._on_event = on_event
        self._switch.listeners.append(self._hear)

    async def close(self) -> None:
        self._on_event = None
        self._late.clear()
        if self._hear in self._switch.listeners:
            self._switch.listeners.remove(self._hear)

    def send(self, command: Command) -> None:
        if self.link is Link.DOWN:
            raise LinkDown("PBX 'main': the link is down")
        if self.link is Link.UP and not self.cut:
            self._switch.command(command, self.campaign)

    async def live_calls(self) -> tuple[LiveCall, ...]:
        if self.link is not Link.UP:
            raise LinkDown("PBX 'main': the link is down")
        return self._switch.live()

    async def ping(self) -> float:
        return 0.0

    def fail(self, unseen: float, lasts: float) -> None:
        """The link is gone: in `unseen` seconds the process sees it, and `lasts` later it is back.
        Nothing, where it is gone already."""
        if self.link is Link.UP:
            self.link = Link.SWALLOWS
            self._late.clear()
            self._loop.call_later(unseen, self._notice)
            self._loop.call_later(unseen + lasts, self.mend)

    def mend(self) -> None:
        """The link is back, and the PBX has been asked what it holds."""
        if self.link is Link.UP:
            return
        self._notice()
        self.link = Link.UP
        self._hand(LinkBack(self.clock.now(), self._switch.live()))

    def _notice(self) -> None:
        if self.link is Link.SWALLOWS:
            self.link = Link.DOWN
            self._hand(LinkLost(self.clock.now()))

    def let_go(self, newest_first: bool = False) -> None:
        """What was held back arrives."""
        late, self._late = self._late, []
        for event in reversed(late) if newest_first else late:
            self._hand(event)

    def _hear(self, event: Event) -> None:
        if self.link is not Link.UP:
            return
        if self.mood is Mood.LATE:
            self._late.append(event)
            self._loop.call_later(LATEST, self._arrive, event)
            return
        for _ in range(2 if self.mood is Mood.TWICE else 1):
            self._hand(event)

    def _arrive(self, event: Event) -> None:
        if event in self._late:
            self._late.remove(event)
            self._hand(event)

    def _hand(self, event: Event) -> None:
        self._loop.call_soon(self._heard, event)

    def _heard(self, event: Event) -> None:
        if self._on_event is not None:
            self._shown(event)
            self._on_event(event)
