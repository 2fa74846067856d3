"""The rules that `dialplane bench pacing` compares, by name.

Dialplane's own run as shipped, with the guard. Rivals have no guard in their products and get
none here. No campaign file can switch it off: the spec allows no limit above 20 %.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from campaigns.pacing.view import Pacer
from campaigns.spec.campaign import Campaign, Mode
from campaigns.spec.reading import LEAST_RING
from workers.bench.rivals.issabel import Issabel
from workers.bench.rivals.vicidial import Method, Vicidial
from workers.bench.rivals.webitel import Webitel
from workers.bench.rivals.wombat import Wombat

OURS = "dialplane"


@dataclass(frozen=True, slots=True)
class Rule:
    """`pacer`: makes a rival's; None: our own, of that mode. `pacing`: the campaign's settings."""

    title: str
    mode: Mode = Mode.PREDICTIVE
    pacer: Callable[[], Pacer] | None = None
    guard: bool = True
    pacing: Mapping[str, float] = field(default_factory=dict)


def _rival(title: str, pacer: Callable[[], Pacer]) -> Rule:
    return Rule(title, pacer=pacer, guard=False)


RULES: dict[str, Rule] = {
    OURS: Rule("Dialplane, predictive"),
    "dialplane-cut-short": Rule(
        "Dialplane, calls cut short after 15 s", pacing={"cancel_after": LEAST_RING}
    ),
    "dialplane-no-guard": Rule("Dialplane's rule without its guard", guard=False),
    "progressive": Rule("progressive: a call per free agent", Mode.PROGRESSIVE),
    "vicidial-hard-limit": _rival(
        "VICIdial ADAPT_HARD_LIMIT", partial(Vicidial, method=Method.HARD_LIMIT)
    ),
    "vicidial-average": _rival("VICIdial ADAPT_AVERAGE", partial(Vicidial, method=Method.AVERAGE)),
    "vicidial-tapered": _rival("VICIdial ADAPT_TAPERED", partial(Vicidial, method=Method.TAPERED)),
    "vicidial-available": _rival(
        "VICIdial ADAPT_AVERAGE, available only, level to 6",
        partial(Vicidial, available_only=True, highest_level=6.0),
    ),
    "wombat-1.3": _rival("WombatDialer, boost 1.3", Wombat),
    "wombat-3.0": _rival("WombatDialer, boost 3.0", partial(Wombat, boost=3.0)),
    "issabel": _rival("Issabel, overcommit", Issabel),
    "webitel": _rival("Webitel, predictive", Webitel),
}


def unguarded(plan: Campaign) -> Campaign:
    """The campaign with no bound on calls in flight beyond the free agents."""
    without = plan.abandonment.model_copy(update={"limit": 1.0})
    return plan.model_copy(update={"abandonment": without})
