"""Numbers judged by their countries' numbering plans: plain digits, as nearly all of a file are.

Theory. `phonenumbers` reads whatever anybody writes, and asks thirty questions of each number, one
after another. Of plain digits the same questions, of its own metadata, are a few patterns that are
compiled once: what is dialled before a number, how long numbers are, and, for each length, of which
kind a number is, the kinds in the library's order. That is a tenth of the time. Whatever these do
not settle is the library's to judge, and so is each refusal with its reason; a test holds the two
against each other in all regions.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneNumberType
from phonenumbers import PhoneMetadata as Metadata

_NOWHERE = "001"  # the region of numbers that are no country's
_LONGEST_CODE = 3
_LEAST, _MOST = 2, 17  # digits without the country code, as the library has them
_KINDS: Mapping[str, int] = {  # by their names in the metadata; whichever is the first counts
    "premium_rate": PhoneNumberType.PREMIUM_RATE,
    "toll_free": PhoneNumberType.TOLL_FREE,
    "shared_cost": PhoneNumberType.SHARED_COST,
    "voip": PhoneNumberType.VOIP,
    "personal_number": PhoneNumberType.PERSONAL_NUMBER,
    "pager": PhoneNumberType.PAGER,
    "uan": PhoneNumberType.UAN,
    "voicemail": PhoneNumberType.VOICEMAIL,
    "both": PhoneNumberType.FIXED_LINE_OR_MOBILE,
    "fixed_line": PhoneNumberType.FIXED_LINE,
    "mobile": PhoneNumberType.MOBILE,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A number that is in use. `national`: without the country code; `kind`: a
    `PhoneNumberType`."""

    country: int
    national: str
    region: str
    kind: int


def judged(text: str, region: str | None) -> Judged | None:
    """A number of ASCII digits, with at most a `+` before them; None: ask the library."""
    found = _abroad(text) if text.startswith("+") else _at_home(text, region)
    if found is None:
        return None
    plan, national = found
    short = plan.without_prefix(national)
    if plan.may_be(len(short)):
        national = short
    main = _of_country(plan.country)
    if main is None or not main.has(len(national)) or not _LEAST <= len(national) <= _MOST:
        return None
    return _of_kind(plan.country, national)


def judged_as(number: phonenumbers.PhoneNumber, kind: int) -> Judged:
    """One that the library has judged."""
    national = str(phonenumbers.national_significant_number(number))
    region = str(phonenumbers.region_code_for_number(number) or "")
    return Judged(number.country_code or 0, national, region, kind)


def _abroad(text: str) -> "tuple[_Plan, str] | None":
    """By its country code: no code begins with another one."""
    for end in range(2, _LONGEST_CODE + 2):
        if text[1:end] in _CODES:
            plan = _of_country(int(text[1:end]))
            return (plan, text[end:]) if plan is not None else None
    return None


def _at_home(text: str, region: str | None) -> "tuple[_Plan, str] | None":
    plan = _of_region(region) if region in SUPPORTED_REGIONS else None
    if plan is None or plan.abroad.match(text):
        return None
    main = _of_country(plan.country)
    if main is not None and plan.begins_with_code(text):
        return main, plan.without_prefix(text[len(plan.code) :])
    return plan, text


def _of_kind(country: int, national: str) -> Judged | None:
    """In the first of the country's regions in which there is such a number."""
    regions = COUNTRY_CODE_TO_REGION_CODE[country]
    for region in regions:
        plan = _of_region(region)
        if plan is None:
            continue
        if plan.leading is not None and len(regions) > 1 and not plan.leading.match(national):
            continue
        kind = plan.kind(national)
        if kind is not None:
            return Judged(country, national, region, kind)
        if plan.leading is not None:
            return None
    return None


