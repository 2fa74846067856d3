"""What `dialplane doctor` finds, in the words it is told in."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"  # works, and will not for long; or is not as safe as it should be
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `mend`: what to do about it."""

    part: str
    verdict: Verdict
    words: str
    mend: str = ""
