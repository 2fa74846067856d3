"""What comes of each thing that a walk waits for on the fake PBX, and when."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from campaigns.flow import doing as do
from campaigns.flow import happening as on
from campaigns.flow.asking import Asks
from campaigns.flow.doing import Doing
from campaigns.flow.happening import Happening
from campaigns.flow.ways import Step
from connectors.fake.world import World
from workers.flow_keys import Person

Coming: TypeAlias = tuple[float, Happening]
"""In so many seconds, unless something else comes before."""


class Waits:
    """On one call. `talks_since`: when the other number of a transfer took it."""

    def __init__(self, person: Person, world: World) -> None:
        self.talks_since: datetime | None = None
        self._person = person
        self._world = world
        self._keys = ""

    def after(self, doing: Doing, step: Step, now: datetime) -> Coming:
        """What comes of `doing`, which `step` waits for."""
        return WAITS[type(doing)](self, doing, step, now)

    def _prompt(self, doing: do.PlayPrompt, step: Step, now: datetime) -> Coming:
        return self._world.keying.prompt, on.PromptOver()

    def _listen(self, doing: do.Listen, step: Step, now: datetime) -> Coming:
        left = _seconds(doing.until, now)
        after = self._person.between()
        if not doing.pressed and isinstance(step, Asks):
            keys, after = self._person.entry(step)
            if keys is None:
                return min(after, left), on.HungUp()
            self._keys = keys
        if not self._keys or after > left:
            self._keys = ""
            return left, on.Silence()
        key, self._keys = self._keys[0], self._keys[1:]
        return after, on.Pressed(key)

    def _record(self, doing: do.StartRecording, step: Step, now: datetime) -> Coming:
        after = min(self._person.speaks(doing.silence), _seconds(doing.until, now))
        return after, on.RecordingOver("")

    def _in_vain(self, doing: do.AskWebhook, step: Step, now: datetime) -> Coming:
        return _seconds(doing.until, now), on.Silence()

    def _agent(self, doing: do.FindAgent, step: Step, now: datetime) -> Coming:
        left, patience = max(1.0, _seconds(doing.until, now)), self._person.patience()
        if patience is not None and patience < left:
            return patience, on.HungUp()
        return left, on.Silence()

    def _transfer(self, doing: do.CallNumber, step: Step, now: datetime) -> Coming:
        left = _seconds(doing.until, now)
        if not self._person.takes_transfer():
            return left, on.Silence()
        ring = left / 3
        self.talks_since = now + timedelta(seconds=ring)
        talk = self._world.customers.talk.at(self._person.draw().talk)
        return ring + talk, on.TransferTaken()

    def _beep(self, doing: do.AwaitBeep, step: Step, now: datetime) -> Coming:
        left = _seconds(doing.until, now)
        beep = self._world.keying.beep
        return (beep, on.BeepHeard()) if beep < left else (left, on.Silence())


WAITS: dict[type[Doing], Callable[[Waits, Any, Step, datetime], Coming]] = {
    do.PlayPrompt: Waits._prompt,
    do.Listen: Waits._listen,
    do.StartRecording: Waits._record,
    do.AskWebhook: Waits._in_vain,
    do.FindAgent: Waits._agent,
    do.CallNumber: Waits._transfer,
    do.AwaitBeep: Waits._beep,
}
"""What is waited for, and what comes of it."""


def _seconds(until: datetime, now: datetime) -> float:
    return max(0.0, (until - now).total_seconds())
