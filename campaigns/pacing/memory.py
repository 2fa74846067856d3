"""What a pacer has learned, as JSON: for whoever dials the campaign next.

Calls in flight are not remembered. Old memory counts for less: it fades by half in a week, and
weighs at most `CALLS` calls of each segment and `TALKS` conversations, so that what is seen now
soon outweighs it. The share of calls that ask for an agent (mode ivr) fades likewise, towards the
beginning: each of them may ask. How many people answer is taken over as it was only from a worker
that has just left off (`FRESH`); later it begins with the same hour's share on other days.

What comes back from a database is not to be trusted: it is checked to the last figure, and what
is not as it should be is not used at all.
"""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from campaigns.pacing.answers import Answers
from campaigns.pacing.asking import Asking
from campaigns.pacing.budget import DAY, LEAST, MOST
from campaigns.pacing.durations import LONGEST, Durations
from campaigns.pacing.learned import HOURS, Learned
from campaigns.pacing.predictive import Predictive
from campaigns.pacing.share import FIRST_WEIGHTS
from campaigns.pacing.view import Floats, Pacer

HALF = 7 * 86400.0  # seconds after which a memory counts for half
FRESH = 900.0
CALLS, TALKS, HOUR_CALLS = 400.0, 300.0, 1000.0
SHARE_CALLS = np.array([FIRST_WEIGHTS[0], 100.0])  # in the fast and the slow memory of the share
NAMES = 64  # segments that are remembered: those with the most calls
MOST_AGES = 400
MOST_CALLS = 10_000.0  # beyond the free agents
ODD = 1e9  # no campaign has so many calls
_LEAST_ASKED = 1e-3  # nobody has ever asked: the share is small, and not 0

