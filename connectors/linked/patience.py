"""For how long a PBX is waited for, in seconds."""

from dataclasses import dataclass

CONNECT_SECONDS = 5.0
BOOT_SECONDS = 15.0  # one that has just been started loads its modules first
ANSWER_SECONDS = 5.0  # to one question

ENTER_SECONDS = CONNECT_SECONDS + BOOT_SECONDS + 2 * ANSWER_SECONDS
"""A log-in that fails has told why by then."""


@dataclass(frozen=True, slots=True)
class Patience:
    """With a link that is up.

    `ping`: between two signs of life. `silence`: without the answer to one, until the PBX gets no
    new calls; the two together stay below two seconds. `give_up`: without an answer in all, until
    the link counts as lost; a PBX under load may be silent for a while.
    """

    ping: float = 0.4
    silence: float = 1.2
    give_up: float = 5.0
