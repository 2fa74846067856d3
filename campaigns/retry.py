"""Whether and when a lead is called again: the outcome's rule, the disposition's word over it.

The tries of a lead are counted by outcome and by disposition in one mapping (`tried`); the two
kinds of names never meet, since a campaign may not name a disposition like an outcome.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from campaigns.outcomes import Outcome
from campaigns.spec.answered import Disposition
from campaigns.spec.campaign import Campaign
from campaigns.spec.times import Retry

MINUTE, HOUR, DAY = 60, 3600, 86400
NEVER = Retry(attempts=0)
LONGEST_WAIT = 366.0 * DAY

DEFAULTS: dict[Outcome, Retry] = {
    Outcome.CONNECTED: NEVER,
    # Ofcom's persistent misuse rules: no call back within 72 h of an abandoned call
    # unless an agent is guaranteed.
    Outcome.ABANDONED: Retry(attempts=2, delay=72 * HOUR),
    Outcome.EARLY_HANG_UP: Retry(attempts=1, delay=4 * HOUR),
    Outcome.HEARD: NEVER,
    Outcome.MACHINE: Retry(attempts=3, delay=4 * HOUR),
    Outcome.SCREENED: Retry(attempts=2, delay=4 * HOUR),
    Outcome.BUSY: Retry(attempts=3, delay=10 * MINUTE, growth=2),
    Outcome.NO_ANSWER: Retry(attempts=4, delay=HOUR),
    Outcome.REJECTED: Retry(attempts=1, delay=DAY),
    Outcome.INVALID_NUMBER: NEVER,
    Outcome.CONGESTION: Retry(attempts=5, delay=5 * MINUTE, growth=1.5),
    Outcome.FAILED: Retry(attempts=3, delay=10 * MINUTE, growth=2),
    Outcome.CANCELLED: Retry(attempts=3, delay=10 * MINUTE),
    Outcome.LOST: Retry(attempts=2, delay=HOUR),
}
"""The built-in rule of each outcome; a campaign's `retry.outcomes` replaces single ones."""

AGAIN = Retry(attempts=3, delay=DAY)
"""The rule of a disposition that is not final and gives no rule, after a conversation."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer has asked for in a flow: no further call, or one at a time (UTC)."""

    opted_out: bool = False
    call_back: datetime | None = None


@dataclass(frozen=True, slots=True)
class Retrying:
    """What becomes of the lead. `at`: not before this instant (UTC); None when `final`. `wished`:
    the customer has asked for a call then."""

    final: bool
    at: datetime | None
    do_not_call: bool = False
    success: bool = False
    wished: bool = False


def after(
    campaign: Campaign,
    outcome: Outcome,
    disposition: str,
    *,
    tries: Mapping[str, int],
    total: int,
    now: datetime,
) -> Retrying:
    """What follows an attempt that ended at `now`.

    `tries` (see `tried`) and `total` count the lead's attempts, this one included.
    """
    filed = _filed(campaign, disposition)
    if filed is not None and (filed.do_not_call or _closes(filed)):
        return Retrying(True, None, filed.do_not_call, filed.success)
    rule, name = _rule(campaign, outcome, filed)
    success = filed is not None and filed.success
    times = max(1, tries.get(name, 1))
    if times > rule.attempts or total >= campaign.attempts.per_lead:
        return Retrying(True, None, success=success)
    return Retrying(False, now + _wait(campaign, rule, times), success=success)


def wished(campaign: Campaign, decided: Retrying, total: int, wish: Wish) -> Retrying:
    """The same, after what the customer has asked for: `total` attempts there were, at most so
    many as the campaign makes."""
    if wish.opted_out or decided.do_not_call:
        return replace(decided, final=True, at=None, do_not_call=True)
    if wish.call_back is None or total >= campaign.attempts.per_lead:
        return decided
    return replace(decided, final=False, at=wish.call_back, wished=True)


def tried(tries: Mapping[str, int], outcome: Outcome, disposition: str) -> dict[str, int]:
    """`tries` with one more attempt of this outcome and disposition."""
    return dict(Counter(tries) + Counter({outcome.value, disposition} - {""}))


def refiled(tries: Mapping[str, int], outcome: Outcome, old: str, new: str) -> dict[str, int]:
    """`tries` after an agent has moved an attempt from disposition `old` to `new`."""
    without = Counter(tries)
    if old != outcome.value:
        without.subtract([old])
    with_new = [new] if new != outcome.value else []
    return dict(+without + Counter(with_new))


def _filed(campaign: Campaign, disposition: str) -> Disposition | None:
    return next((d for d in campaign.dispositions if d.name == disposition), None)


def _closes(filed: Disposition) -> bool:
    return filed.final and filed.retry is None


def _rule(campaign: Campaign, outcome: Outcome, filed: Disposition | None) -> tuple[Retry, str]:
    """The rule in force, and the name its tries are counted under."""
    if filed is not None and filed.retry is not None:
        return filed.retry, filed.name
    own = campaign.retry.outcomes.get(outcome)
    if own is None and filed is not None and DEFAULTS[outcome] is NEVER:
        return AGAIN, filed.name
    return own or DEFAULTS[outcome], outcome.value


def _wait(campaign: Campaign, rule: Retry, times: int) -> timedelta:
    wait = min(LONGEST_WAIT, rule.delay * rule.growth ** min(times - 1, 100))
    return timedelta(seconds=max(wait, campaign.attempts.min_gap))
