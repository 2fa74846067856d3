"""What numbers are by their plans' patterns: the same as the library finds, in all regions."""

import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberType, carrier
from phonenumbers.timezone import time_zones_for_number

from campaigns.crm.number_facts import LONGEST_CARRIER, NumberFacts, facts_from, facts_of
from campaigns.numbering import Judged, judged

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
TYPES = [number for name, number in vars(PhoneNumberType).items() if isinstance(number, int)]


def by_the_library(text: str, region: str | None) -> Judged | None:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN or phonenumbers.is_possible_number_with_reason(number):
        return None
    national = phonenumbers.national_significant_number(number)
    where = phonenumbers.region_code_for_number(number)
    return Judged(number.country_code or 0, national, where or "", kind)


def facts_by_the_library(number: str) -> tuple[str, tuple[str, ...]]:
    """Its carrier and time zones."""
    parsed = phonenumbers.parse(number, None)
    zones = sorted(z for z in time_zones_for_number(parsed) if z != "Etc/Unknown")
    long = len(",".join(zones)) > 760
    name = carrier.name_for_number(parsed, "en")[:LONGEST_CARRIER]
    return name, () if long else tuple(zones)


@cache
def nationals(region: str) -> tuple[str, ...]:
    """An example of each kind that there is in a region."""
    found = (phonenumbers.example_number_for_type(region, each) for each in TYPES)
    return tuple(phonenumbers.national_significant_number(each) for each in found if each)


def dialled_before(region: str, draw: random.Random) -> Iterator[str]:
    """What people, and mistakes, put before a number."""
    known: Any = PhoneMetadata.metadata_for_region(region, None)
    code = str(known.country_code)
    yield from ("", "", "0", "1", "15", "17951", "+", "00" + code, code, "+" + code, "+" + code)
    yield from (known.national_prefix or "", f"+{code}{known.national_prefix or '0'}")
    yield "".join(draw.choices("0123456789", k=draw.randint(1, 4)))


def written(region: str, draw: random.Random) -> str:
    """A number of the region, whole or with digits changed, too many, or lacking."""
    digits = list(draw.choice(nationals(region)))
    for _ in range(draw.choice((0, 0, 1, 2, 4, 8))):
        digits[draw.randrange(len(digits))] = draw.choice("0123456789")
    text = "".join(digits)[: draw.choice((99, 99, 99, len(digits) - 1, 4, 5, 6, 7))]
    text += draw.choice(("", "", "", draw.choice("0123456789"), "00"))
    return draw.choice(list(dialled_before(region, draw))) + text


@given(st.randoms(use_true_random=False), st.sampled_from(REGIONS), st.sampled_from(REGIONS))
def test_whatever_is_judged_the_library_finds_too(
    draw: random.Random, region: str, other: str
) -> None:
    for _ in range(20):
        text, at = written(region, draw), draw.choice((region, region, region, other))
        found = judged(text, at)
        if found is not None:
            assert found == by_the_library(text, at), (text, at)


@pytest.mark.parametrize("way", ["national", "E.164"])
def test_what_is_plain_need_not_be_asked(way: str) -> None:
    """Examples of all kinds in all regions."""
    for region in REGIONS:
        code = phonenumbers.country_code_for_region(region)
        for national in nationals(region):
            text = f"+{code}{national}" if way == "E.164" else national
            expected = by_the_library(text, region)
            found = judged(text, region)
            assert found == expected or (found is None and way == "national"), (text, region)
            if region in ("CN", "US", "DE", "GB", "BR", "IN", "AR", "MX"):
                assert found is not None, (text, region)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("+", None),
        ("+0", None),
        ("+86", None),
        ("+99913812345678", None),  # no country's
        ("+80012345678", None),  # no country's, though numbers begin so
        ("13812345678", None),
        ("13812345678", "cn"),
        ("13812345678", "XX"),
        ("12345", "CN"),  # without an area code
        ("008613812345678", "CN"),
        ("13812345678901234567", "CN"),
    ],
)
def test_what_the_library_is_asked(text: str, region: str | None) -> None:
    assert judged(text, region) is None


@given(st.randoms(use_true_random=False), st.sampled_from(REGIONS))
def test_facts_are_the_library_s(draw: random.Random, region: str) -> None:
    for _ in range(5):
        found = judged(written(region, draw), region)
        if found is not None:
            number = f"+{found.country}{found.national}"
            facts = facts_from(found)
            assert facts.region == found.region
            if by_the_library(number, None) == found:  # some are others' once they are written out
                assert (facts.carrier, facts.zones) == facts_by_the_library(number)
                assert facts_of(number) == facts


def test_facts_of_what_is_no_number() -> None:
    assert facts_of("nobody") == NumberFacts()
    assert facts_of("+8611") == NumberFacts(region="CN")