@dataclass(slots=True)
class _Plan:
    """One region's. `lengths`, `local`: of whole numbers, and of those without an area code;
    `prefix`, `becomes`: what is dialled before a number at home, and what that stands for;
    `abroad`: before a country code; `leading`: how its numbers begin, where other regions have the
    same country code."""

    country: int
    code: str
    known: Any
    general: re.Pattern[str]
    lengths: frozenset[int]
    local: frozenset[int]
    prefix: re.Pattern[str] | None
    becomes: str
    abroad: re.Pattern[str]
    leading: re.Pattern[str] | None
    kinds: dict[int, re.Pattern[str]] = field(default_factory=dict)

    def has(self, length: int) -> bool:
        """Whether whole numbers have that length."""
        return length in self.lengths and length not in self.local

    def may_be(self, length: int) -> bool:
        """Whether that is a length which may be left once a prefix is taken away."""
        return self.has(length) or self._is_too_long(length)

    def _is_too_long(self, length: int) -> bool:
        return length > max(self.lengths) and length not in self.local

    def begins_with_code(self, text: str) -> bool:
        """Whether it is a number with its country code, though no `+` tells so."""
        if not text.startswith(self.code):
            return False
        rest = self.without_prefix(text[len(self.code) :])
        is_one = bool(self.general.fullmatch(rest)) and not self.general.fullmatch(text)
        return is_one or self._is_too_long(len(text))

    def without_prefix(self, text: str) -> str:
        """Without what is dialled before it at home, if it is a number then."""
        found = self.prefix.match(text) if self.prefix is not None else None
        if self.prefix is None or found is None:
            return text
        stands = self.becomes and found.groups()[-1] is not None
        rest = self.prefix.sub(self.becomes, text, count=1) if stands else text[found.end() :]
        if self.general.fullmatch(text) and not self.general.fullmatch(rest):
            return text
        return rest

    def kind(self, national: str) -> int | None:
        """Its kind; None: there is no such number."""
        length = len(national)
        if length not in self.kinds:
            self.kinds[length] = _kinds(self.known, length)
        found = self.kinds[length].fullmatch(national)
        return _KINDS[found.lastgroup] if found and found.lastgroup else None


@lru_cache(maxsize=512)
def _of_region(region: str) -> _Plan | None:
    known: Any = Metadata.metadata_for_region(region, None)
    if known is None or known.general_desc.national_number_pattern is None:
        return None
    general = known.general_desc
    prefix, leading = known.national_prefix_for_parsing, known.leading_digits
    return _Plan(
        country=known.country_code,
        code=str(known.country_code),
        known=known,
        general=re.compile(general.national_number_pattern),
        lengths=frozenset(general.possible_length),
        local=frozenset(general.possible_length_local_only),
        prefix=re.compile(prefix) if prefix else None,
        becomes=known.national_prefix_transform_rule or "",
        abroad=re.compile(known.international_prefix or "NonMatch"),
        leading=None if leading is None else re.compile(leading),
    )


@lru_cache(maxsize=512)
def _of_country(code: int) -> _Plan | None:
    """The plan of the country's main region."""
    region = COUNTRY_CODE_TO_REGION_CODE[code][0]
    return None if region == _NOWHERE else _of_region(region)


_CODES = frozenset(map(str, COUNTRY_CODE_TO_REGION_CODE))


def _kinds(known: Any, length: int) -> re.Pattern[str]:
    """Which kinds there are of numbers of one length, as one pattern: a group for each."""
    general = _said(known.general_desc, length) or "(?!)"
    told = "|".join(f"(?P<{name}>{said})" for name, said in _each(known, length))
    return re.compile(rf"(?=(?:{general})\Z)(?:{told or '(?!)'})")


def _each(known: Any, length: int) -> Iterator[tuple[str, str]]:
    same = known.same_mobile_and_fixed_line_pattern
    for name in _KINDS:
        said = _said(getattr(known, "fixed_line" if name == "both" else name), length)
        if name == "both" and said and not same:
            mobile = _said(known.mobile, length)
            said = rf"(?=(?:{mobile})\Z)(?:{said})" if mobile else ""
        if said and not (same and name in ("fixed_line", "mobile")):
            yield name, said


def _said(described: Any, length: int) -> str:
    """The pattern of numbers of that length; empty: there are none."""
    if described is None:
        return ""
    lengths = described.possible_length
    said = described.national_number_pattern
    return said or "" if not lengths or length in lengths else ""
