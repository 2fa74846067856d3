"""Where texts may be sent, and by which engine."""

import pytest

from speech.addresses import host_of
from speech.engine import Chosen, open_engine
from speech.errors import SpeechError

SECRET = "s3cret-of-the-voice"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://voice.example.com/say", "voice.example.com"),
        ("https://10.1.2.3:8443/say", "10.1.2.3"),
        ("http://127.0.0.1:5000/say", "127.0.0.1"),
        ("http://127.3.2.1/say", "127.3.2.1"),
        ("http://[::1]:5000/", "::1"),
        ("http://localhost/say", "localhost"),
    ],
)
def test_texts_go_to_https_or_to_this_machine(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    "url",
    [
        "", "voice", "http://voice.example.com/say", "http://10.0.0.1/", "ftp://127.0.0.1/",
        "https://", "https:///say", "https://host:99999/", "https://host:0/", "https://[::1/",
        "http://localhost.example.com/", "http://127.0.0.1.example.com/", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_and_nowhere_else(url: str) -> None:
    with pytest.raises(SpeechError, match="expected https://host/path"):
        open_engine(Chosen("http", url=url, secret=SECRET))


def test_the_secret_is_in_no_repr() -> None:
    assert SECRET not in repr(Chosen("http", secret=SECRET))


def test_an_engine_that_there_is_not_is_told() -> None:
    with pytest.raises(SpeechError, match="there is no engine 'say'; use one of espeak, http"):
        open_engine(Chosen("say"))
