"""What a number tells by itself: the plan that it is numbered by, not whether anybody is there."""

from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType
from phonenumbers.carrier import name_for_number
from phonenumbers.timezone import time_zones_for_number

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
    zones = sorted(z for z in time_zones_for_number(parsed) if z != "Etc/Unknown")
    return NumberFacts(
        _TYPES.get(phonenumbers.number_type(parsed), ""),
        str(phonenumbers.region_code_for_number(parsed) or ""),
        str(name_for_number(parsed, "en"))[:LONGEST_CARRIER],
        tuple(zones) if len(",".join(zones)) <= LONGEST_ZONES else (),
    )
