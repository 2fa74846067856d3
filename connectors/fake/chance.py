"""Chance that depends on nothing but what it is about.

A call's luck is a hash of (seed, number, how often this number was called before), and each
decision about the call has a draw of its own. Two diallers, or two versions of one, therefore
meet the same customers on the same day: what differs between their runs is their own doing
(common random numbers). A generator that all calls shared would shuffle the day with each call
that one dialler places and the other does not.
"""

import struct
from hashlib import blake2b
from typing import NamedTuple

_EIGHT = struct.Struct("<8Q")
_DROPPED = 12  # bits of 64; 52 bits and a half step stay strictly below 1 as a float
_STEP = 2.0**-52


class Luck(NamedTuple):
    """Uniform draws in the open interval (0, 1), one for each thing left to chance."""

    outcome: float
    delay: float
    ring: float
    talk: float
    patience: float
    amd: float
    amd_delay: float
    message: float


def luck(*of: object) -> Luck:
    """The luck of what `of` names; the same words, the same luck, on every machine."""
    digest = blake2b("|".join(map(str, of)).encode()).digest()
    return Luck._make([((n >> _DROPPED) + 0.5) * _STEP for n in _EIGHT.unpack(digest)])
