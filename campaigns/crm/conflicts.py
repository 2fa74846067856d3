"""Who is right where a CRM and we say different things of a customer: by field, and as declared.

Identity is the CRM's: what it says is taken, and ours is never written there. Facts of calls are
ours. Stage and owner are whoever's that changed them last. Tags are added up, and a prohibition to
call, once either side has it, holds on both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

CUSTOM = "custom."
FACTS = ("intent", "last_call_at", "last_contact_at", "last_outcome", "last_disposition")
OURS = (
    *("name", "company", "numbers", "emails", "stage", "owner", "tags", "do_not_call"),
    *FACTS,
)
"""Every field of ours but `custom.NAME`."""


class Wins(StrEnum):
    CRM = "crm"
    DIALLER = "dialler"
    LATEST = "latest"
    BOTH = "both"


DEFAULTS: Mapping[str, Wins] = {
    "name": Wins.CRM,
    "company": Wins.CRM,
    "numbers": Wins.CRM,
    "emails": Wins.CRM,
    "stage": Wins.LATEST,
    "owner": Wins.LATEST,
    "tags": Wins.BOTH,
    "do_not_call": Wins.BOTH,
    **dict.fromkeys(FACTS, Wins.DIALLER),
}
MAY_BE: Mapping[str, tuple[Wins, ...]] = {
    "stage": (Wins.CRM, Wins.DIALLER, Wins.LATEST),
    "owner": (Wins.CRM, Wins.DIALLER, Wins.LATEST),
    "tags": (Wins.CRM, Wins.DIALLER, Wins.BOTH),
    "do_not_call": (Wins.BOTH,),
    **dict.fromkeys(FACTS, (Wins.DIALLER,)),
}
"""What may be declared of a field; of any other, that the CRM wins or the dialler does."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one side says of a field, and when it changed that; None: not known."""

    value: Any
    at: datetime | None = None


def may_be(field: str) -> tuple[Wins, ...]:
    """Who may be declared to win a field."""
    return MAY_BE.get(field, (Wins.CRM, Wins.DIALLER))


def takes(rule: Wins, theirs: Claim, ours: Claim) -> bool:
    """Whether what the CRM says is taken over."""
    if theirs.value == ours.value or (_is_empty(theirs) and rule is not Wins.CRM):
        return False  # only who is always right says that there is none
    return _TAKES[rule](theirs, ours)


def writes(rule: Wins) -> bool:
    """Whether what changes on our side is written into the CRM."""
    return rule is not Wins.CRM


def _is_empty(claim: Claim) -> bool:
    return claim.value in (None, "", (), [], False)


def _later(theirs: Claim, ours: Claim) -> bool:
    """Of two at the same time, and where a time is not known, the CRM's. That ours is empty is a
    word, too, once it was taken away: whoever is back in the pool stays there."""
    if theirs.at is None or ours.at is None:
        return True
    return theirs.at >= ours.at


_TAKES: Mapping[Wins, Callable[[Claim, Claim], bool]] = {
    Wins.CRM: lambda theirs, ours: True,
    Wins.DIALLER: lambda theirs, ours: _is_empty(ours),
    Wins.LATEST: _later,
    Wins.BOTH: lambda theirs, ours: True,
}
