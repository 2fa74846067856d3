"""How many calls to place now, and why: the modes. A mode returns a number; it runs no call.

Every mode is held by the same three bounds, in `decide`: the lines that are free, the
abandonment guard (`campaigns.guard`), and never less than 0. `PACING` is the list of modes;
the choices in the campaign YAML come from it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from campaigns.pacing.answers import Answers
from campaigns.pacing.asking import Asking
from campaigns.pacing.budget import Budget
from campaigns.pacing.durations import Durations
from campaigns.pacing.predictive import Predictive
from campaigns.pacing.unlearning import Unlearning
from campaigns.pacing.view import Decision, Pacer, View
from campaigns.spec.campaign import Campaign, Mode

ANSWERED, DELAY = 0.25, 12.0  # planning values: share answered by people, seconds until they do
TALK, TALK_SPREAD = 120.0, 0.9  # seconds, and the deviation over the mean
WRAP_UP, WRAP_UP_SPREAD = 20.0, 0.7
WRAP_UP_TAKEN = 0.7  # of the wrap-up that the campaign allows: most agents file sooner
GUARD, LINES = "guard", "lines"  # what kept a decision from placing more
BRIDGING = 0.2  # seconds from an agent who gets free until the customer is in its bridge


def decide(pacer: Pacer, view: View) -> Decision:
    """The mode's wish, within what the guard and the lines allow."""
    most = max(0, min(view.guarded, view.lines))
    wish = pacer.wants(view, most)
    if view.inbound:
        wish.why = f"{wish.why}; {view.inbound} inbound waiting"
    if wish.calls < most:
        wish.calls = max(0, wish.calls)
        return wish
    by_guard = view.guarded <= view.lines
    why = f"guard: {view.room} beyond free agents" if by_guard else "lines are full"
    wish.calls, wish.why, wish.held = most, f"{wish.why}; {why}", GUARD if by_guard else LINES
    return wish


@dataclass(slots=True)
class Ratio(Unlearning):
    """Progressive (1 line per free agent) and power (more): no model, nothing to learn."""

    lines_per_agent: float
    pause: float = 0.0
    models: bool = False

    def wants(self, view: View, most: int) -> Decision:
        lines = int(self.lines_per_agent * view.free)
        return Decision(
            lines - view.in_flight,
            f"{view.free} free x {self.lines_per_agent:g} lines - {view.in_flight} in flight",
        )


def _predictive(campaign: Campaign) -> Predictive:
    wrap_up = min(WRAP_UP, WRAP_UP_TAKEN * campaign.agents.wrap_up)
    return Predictive(
        Budget(campaign.abandonment.target, campaign.abandonment.limit),
        Answers(ANSWERED, DELAY, campaign.ring, campaign.amd.enabled),
        Durations(TALK, TALK_SPREAD),
        Durations(wrap_up, WRAP_UP_SPREAD),
        grace=campaign.abandonment.answer_within - BRIDGING,
        most_per_agent=campaign.pacing.max_lines_per_agent,
        cancel_after=campaign.pacing.cancel_after,
    )


PACING: dict[Mode, Callable[[Campaign], Pacer]] = {
    Mode.PROGRESSIVE: lambda campaign: Ratio(1.0),
    Mode.POWER: lambda campaign: Ratio(campaign.pacing.lines_per_agent),
    Mode.PREDICTIVE: _predictive,
    Mode.PREVIEW: lambda campaign: Ratio(0.0),  # agents dial: each accepted lead is one call
    Mode.IVR: lambda campaign: Asking(campaign.abandonment.target),
}
