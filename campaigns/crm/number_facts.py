"""What a number tells by itself: the plan that it is numbered by, not whether anybody is there."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Generic, TypeVar

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType
from phonenumbers.phonenumberutil import is_number_type_geographical
from phonenumbers.timezone import time_zones_for_geographical_number, time_zones_for_number
from phonenumbers.tzdata import TIMEZONE_LONGEST_PREFIX

from campaigns.numbers import Read

T = TypeVar("T")

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
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException:
        return NumberFacts()
    return facts_from(Read(number, parsed, phonenumbers.number_type(parsed)))


def facts_from(read: Read) -> NumberFacts:
    """Of a number that was just read."""
    carrier = _carriers().of(read) if read.kind in _WITH_CARRIER else ""
    return NumberFacts(
        _TYPES.get(read.kind, ""),
        str(phonenumbers.region_code_for_number(read.number) or ""),
        carrier,
        _zones(read),
    )


def _zones(read: Read) -> tuple[str, ...]:
    if is_number_type_geographical(read.kind, read.number.country_code or 0):
        return _ZONES.of(read)
    return _sorted(time_zones_for_number(read.number))


def _sorted(found: Iterable[str]) -> tuple[str, ...]:
    zones = sorted(z for z in found if z != "Etc/Unknown")
    return tuple(zones) if len(",".join(zones)) <= LONGEST_ZONES else ()


class _ByPrefix(Generic[T]):
    """What goes by the first digits of a number, kept for the next one that begins so: looking it
    up takes longer than all else."""

    MOST = 50_000

    def __init__(self, digits: int, found: Callable[[PhoneNumber], T]) -> None:
        self._end = 1 + digits
        self._found = found
        self._known: dict[str, T] = {}

    def of(self, read: Read) -> T:
        prefix = read.written[: self._end]
        if prefix not in self._known:
            if len(self._known) >= self.MOST:
                self._known.clear()
            self._known[prefix] = self._found(read.number)
        return self._known[prefix]


_WITH_CARRIER = frozenset(
    {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.PAGER}
)
_ZONES = _ByPrefix(
    TIMEZONE_LONGEST_PREFIX, lambda number: _sorted(time_zones_for_geographical_number(number))
)


@cache
def _carriers() -> _ByPrefix[str]:
    """Loaded for the first number that is looked up: most commands look none up."""
    from phonenumbers.carrier import name_for_valid_number  # noqa: PLC0415 - see above
    from phonenumbers.carrierdata import CARRIER_LONGEST_PREFIX  # noqa: PLC0415

    return _ByPrefix(
        CARRIER_LONGEST_PREFIX,
        lambda number: str(name_for_valid_number(number, "en"))[:LONGEST_CARRIER],
    )
