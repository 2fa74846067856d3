"""What a number tells by itself: the plan that it is numbered by, not whether anybody is there."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType
from phonenumbers.phonenumberutil import is_number_type_geographical
from phonenumbers.timezone import time_zones_for_geographical_number, time_zones_for_number
from phonenumbers.tzdata import TIMEZONE_DATA

from campaigns.numbering import Judged, judged, judged_as

LONGEST_ZONES = 760
LONGEST_CARRIER = 64
_TYPES = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed_line",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_or_mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.UAN: "company",
    PhoneNumberType.VOICEMAIL: "voicemail",
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.PAGER: "pager",
}


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """Empty: not known. `carrier`: that to which the range was given; it may have been ported.
    `zones`: sorted IANA names."""

    line_type: str = ""
    region: str = ""
    carrier: str = ""
    zones: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def facts_of(number: str) -> NumberFacts:
    """Of an E.164 number."""
    found = judged(number, None) or _by_the_library(number)
    return NumberFacts() if found is None else facts_from(found)


def _by_the_library(number: str) -> Judged | None:
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException:
        return None
    return judged_as(parsed, phonenumbers.number_type(parsed))


def facts_from(found: Judged) -> NumberFacts:
    """Of a number that was just read."""
    return _FACTS.of(found)


def _found(judged: Judged) -> NumberFacts:
    number = _number(judged)
    return NumberFacts(
        _TYPES.get(judged.kind, ""),
        judged.region,
        _carrier(number) if judged.kind in _WITH_CARRIER else "",
        _zones(number, judged.kind),
    )


def _number(judged: Judged) -> PhoneNumber:
    """As the library has it."""
    zeros = len(judged.national[:-1]) - len(judged.national[:-1].lstrip("0"))
    return PhoneNumber(
        country_code=judged.country,
        national_number=int(judged.national),
        italian_leading_zero=True if zeros else None,
        number_of_leading_zeros=zeros if zeros > 1 else None,
    )


def _carrier(number: PhoneNumber) -> str:
    """Loaded for the first number that is looked up: most commands look none up."""
    from phonenumbers.carrier import name_for_valid_number  # noqa: PLC0415 - see above

    return str(name_for_valid_number(number, "en"))[:LONGEST_CARRIER]


def _zones(number: PhoneNumber, kind: int) -> tuple[str, ...]:
    if is_number_type_geographical(kind, number.country_code or 0):
        return _sorted(time_zones_for_geographical_number(number))
    return _sorted(time_zones_for_number(number))


def _sorted(found: Iterable[str]) -> tuple[str, ...]:
    zones = sorted(z for z in found if z != "Etc/Unknown")
    return tuple(zones) if len(",".join(zones)) <= LONGEST_ZONES else ()


class _ByPrefix:
    """Facts go by the first digits of a number, its kind and its region: kept for the next one that
    begins so, as looking them up takes longer than all else."""

    MOST = 50_000

    def __init__(self) -> None:
        self._known: dict[tuple[int, str, int, str], NumberFacts] = {}

    def of(self, judged: Judged) -> NumberFacts:
        begins = judged.national[: _longest(judged.country)]
        key = (judged.country, begins, judged.kind, judged.region)
        facts = self._known.get(key)
        if facts is None:
            if len(self._known) >= self.MOST:
                self._known.clear()
            facts = self._known[key] = _found(judged)
        return facts


@cache
def _longest(country: int) -> int:
    """So many digits after the country code decide, of all that is known of its numbers."""
    from phonenumbers.carrierdata import CARRIER_DATA  # noqa: PLC0415 - as with `_carrier`

    code = str(country)
    known = (
        len(prefix) for prefix in chain(CARRIER_DATA, TIMEZONE_DATA) if prefix.startswith(code)
    )
    return max(known, default=len(code)) - len(code)


_WITH_CARRIER = frozenset(
    {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.PAGER}
)
_FACTS = _ByPrefix()
