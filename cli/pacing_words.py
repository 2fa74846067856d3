"""A pacing decision in words: what was seen, what it came to, and what kept it from more."""

from collections.abc import Mapping

from campaigns.periods import day_of, period_of
from campaigns.spec.campaign import Campaign
from campaigns.windows import zone_of_day
from storage.forecasts import Forecast
from storage.tables.records import PacingDecision

Figures = Mapping[str, float | None]


def what_came(found: Forecast) -> str:
    """What came of a decision's expectations, once their time was over."""
    return (
        f"What came: {found.answers} of these calls were answered by people in that time, "
        f"and {found.freed} busy agents got free."
    )


def in_words(decision: PacingDecision, campaign: Campaign) -> list[str]:
    """Sentences for people."""
    figures = decision.view
    at = decision.at.astimezone(zone_of_day(campaign.windows))
    return [
        f"{at:%Y-%m-%d %H:%M:%S %Z}: {_placed(decision)}",
        f"Agents: {_of(figures, 'free')} free, {_of(figures, 'talking')} talking, "
        f"{_of(figures, 'wrapping')} in wrap-up.",
        _in_flight(figures),
        *_inbound(figures),
        *_expected(figures),
        _abandoned(decision, campaign),
        f"The guard let {_of(figures, 'room')} calls be in flight beyond the free agents; "
        f"the lines had room for {_of(figures, 'lines')} further calls.",
        f"So: {decision.why}.",
    ]


def _placed(decision: PacingDecision) -> str:
    cut = decision.view.get("cut_short") or 0
    cut_short = f", {_counted(int(cut), 'ringing call')} cut short" if cut else ""
    calls = _counted(decision.calls, "call") if decision.calls else "no call"
    return f"{calls} placed{cut_short}."


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _in_flight(figures: Figures) -> str:
    """By phase, where the mode looks at single calls."""
    calls = f"Calls in flight that may ask for an agent: {_of(figures, 'in_flight')}"
    waiting = f"{_of(figures, 'waiting')} wait for one."
    if figures.get("chance") is None or figures.get("ringing") is None:
        return f"{calls}, of which {waiting}"
    return (
        f"{calls}; {_of(figures, 'dialled')} do not ring yet, {_of(figures, 'ringing')} ring, "
        f"{_of(figures, 'analysing')} are listened to, {waiting}"
    )


def _inbound(figures: Figures) -> list[str]:
    waiting = int(figures.get("inbound") or 0)
    if not waiting:
        return []
    return [
        f"{_counted(waiting, 'inbound call')} waited, which lowered the number: as many agents "
        "were kept from further calls, and went to the callers as soon as no call in flight "
        "needed them."
    ]


def _expected(figures: Figures) -> list[str]:
    """What the predictive mode looked ahead to; the other modes do not."""
    if figures.get("chance") is None:
        return []
    return [
        f"Within {_of(figures, 'seconds', 1)} s, when a new call would be answered, "
        f"{_of(figures, 'freed', 1)} of {_of(figures, 'busy')} busy agents were expected to get "
        f"free, and {_of(figures, 'answered', 1)} of {_of(figures, 'calls')} calls to be answered "
        "by people.",
        f"The chance that its answer finds nobody was {_percent(figures, 'chance')} for a first "
        f"new call, and {_percent(figures, 'next')} for one more than were placed; the budget "
        f"allowed {_percent(figures, 'risk')}: the day's level of "
        f"{_percent(figures, 'theta')}, moved by how much of the budget and of the guard's room "
        "was left.",
        f"Of the guard's room, {_of(figures, 'reserve', 1)} calls were set aside for what is "
        f"usually in flight; the target is {_percent(figures, 'target')} abandoned.",
    ]


def _abandoned(decision: PacingDecision, campaign: Campaign) -> str:
    """Of the period that the limit is about."""
    live, abandoned = decision.view.get("live") or 0, decision.view.get("abandoned") or 0
    share = f" ({abandoned / live:.2%})" if live else ""
    period = period_of(campaign.abandonment, day_of(campaign.windows, decision.at))
    answers = f"{live:.0f} live answers"
    of_them = f"the day's {answers}" if period.is_day else f"the {answers} since {period.first}"
    return (
        f"By then, {abandoned:.0f} of {of_them} were abandoned{share}; "
        f"the limit is {campaign.abandonment.limit:.2%}."
    )


def _of(figures: Figures, name: str, digits: int = 0) -> str:
    value = figures.get(name)
    return "any number of" if value is None else f"{value:.{digits}f}"


def _percent(figures: Figures, name: str) -> str:
    value = figures.get(name)
    return "unknown" if value is None else f"{value:.1%}"
