"""What answering machine detection makes of the one who picked up."""

from typing import NamedTuple

from connectors.calls import Party
from connectors.fake.fate import Fate
from connectors.fake.world import Amd


class Verdict(NamedTuple):
    """`party` as AMD hears it, `after` seconds of listening."""

    party: Party
    after: float


def listen(fate: Fate, amd: Amd) -> Verdict:
    """AMD's verdict on a call that was picked up."""
    delay = amd.human_delay if fate.party is Party.HUMAN else amd.machine_delay
    return Verdict(_heard(fate, amd), delay.at(fate.luck.amd_delay))


def _heard(fate: Fate, amd: Amd) -> Party:
    chance = (fate.luck.amd - amd.unknown) / (1 - amd.unknown) if amd.unknown < 1 else -1.0
    if chance < 0:
        return Party.UNKNOWN
    if fate.party is Party.HUMAN:
        return Party.MACHINE if chance < amd.human_as_machine else Party.HUMAN
    if chance < amd.machine_as_human:
        return Party.HUMAN
    seen = fate.party is Party.SCREENING and chance >= 1 - amd.screening_seen
    return Party.SCREENING if seen else Party.MACHINE
