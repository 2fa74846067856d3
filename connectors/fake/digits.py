"""Test numbers and test phones: the number itself says what happens, and chance is off.

The last digit of a customer's number: 0, 1, 2 answer after 0.2, 2, 5 s and talk; 3 is busy;
4 rings on; 5 is invalid; 6 finds no channel; 7 is a machine; 8 says hello and waits; 9 declines.
Numbers that end in 5557 2xy press x, then y; in 5557 3xx they hang up xx tenths of a second after
the answer; 5557 4xx begin to ring after xx tenths of a second, and ring on; 5557 5xx answer and
press what a test has them press. Phones 10xx to 90xx
pick up and stay, 17xx hang up after xx s, 18xx never pick up, 19xx are busy. `lab` has the same
behind a real Asterisk, so that one test can ask both.
"""

import re
from collections.abc import Callable

from connectors.calls import EndReason, Party
from connectors.fake.chance import Luck
from connectors.fake.fate import Fate
from connectors.fake.spread import Spread
from connectors.fake.world import Phone

_MIDDLE = Luck(*([0.5] * 8))
_QUICK = 0.3  # seconds until such a carrier says no, or a machine picks up
_LONG = 300.0
_TOOL = re.compile(r".*5557([2-5])([0-9]{2})", re.ASCII)
_PHONE = re.compile(r"(?:1([1-9])|[1-9](0))([0-9]{2})", re.ASCII)


def fate_of(number: str, talk: float) -> Fate:
    """What becomes of every call to `number`, where people talk `talk` seconds."""
    tool = _TOOL.fullmatch(number)
    if tool and tool[1] == "2":
        return _picks_up(Party.HUMAN, 0.0, _LONG, presses=tool[2])
    if tool and tool[1] == "3":
        return _picks_up(Party.HUMAN, 0.0, int(tool[2]) / 10)
    if tool and tool[1] == "5":
        return _picks_up(Party.HUMAN, 0.0, _LONG)
    if tool:
        return _nobody(EndReason.NO_ANSWER, _LONG, rings_after=int(tool[2]) / 10)
    fate = LAST_DIGIT[number[-1]]
    return fate._replace(stays=talk) if number[-1] in "012" else fate


def phone_of(name: str) -> Phone | None:
    """The phone of that name, or None where there is none."""
    found = _PHONE.fullmatch(name)
    make = _PHONES.get(found[1] or found[2]) if found else None
    return make(int(found[3])) if found and make else None


def _picks_up(party: Party, after: float, stays: float, presses: str = "") -> Fate:
    return Fate(party, EndReason.HUNG_UP, 0.0, after, _MIDDLE, stays, presses)


def _nobody(reason: EndReason, after: float = _QUICK, rings_after: float | None = None) -> Fate:
    return Fate(None, reason, rings_after, after, _MIDDLE)


LAST_DIGIT: dict[str, Fate] = {
    "0": _picks_up(Party.HUMAN, 0.2, _LONG),
    "1": _picks_up(Party.HUMAN, 2, _LONG),
    "2": _picks_up(Party.HUMAN, 5, _LONG),
    "3": _nobody(EndReason.BUSY),
    "4": _nobody(EndReason.NO_ANSWER, _LONG, rings_after=0.0),
    "5": _nobody(EndReason.INVALID_NUMBER),
    "6": _nobody(EndReason.CONGESTION),
    "7": _picks_up(Party.MACHINE, _QUICK, 40.0),
    "8": _picks_up(Party.HUMAN, _QUICK, _LONG),
    "9": _nobody(EndReason.REJECTED),
}

_STEADY = Spread(0.1, 0)
_PHONES: dict[str, Callable[[int], Phone]] = {
    "0": lambda _: Phone(_STEADY, pace_cv=0),
    "7": lambda seconds: Phone(_STEADY, pace_cv=0, stays=seconds),
    "8": lambda _: Phone(no_answer=1),
    "9": lambda _: Phone(busy=True),
}
