"""How many calls to place, and which of the ringing ones to give up, in a scene at a risk.

A call is given up for one of two reasons, and never before it has rung for the legal minimum:
its answer, now, would more likely find nobody than the risk allows (`untimely`); or the guard
lets no further call be in flight, and a new one in its place will sooner be answered than one
that has rung for so long (`replaceable`).
"""

from campaigns.pacing.balance import Balance
from campaigns.pacing.scene import Scene

CANCEL_RISK = 1.0  # times the risk that a new call may have


def launch(
    scene: Scene, balance: Balance, calls: int, risk: float, most: int, guess: int = 0
) -> int:
    """How many calls to place: while P(nobody free for the next one) is at most `risk`. `calls`
    are in flight; while they cannot outnumber the free agents, no chance need be worked out.
    `guess`: it may be about so many."""
    most = max(0, min(most, len(scene.view.next_segments) or most))
    sure = min(most, max(0, scene.base - calls))
    return balance.within(risk, sure, most, guess)


def untimely(scene: Scene, after: float, risk: float) -> list[int]:
    """The calls that had better not be answered now, the longest ringing first."""
    late = scene.late(after)
    if not len(late):
        return []
    kept = scene.balance_now(late[::-1]).within(CANCEL_RISK * risk, 0, len(late))
    return [int(place) for place in late[: len(late) - kept]]


def replaceable(scene: Scene, after: float, risk: float, placed: int) -> list[int]:
    """The calls for which new ones would be placed if the guard had room, beyond `placed`."""
    late = scene.late(after)
    if not len(late):
        return []
    calls = len(scene.calls) - len(late)
    more = launch(scene, scene.balance(late), calls, risk, placed + len(late)) - placed
    return [int(place) for place in late[: max(0, more)]]
