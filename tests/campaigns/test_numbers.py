"""Numbers from outside: what is made clean, and each thing that is refused, with its reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.numbers import BadNumber, check_region, normalise, zones_of
from connectors.calls import E164


@pytest.mark.parametrize(
    ("raw", "region", "expected"),
    [
        ("+12125550100", None, "+12125550100"),
        ("+1 (212) 555-0199", None, "+12125550199"),
        ("212.555.0142", "US", "+12125550142"),
        ("030 901820", "DE", "+4930901820"),
        ("0049 30 901820", "DE", "+4930901820"),
        ("+49 (0)30 901820", None, "+4930901820"),
        (" +44 20 7946 0123\n", None, "+442079460123"),
        ("＋８６ １３９ １２３４ ５６７８", None, "+8613912345678"),
        ("+44\u00a020\u20117946\u20110123", None, "+442079460123"),
        ("\u202a+12125550100\u202c", None, "+12125550100"),
        ("+39 06 1234 5678", None, "+390612345678"),
    ],
)
def test_a_number_is_made_e164(raw: str, region: str | None, expected: str) -> None:
    assert normalise(raw, region) == expected


@pytest.mark.parametrize(
    ("raw", "region", "reason"),
    [
        ("", "US", "it is empty"),
        ("  \t ", "US", "it is empty"),
        ("---", "US", "it is empty"),
        ("1-800-FLOWERS", "US", "it holds the letter 'F'; write digits only"),
        ("4.91512E+11", "DE", "it holds the letter 'E'; write digits only"),
        ("+1212555010O", None, "it holds the letter 'O'; write digits only"),
        ("+12125550100;ext=5", None, "it holds the character ';'; write digits only"),
        ("+12125550100,,123#", None, "it holds the character ','; write digits only"),
        ("${EXTEN}", None, "it holds the character '$'; write digits only"),
        ("+12125550100&PJSIP/x", None, "it holds the character '&'; write digits only"),
        (
            "+12125550100\r\nAction: Originate",
            None,
            "it holds a line break or another control character",
        ),
        ("+1212\x005550100", None, "it holds a line break or another control character"),
        ("+1" + "2" * 60, None, "it is longer than 40 characters"),
        ("+12125550100+1", None, "it holds a '+' that is not its first character"),
        ("911", "US", "it is an emergency number in US"),
        ("110", "DE", "it is an emergency number in DE"),
        ("9911", "US", "it is a short or emergency number, or not whole"),
        ("112", None, "it is a short or emergency number, or not whole"),
        (
            "2125550100",
            None,
            "it has no country code: write it with '+' and the country code, or name a region",
        ),
        ("+999123456789", None, "its country code does not exist"),
        ("+1212555", None, "it is too short for its country"),
        ("+1212555010012", None, "it is too long for its country"),
        ("5550100", "US", "it lacks its area code"),
        ("+15550001234", None, "no such number is in use in country +1"),
        ("+19005551234", None, "it is a premium-rate number"),
        ("+870773111632", None, "it is a satellite number"),
        ("+979123456789", None, "it is an international premium-rate number"),
    ],
)
def test_a_refusal_has_one_reason(raw: str, region: str | None, reason: str) -> None:
    with pytest.raises(BadNumber) as refused:
        normalise(raw, region)
    assert str(refused.value) == reason


@given(st.text(max_size=50), st.sampled_from([None, "US", "DE", "CN"]))
def test_whatever_comes_in_only_e164_comes_out(raw: str, region: str | None) -> None:
    try:
        number = normalise(raw, region)
    except BadNumber:
        return
    assert E164.fullmatch(number)
    assert normalise(number) == number


@given(st.text(alphabet="0123456789+-() .", max_size=22), st.sampled_from([None, "US", "DE"]))
def test_what_is_accepted_is_accepted_again_unchanged(raw: str, region: str | None) -> None:
    try:
        number = normalise(raw, region)
    except BadNumber:
        return
    assert normalise(number, region) == number


def test_zones_of_a_number() -> None:
    assert zones_of("+12125550100") == ("America/New_York",)
    assert zones_of("+4930901820") == ("Europe/Berlin",)
    assert len(zones_of("+18005550123")) > 5
    assert zones_of("+870773111632") == ()
    assert zones_of("nonsense") == ()


def test_regions() -> None:
    assert check_region(" us ") == "US"
    with pytest.raises(BadNumber, match="'XX' is not a region code"):
        check_region("XX")


@given(st.text("0123456789+-.()/ ", max_size=45), st.sampled_from(["US", "CN", "DE", None]))
def test_what_is_written_plainly_is_read_as_what_is_not(raw: str, region: str | None) -> None:
    """Plain writing has a way of its own, which is quicker."""
    assert _said(raw, region) == _said(f"{raw}\u200e", region)


def _said(raw: str, region: str | None) -> str:
    try:
        return normalise(raw, region)
    except BadNumber as wrong:
        return str(wrong)
