"""What a URL says of a PBX, and what is wrong with it."""

import pytest

from connectors.freeswitch.actions import Dialling
from connectors.freeswitch.url import Address, read
from connectors.linked.patience import Patience
from connectors.pbx import PbxError, open_pbx


def test_a_url_is_where_and_how() -> None:
    asked = "?ping=1&silence=0.5&give_up=3&plus=yes&lines=4&hold=30&listen=0"
    assert read(f"esl://:s%40c%2Fr%3At@pbx.example:8022{asked}") == Address(
        "esl",
        "pbx.example",
        8022,
        "s@c/r:t",
        Dialling(plus=True, hold=30, listen=0),
        Patience(ping=1.0, silence=0.5, give_up=3.0),
        lines=4,
    )


def test_what_it_does_not_say_has_a_default() -> None:
    address = read("esl://:s@10.0.0.1")
    assert (address.port, address.dialling) == (8021, Dialling("gateway", "user"))


def test_a_user_of_the_directory_logs_in_as_one() -> None:
    assert read("esl://:s@10.0.0.1").log_in == "auth s"
    address = read("esl://dialplane%40pbx.example:s%2Ft@10.0.0.1")
    assert (address.user, address.log_in) == (
        "dialplane@pbx.example",
        "userauth dialplane@pbx.example:s/t",
    )


def test_its_repr_and_its_text_keep_the_password() -> None:
    address = read("esl://:s3cr3t@10.0.0.1")
    assert "s3cr3t" not in f"{address!r} {address}"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("esl://pbx.example", ":PASSWORD@HOST:PORT"),
        ("esl://s3cr3t@pbx.example", ":PASSWORD@HOST:PORT"),
        ("esl://user:s3cr3t@pbx.example", "USER%40DOMAIN:PASSWORD@HOST:PORT"),
        ("esl://a%20b%40c:s3cr3t@pbx.example", "USER%40DOMAIN:PASSWORD@HOST:PORT"),
        ("esl://a%40c%0aapi:s3cr3t@pbx.example", "USER%40DOMAIN:PASSWORD@HOST:PORT"),
        ("esl://:s3cr3t@", ":PASSWORD@HOST:PORT"),
        ("esl://:s3cr3t@pbx/path", ":PASSWORD@HOST:PORT"),
        ("esl://:s3cr3t@pbx:port", "cannot be read"),
        ("esl://:s3cr3t%0a%0aapi%20x@pbx", "printable ASCII"),
        ("esl://:s3cr3t@pbx?pings=2", "'pings' is not an option"),
        ("esl://:s3cr3t@pbx?pings=2", "known: ping"),
        ("esl://:s3cr3t@pbx?ping=2&ping=3", "given twice"),
        ("esl://:s3cr3t@pbx?ping=soon", "ping='soon' must be a number of seconds"),
        ("esl://:s3cr3t@pbx?silence=nan", "a number of seconds"),
        ("esl://:s3cr3t@pbx?lines=0", "a whole number from 1 to 8"),
        ("esl://:s3cr3t@pbx?hold=%D9%A3", "a whole number from 1 to 3600"),
        ("esl://:s3cr3t@pbx?phones=a%0ab", "a token"),
        ("esl://:s3cr3t@pbx?trunk_technology=error", "one of gateway, loopback"),
        ("esl://:s3cr3t@pbx?phone_technology=%0d", "one of user, gateway, loopback"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_without_the_password(url: str, words: str) -> None:
    with pytest.raises(PbxError) as wrong:
        open_pbx("north", url)
    text = str(wrong.value)
    assert words in text
    assert text.startswith("PBX 'north': ")
    assert "s3cr3t" not in text
    assert text.isprintable()
