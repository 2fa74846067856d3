"""What strangers say of themselves, and what is believed of it."""

import pytest

from connectors.incoming import caller, line_of


@pytest.mark.parametrize(
    ("text", "plain", "with_plus"),
    [
        ("+4930123456", "+4930123456", "+4930123456"),
        ("4930123456", "+4930123456", ""),
        ("004930123456", "+4930123456", "+4930123456"),
        ("030123456", "", ""),
        ("+49 (30) 123-45.6", "+4930123456", "+4930123456"),
        ("", "", ""),
        ("<unknown>", "", ""),
        ("anonymous", "", ""),
        ("+49\r\nAction: Logoff", "", ""),
        ("4930123456,Line: vip", "", ""),
        ("+" + "1" * 16, "", ""),
    ],
)
def test_a_caller_is_a_number_or_nobody(text: str, plain: str, with_plus: str) -> None:
    assert caller(text) == plain
    assert caller(text, plus=True) == with_plus


@pytest.mark.parametrize(
    ("account", "line"),
    [
        ("dialplane-line-support", "support"),
        ("dialplane-line-", ""),
        ("dialplane-line-a b", ""),
        ("dialplane-call", ""),
        ("", ""),
    ],
)
def test_the_line_stands_in_the_account(account: str, line: str) -> None:
    assert line_of(account) == line
