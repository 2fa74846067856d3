"""What people press who are asked for keys: what is right, what is wrong, and how fast."""

from collections.abc import Callable
from typing import Any, NamedTuple

from campaigns.flow.asking import Asks, Chooses
from campaigns.flow.collecting import Collect
from campaigns.flow.valid import Day, Digits, TimeOfDay, Within
from connectors.calls import Party
from connectors.fake.chance import Luck, luck
from connectors.fake.fate import Fate
from connectors.fake.world import World

_KEYS = "0123456789*#"
_RANGES = {"X": "0123456789", "Z": "123456789", "N": "23456789"}


class Entry(NamedTuple):
    """The keys of one try, and seconds until the first; None: hangs up instead."""

    keys: str | None
    after: float


class Person:
    """Who is on a call. With `by_last_digit`, nobody does anything by themselves."""

    def __init__(self, fate: Fate, world: World) -> None:
        self._people = world.keying
        self._mute = world.by_last_digit or fate.party is not Party.HUMAN
        self._is_human = fate.party is Party.HUMAN
        self._seed = fate.luck.talk
        self._draws = 0

    def entry(self, step: Asks) -> Entry:
        """What is pressed for a step that listens anew."""
        draw, people = self.draw(), self._people
        after = people.thinks.at(draw.ring)
        gone, silent = people.hangs_up, people.hangs_up + people.silent
        if self._mute or gone <= draw.outcome < silent:
            return Entry("", after)
        if draw.outcome < gone:
            return Entry(None, after)
        wrong = draw.outcome < silent + people.wrong
        return Entry(_wrong(step) if wrong else _right(step, draw), after)

    def between(self) -> float:
        """Seconds from a key to the next."""
        return self._people.between.at(self.draw().ring)

    def speaks(self, silence: float) -> float:
        """Seconds of speech into a recording, or of the silence that ends it."""
        return silence if self._mute else self._people.speaks.at(self.draw().ring) + silence

    def patience(self) -> float | None:
        """Seconds for which an agent is waited for; None: for as long as the flow says."""
        return None if self._mute else self._people.patience.at(self.draw().patience)

    def takes_transfer(self) -> bool:
        """Whether the number of a transfer answers."""
        return self.draw().outcome < self._people.taken

    def draw(self) -> Luck:
        """One more draw; the same person has the same ones on each run."""
        self._draws += 1
        return luck(self._seed, "flow", self._draws)


def _right(step: Asks, draw: Luck) -> str:
    if isinstance(step, Collect):
        entry = _digits(step, draw)
    elif isinstance(step, Chooses):
        entry = _one_of(tuple(step.choices), draw.talk)
    else:
        return ""
    return entry + step.end_key if len(entry) < step.longest else entry


def _wrong(step: Asks) -> str:
    """A key that no choice begins with; where each begins one, silence has to do."""
    begun = {keys[0] for keys in step.choices} if isinstance(step, Chooses) else set("0123456789")
    return next((key for key in _KEYS if key not in begun and key != step.end_key), "")


def _digits(step: Collect, draw: Luck) -> str:
    if step.valid is None:
        return _figures(draw.talk, step.shortest)
    return VALID[type(step.valid)](step.valid, draw).zfill(step.shortest)


def _pattern(valid: Digits, draw: Luck) -> str:
    places = enumerate(valid.pattern)
    draws = (luck(draw.talk, nth).talk for nth, _ in enumerate(valid.pattern))
    return "".join(
        _one_of(tuple(_RANGES.get(place, place)), chance)
        for (_, place), chance in zip(places, draws, strict=True)
    )


def _number(valid: Within, draw: Luck) -> str:
    low, high = valid.number.at_least, valid.number.at_most
    return str(low + int(draw.talk * (high - low + 1)))


def _day(valid: Day, draw: Luck) -> str:
    parts = {"dd": 28, "mm": 12, "yyyy": 99}
    chances = (draw.talk, draw.delay, draw.patience)
    entry = str(valid.date)
    for (place, most), chance in zip(parts.items(), chances, strict=True):
        first = 2000 if place == "yyyy" else 1
        entry = entry.replace(place, f"{first + int(chance * most):02}")
    return entry


def _time(valid: TimeOfDay, draw: Luck) -> str:
    return f"{8 + int(draw.talk * 12):02}{15 * int(draw.delay * 4):02}"


def _figures(chance: float, length: int) -> str:
    return f"{int(chance * 10**15):015}".rjust(length, "1")[-length:]


def _one_of(choices: tuple[str, ...], chance: float) -> str:
    return choices[int(chance * len(choices))]


VALID: dict[type[Any], Callable[[Any, Luck], str]] = {
    Digits: _pattern,
    Within: _number,
    Day: _day,
    TimeOfDay: _time,
}
"""Digits that each kind of `valid` takes."""