Figure = Annotated[float, Field(ge=0, le=ODD, allow_inf_nan=False)]
Ages = Annotated[list[Figure], Field(max_length=MOST_AGES)]
Ends = Annotated[list[Figure], Field(max_length=LONGEST)]
Pair = Annotated[list[Figure], Field(min_length=2, max_length=2)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Segment(_Part):
    calls: Figure
    live: Ages
    machine: Ages
    failed: Ages
    exposure: Pair
    answered: Pair
    hours: Annotated[list[Pair], Field(max_length=HOURS)]


class _Memory(_Part):
    version: Literal[2]
    theta: Figure
    usual: Pair
    of_answered: Figure
    talk: Ends
    wrap_up: Ends
    segments: Annotated[dict[str, _Segment], Field(max_length=NAMES)]


class _Asked(_Part):
    version: Literal[1]
    asked: Figure
    ended: Figure


def remember(pacer: Pacer) -> dict[str, Any]:
    """What `pacer` has learned; nothing of a mode that learns nothing."""
    if isinstance(pacer, Asking):
        return {"version": 1, "asked": round(pacer.asked, 4), "ended": round(pacer.ended, 4)}
    return _remember(pacer) if isinstance(pacer, Predictive) else {}


def _remember(pacer: Predictive) -> dict[str, Any]:
    budget, answers = pacer.budget, pacer.answers
    by_calls = sorted(answers.learned().items(), key=lambda item: -item[1].calls)
    return {
        "version": 2,
        "theta": round(budget.theta, 6),
        "usual": _rounded(np.array([budget.usual.mean, budget.usual.seconds])),
        "of_answered": round(answers.of_answered, 4),
        "talk": _trimmed(pacer.talk.ends),
        "wrap_up": _trimmed(pacer.wrap_up.ends),
        "segments": {name: _written(learned) for name, learned in by_calls[:NAMES]},
    }


def turn(pacer: Pacer, hour: int) -> None:
    """It is this hour of the day now, where the campaign is."""
    if isinstance(pacer, Predictive):
        pacer.answers.turn(hour)


def recall(pacer: Pacer, memory: object, age: float = 0.0, hour: int = HOURS) -> str:
    """Let `pacer`, which has decided nothing yet, begin with a `memory` that is `age` seconds old.

    `hour`: of the day, where the campaign is. Returns why the memory was not used; empty: it was.
    """
    age = max(0.0, age)
    try:
        if isinstance(pacer, Asking):
            _resume_asking(pacer, _Asked.model_validate(memory), age)
        elif isinstance(pacer, Predictive):
            _resume_predictive(pacer, _Memory.model_validate(memory), age, hour)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        return f"{'.'.join(str(part)[:40] for part in first['loc']) or 'it'}: {first['msg']}"
    return ""


def _resume_asking(pacer: Asking, known: _Asked, age: float) -> None:
    keep = 0.5 ** (age / HALF) * min(1.0, CALLS / max(known.ended, 1.0))
    pacer.ended += keep * (max(1.0, known.ended) - 1.0)
    pacer.asked = min(pacer.ended, max(_LEAST_ASKED, 1.0 + keep * (known.asked - 1.0)))


def _resume_predictive(pacer: Predictive, known: _Memory, age: float, hour: int) -> None:
    _resume(pacer, known, 0.5 ** (age / HALF))
    pacer.answers.turn(hour)
    pacer.answers.before = {
        name: _segment(pacer.answers, segment, age) for name, segment in known.segments.items()
    }
    pacer.rebuild()


def _resume(pacer: Predictive, known: _Memory, keep: float) -> None:
    budget, usual = pacer.budget, pacer.budget.usual
    theta = min(MOST, max(LEAST, known.theta))
    budget.theta = budget.theta ** (1 - keep) * theta**keep
    usual.mean, usual.seconds = min(MOST_CALLS, known.usual[0]), min(DAY, known.usual[1]) * keep
    pacer.answers.of_answered = min(1.0, known.of_answered)
    _count(pacer.talk, known.talk, keep)
    _count(pacer.wrap_up, known.wrap_up, keep)


def _count(durations: Durations, ends: list[float], keep: float) -> None:
    durations.ends[: len(ends)] += np.array(ends) * min(keep, TALKS / max(sum(ends), 1e-9))


def _segment(answers: Answers, known: _Segment, age: float) -> Learned:
    hours = np.zeros((HOURS, 2))
    hours[: len(known.hours)] = np.array(known.hours).reshape(-1, 2)
    hours[:, 1] = np.minimum(hours[:, 1], hours[:, 0])
    exposure = np.maximum(known.exposure, FIRST_WEIGHTS)
    learned = Learned(
        known.calls,
        _filled(known.live, answers.ages),
        _filled(known.machine, answers.ages),
        _filled(known.failed, answers.ages),
        exposure,
        np.minimum(known.answered, exposure),
        hours,
    )
    ended = learned.live.sum() + learned.machine.sum() + learned.failed.sum()
    learned.calls = max(known.calls, float(ended))
    learned.fade(0.5 ** (age / HALF), CALLS, HOUR_CALLS)
    if age > FRESH:
        learned.start_anew(answers.hour, np.array(FIRST_WEIGHTS), SHARE_CALLS)
    return learned


def _filled(counts: list[float], length: int) -> Floats:
    filled = np.zeros(length)
    filled[: len(counts)] = counts[:length]
    return filled


def _written(learned: Learned) -> dict[str, Any]:
    return {
        "calls": round(learned.calls, 2),
        "live": _trimmed(learned.live),
        "machine": _trimmed(learned.machine),
        "failed": _trimmed(learned.failed),
        "exposure": _rounded(learned.exposure),
        "answered": _rounded(learned.answered),
        "hours": _rounded(learned.hours),
    }


def _trimmed(counts: Floats) -> list[Any]:
    """Without the zeros at the end."""
    some = np.flatnonzero(np.round(counts, 2))
    return _rounded(counts[: int(some[-1]) + 1]) if len(some) else []


def _rounded(values: Floats) -> list[Any]:
    rounded: list[Any] = np.round(values, 2).tolist()
    return rounded
