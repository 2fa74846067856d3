"""What a URL says of a PBX, and what is wrong with it."""

import pytest

from connectors.asterisk.actions import Dialling
from connectors.asterisk.url import Address, read
from connectors.linked.patience import Patience
from connectors.pbx import PbxError, open_pbx


def test_a_url_is_where_who_and_how() -> None:
    asked = "?ping=1&silence=0.5&give_up=3&plus=yes"
    assert read(f"ami://dialler:s%40c%2Fr%3At@pbx.example:5039{asked}") == (
        Address(
            "ami",
            "pbx.example",
            5039,
            "dialler",
            "s@c/r:t",
            Dialling(plus=True),
            Patience(ping=1.0, silence=0.5, give_up=3.0),
        )
    )


def test_what_it_does_not_say_has_a_default() -> None:
    address = read("ami+panoramisk://u:s@10.0.0.1")
    assert (address.port, address.dialling, address.tls) == (
        5038,
        Dialling("PJSIP", "PJSIP"),
        False,
    )


def test_its_repr_and_its_text_keep_the_secret() -> None:
    address = read("ami://user:s3cr3t@10.0.0.1")
    assert "s3cr3t" not in f"{address!r} {address}"


def test_under_tls_the_pbx_must_show_a_certificate_that_is_trusted() -> None:
    context = read("ami://u:s@pbx.example?tls=yes").tls_context()
    assert context is not None
    assert context.check_hostname
    assert read("ami://u:s@pbx.example").tls_context() is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ami://pbx.example", "USER:SECRET@HOST:PORT"),
        ("ami://user@pbx.example", "USER:SECRET@HOST:PORT"),
        ("ami://user:s3cr3t@", "USER:SECRET@HOST:PORT"),
        ("ami://user:s3cr3t@pbx/path", "USER:SECRET@HOST:PORT"),
        ("ami://user:s3cr3t@pbx:port", "cannot be read"),
        ("ami://user:s3cr3t@pbx:99999", "cannot be read"),
        ("ami://us%0d%0aer:s3cr3t@pbx", "printable ASCII"),
        ("ami://user:s3cr3t@pbx?pings=2", "'pings' is not an option"),
        ("ami://user:s3cr3t@pbx?pings=2", "known: ping"),
        ("ami://user:s3cr3t@pbx?ping=2&ping=3", "given twice"),
        ("ami://user:s3cr3t@pbx?ping=soon", "ping='soon' must be a number of seconds"),
        ("ami://user:s3cr3t@pbx?ping=0", "a number of seconds from 0.05 to 60"),
        ("ami://user:s3cr3t@pbx?silence=nan", "a number of seconds"),
        ("ami://user:s3cr3t@pbx?tls=maybe", "yes or no"),
        ("ami://user:s3cr3t@pbx?trunk_technology=Local/x", "one of PJSIP, SIP, IAX2"),
        ("ami://user:s3cr3t@pbx?phone_technology=%0d", "one of PJSIP, SIP, IAX2"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_without_the_secret(url: str, words: str) -> None:
    with pytest.raises(PbxError) as wrong:
        open_pbx("north", url)
    text = str(wrong.value)
    assert words in text
    assert text.startswith("PBX 'north': ")
    assert "s3cr3t" not in text
    assert text.isprintable()
