"""How sure it is that somebody can be reached at a number: a score of 100, a verdict, and why.

By three things, each a table: what kind of number the plan says it is; what the last attempts came
to; and what somebody else was told who checks numbers. The newest of what was seen or told counts,
and a kind alone is no verdict: nobody has looked.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from campaigns.outcomes import Outcome


class Verdict(StrEnum):
    """What is known of a number."""

    UNKNOWN = "unknown"  # nobody has looked
    VALID = "valid"
    INVALID = "invalid"  # no such number
    UNREACHABLE = "unreachable"  # it exists, and nobody can be reached there


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt on the number, over by now. `cause`: the PBX's words."""

    outcome: str
    cause: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody who checks numbers has said."""

    verdict: Verdict
    at: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """`why`: a token: syntax, answered, sip_404, no_answer, checked, line_type, ..."""

    score: int
    verdict: Verdict
    why: str


BY_KIND: Mapping[str, int] = {
    "mobile": 70,
    "fixed_or_mobile": 70,
    "fixed_line": 65,
    "voip": 60,
    "personal": 50,
    "company": 50,
    "toll_free": 30,
    "voicemail": 10,
    "shared_cost": 10,
    "premium_rate": 5,
    "pager": 5,
}
"""Before anybody has tried; a number of no kind is in no plan, and so is none."""

BY_TOLD: Mapping[Verdict, int] = {
    Verdict.VALID: 90,
    Verdict.UNREACHABLE: 15,
    Verdict.INVALID: 0,
    Verdict.UNKNOWN: 50,
}
ANSWERED: Mapping[str, tuple[int, int]] = {
    Outcome.CONNECTED: (100, 90),
    Outcome.HEARD: (98, 88),
    Outcome.ABANDONED: (95, 85),
    Outcome.EARLY_HANG_UP: (95, 85),
    Outcome.SCREENED: (85, 75),
    Outcome.MACHINE: (80, 70),
}
"""Somebody or something picked up: within `FRESH`, and longer ago."""

RANG = frozenset({Outcome.BUSY, Outcome.NO_ANSWER, Outcome.REJECTED})
"""It exists; each in a row costs `LESS` points, and from `GIVEN_UP` on nobody is reached there.
What says nothing of the number (congestion, a failure, our own hanging up) is passed over."""

FRESH = timedelta(days=90)
EXISTS, LESS, LEAST = 65, 8, 15
GIVEN_UP = 6
TWICE = 2  # so often in a row no such number: a carrier's mistake is seldom made twice
DOUBTED = 20
MOST_TRIES = 12  # of the last ones that are looked at

_SIP = re.compile(r"\bSIP (\d{3})\b", re.ASCII)
_Q850: Mapping[str, str] = {"1": "unallocated", "3": "no_route", "22": "changed", "28": "format"}


def judge(kind: str, tries: Sequence[Tried], now: datetime, told: Told | None = None) -> Judged:
    """`kind`: the number's line type, empty where it is in no plan. `tries`: the latest first."""
    if not kind:
        return Judged(0, Verdict.INVALID, "syntax")
    seen = [each for each in tries if _says_something(each)]
    if told is not None and (not seen or told.at > seen[0].at):
        return Judged(BY_TOLD[told.verdict], told.verdict, "checked")
    if not seen:
        return Judged(BY_KIND.get(kind, 50), Verdict.UNKNOWN, "line_type")
    return _by_tries(seen, now)


def _by_tries(seen: Sequence[Tried], now: datetime) -> Judged:
    last = seen[0]
    if last.outcome in ANSWERED:
        fresh, old = ANSWERED[last.outcome]
        return Judged(fresh if now - last.at <= FRESH else old, Verdict.VALID, "answered")
    if last.outcome == Outcome.INVALID_NUMBER:
        return _no_such(seen)
    return _rang(seen)


def _no_such(seen: Sequence[Tried]) -> Judged:
    why = why_invalid(seen[0].cause)
    if _in_a_row(seen, frozenset({Outcome.INVALID_NUMBER})) >= TWICE:
        return Judged(0, Verdict.INVALID, why)
    return Judged(DOUBTED, Verdict.UNREACHABLE, why)


def _rang(seen: Sequence[Tried]) -> Judged:
    row = _in_a_row(seen, RANG)
    score = max(LEAST, EXISTS - LESS * (row - 1))
    if row < GIVEN_UP:
        return Judged(score, Verdict.VALID, str(seen[0].outcome))
    return Judged(LEAST, Verdict.UNREACHABLE, str(seen[0].outcome))


def _in_a_row(seen: Sequence[Tried], outcomes: frozenset[Outcome]) -> int:
    for count, each in enumerate(seen):
        if each.outcome not in outcomes:
            return count
    return len(seen)


def _says_something(each: Tried) -> bool:
    return (
        each.outcome in ANSWERED or each.outcome in RANG or (each.outcome == Outcome.INVALID_NUMBER)
    )


def why_invalid(cause: str) -> str:
    """A token for the PBX's words: by the SIP answer where there is one, else by Q.850."""
    sip = _SIP.search(cause)
    if sip:
        return f"sip_{sip[1]}"
    return _Q850.get(cause.split(" ", 1)[0], "no_such_number")
