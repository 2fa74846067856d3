"""Telephone numbers from outside: made E.164, or refused with one reason.

What comes in is hostile until parsed: a number may hold line breaks, dialplan characters, letters.
What comes out matches `connectors.calls.E164` and nothing else.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType
from phonenumbers.timezone import time_zones_for_number

from campaigns.numbering import Judged, judged, judged_as
from connectors.calls import E164

LONGEST = 40
_PLAIN = re.compile(r"[0-9]{1,40}", re.ASCII)
_DASHES = "-‐‑‒–—―−－"
_OTHER = {"＋": "+", "（": "(", "）": ")", "．": ".", "／": "/", **dict.fromkeys(_DASHES, "-")}
_FORMATTING = frozenset("-.()/ ")
_WRITTEN = re.compile(r"[0-9+.()/ -]{1,40}", re.ASCII)
_UNFORMATTED = str.maketrans("", "", "".join(_FORMATTING))
_REFUSED_TYPES = {
    PhoneNumberType.PREMIUM_RATE: "a premium-rate number",
    PhoneNumberType.SHARED_COST: "a shared-cost number",
    PhoneNumberType.PAGER: "a pager",
}
_REFUSED_COUNTRIES = {
    870: "a satellite number",
    878: "a universal personal number",
    881: "a satellite number",
    882: "an international network number",
    883: "an international network number",
    888: "a disaster relief number",
    979: "an international premium-rate number",
}


class BadNumber(ValueError):
    """One clear reason why a number cannot be called, without the number itself."""


@dataclass(frozen=True, slots=True)
class Read:
    """A number that can be called: `written` in E.164, and what was found on the way."""

    written: str
    judged: Judged


def normalise(raw: str, region: str | None = None) -> str:
    """`raw` in E.164, such as `+12125550100`. Raises `BadNumber`.

    `region` (ISO 3166, such as `US` or `DE`) is where numbers without a country code are dialled
    from; without it they are refused, for guessing would ring a stranger.
    """
    return read(raw, region).written


def read(raw: str, region: str | None = None) -> Read:
    """The same, with what was found on the way: finding it anew takes as long again."""
    text = _cleaned(raw)
    _no_emergency(text, region)
    found = judged(text, region)
    if found is None or found.kind in _REFUSED_TYPES:
        found = _by_the_library(text, region)
    written = f"+{found.country}{found.national}"
    if not E164.fullmatch(written):
        raise BadNumber("it is not a telephone number that can be dialled from abroad")
    return Read(written, found)


def is_region(region: str) -> bool:
    """Whether it is a region with telephone numbers, in capitals or not."""
    return region.strip().upper() in phonenumbers.SUPPORTED_REGIONS


def check_region(region: str) -> str:
    """`region` in capitals. Raises `BadNumber` when it is no region with telephone numbers."""
    known = region.strip().upper()
    if not is_region(known):
        raise BadNumber(f"{known[:20]!r} is not a region code such as US, DE or CN")
    return known


def zones_of(number: str) -> tuple[str, ...]:
    """The IANA time zones in which an E.164 number may be; empty when none is known."""
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException:
        return ()
    return tuple(z for z in time_zones_for_number(parsed) if z != "Etc/Unknown")


def _cleaned(raw: str) -> str:
    """Digits with at most a leading `+`; formatting is dropped, anything else is refused."""
    if E164.fullmatch(raw) or _PLAIN.fullmatch(raw):
        return raw
    digits = raw.translate(_UNFORMATTED) if _WRITTEN.fullmatch(raw) else _deciphered(raw)
    if not digits.strip("+"):
        raise BadNumber("it is empty")
    if "+" in digits[1:]:
        raise BadNumber("it holds a '+' that is not its first character")
    return digits


def _deciphered(raw: str) -> str:
    """The same of what is not written in ASCII, or not a number."""
    if any(unicodedata.category(c) == "Cc" for c in raw.strip()):
        raise BadNumber("it holds a line break or another control character")
    if len(raw) > LONGEST:
        raise BadNumber(f"it is longer than {LONGEST} characters")
    text = "".join(_plain(c) for c in raw).strip()
    _only_dialled(text)
    return "".join(c for c in text if c not in _FORMATTING)


def _plain(char: str) -> str:
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    kind = unicodedata.category(char)
    if kind == "Cf":
        return ""  # marks of writing direction, which address books leave behind
    return " " if kind == "Zs" else _OTHER.get(char, char)


def _only_dialled(text: str) -> None:
    strange = next((c for c in text if not (c.isdecimal() or c in _FORMATTING or c == "+")), None)
    if strange is None:
        return
    if strange.isalpha():
        raise BadNumber(f"it holds the letter {strange!r}; write digits only")
    raise BadNumber(f"it holds the character {strange!r}; write digits only")


def _no_emergency(text: str, region: str | None) -> None:
    if region and _is_emergency(text, region):
        raise BadNumber(f"it is an emergency number in {region}")
    if len(text) < 5 and not text.startswith("+"):
        raise BadNumber("it is a short or emergency number, or not whole")


def _is_emergency(text: str, region: str) -> bool:
    """By its first digits, kept for the next one that begins so: no emergency number is longer."""
    if not _PLAIN.fullmatch(text):
        return bool(phonenumbers.connects_to_emergency_number(text, region))
    longest = _longest_emergency(region)
    return _begins_as_one(text[:longest], len(text) > longest, region)


@lru_cache(maxsize=4096)
def _begins_as_one(text: str, goes_on: bool, region: str) -> bool:
    whole = text + "0" if goes_on else text
    return bool(phonenumbers.connects_to_emergency_number(whole, region))


@lru_cache(maxsize=512)
def _longest_emergency(region: str) -> int:
    known = phonenumbers.PhoneMetadata.short_metadata_for_region(region)
    lengths = known.emergency.possible_length if known and known.emergency else ()
    return max(lengths, default=LONGEST)


def _by_the_library(text: str, region: str | None) -> Judged:
    """Whatever is not plain, and why a number cannot be called."""
    number = _parsed(text, region)
    kind = _callable(number)
    return judged_as(number, kind)


def _parsed(text: str, region: str | None) -> PhoneNumber:
    if region is None and not text.startswith("+"):
        raise BadNumber(
            "it has no country code: write it with '+' and the country code, or name a region"
        )
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException as wrong:
        raise BadNumber(_PARSE_REASONS.get(wrong.error_type, "it is not a number")) from wrong


def _callable(number: PhoneNumber) -> int:
    """Its kind."""
    if number.country_code in _REFUSED_COUNTRIES:
        raise BadNumber(f"it is {_REFUSED_COUNTRIES[number.country_code]}")
    length = phonenumbers.is_possible_number_with_reason(number)
    if length in _LENGTH_REASONS:
        raise BadNumber(_LENGTH_REASONS[length])
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:
        raise BadNumber(f"no such number is in use in country +{number.country_code}")
    if kind in _REFUSED_TYPES:
        raise BadNumber(f"it is {_REFUSED_TYPES[kind]}")
    return int(kind)


_PARSE_REASONS = {
    NumberParseException.INVALID_COUNTRY_CODE: "its country code does not exist",
    NumberParseException.NOT_A_NUMBER: "it is not a number",
    NumberParseException.TOO_SHORT_AFTER_IDD: "it is too short",
    NumberParseException.TOO_SHORT_NSN: "it is too short",
    NumberParseException.TOO_LONG: "it is too long",
}
_LENGTH_REASONS = {
    phonenumbers.ValidationResult.INVALID_COUNTRY_CODE: "its country code does not exist",
    phonenumbers.ValidationResult.TOO_SHORT: "it is too short for its country",
    phonenumbers.ValidationResult.INVALID_LENGTH: "it has not the length of its country's numbers",
    phonenumbers.ValidationResult.TOO_LONG: "it is too long for its country",
    phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "it lacks its area code",
}
