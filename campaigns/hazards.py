"""When calls are answered: chances by the age of a call, learned from the campaign's own."""

from dataclasses import dataclass, field

BINS = 90  # seconds of a call's life before the answer that are told apart
PRIOR_CALLS = 20.0  # how many calls the planning values weigh


@dataclass(slots=True)
class AnswerHazards:
    """Per second of age: how many calls were still open, how many of them were answered live.

    Counting exposure (and not only finished calls) makes the estimate right while many calls
    are still ringing. Old calls fade with `memory`, so a new hour or list is soon felt.
    """

    answer_rate: float = 0.25  # prior: share of calls answered by a person
    answer_delay: float = 12.0  # prior: seconds from the originate to a person's answer
    ring_seconds: float = 25.0
    memory: float = 400.0  # calls after which an old one weighs 1/e
    _open: list[float] = field(init=False)
    _live: list[float] = field(init=False)
    _gone: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self._open, self._live, self._gone = [], [], []
        still = PRIOR_CALLS
        for age in range(BINS):
            live = still and PRIOR_CALLS * self.answer_rate * _bump(age, self.answer_delay)
            gone = still * (0.02 if age < self.ring_seconds else 0.9)
            self._open.append(max(still, 0.01))
            self._live.append(live)
            self._gone.append(gone)
            still = max(0.0, still - live - gone)

    def learn(self, age: float, live: bool) -> None:
        """A call ended its wait at `age` seconds: answered by a person, or not."""
        last = min(int(max(0.0, age)), BINS - 1)
        keep, end = 1 - 1 / self.memory, last + 1
        self._open[:end] = [weight * keep + 1 for weight in self._open[:end]]
        self._live[:end] = [weight * keep for weight in self._live[:end]]
        self._gone[:end] = [weight * keep for weight in self._gone[:end]]
        (self._live if live else self._gone)[last] += 1

    def table(self, horizon: float) -> list[float]:
        """For each age in whole seconds: the chance of a live answer within `horizon` seconds."""
        span = max(1, round(horizon))
        live = [min(1.0, a / n) for a, n in zip(self._live, self._open, strict=True)]
        gone = [g / n for g, n in zip(self._gone, self._open, strict=True)]
        stays = [max(0.0, 1 - a - g) for a, g in zip(live, gone, strict=True)]
        return [_within(live[age : age + span], stays[age : age + span]) for age in range(BINS)]


def _within(live: list[float], stays: list[float]) -> float:
    """The chance of an answer in one of these seconds, each reached only by calls that stay."""
    chance, still = 0.0, 1.0
    for answered, staying in zip(live, stays, strict=True):
        chance += still * answered
        still *= staying
    return min(1.0, chance)


def _bump(age: int, mean: float) -> float:
    """A triangle of area 1 around `mean`: the prior for when people answer."""
    width = max(1.0, mean)
    return max(0.0, 1 - abs(age - mean) / width) / width
