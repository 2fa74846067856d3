"""`dialplane pbx config`: what its options put into the files, and what they refuse."""

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.asterisk import url as urls


@pytest.fixture
def made(run: Any, tmp_path: Path) -> Any:
    """The files that the command makes with these options, and the URL it prints."""

    def make(*options: str) -> tuple[dict[str, str], str]:
        ran = run("pbx", "config", "--into", tmp_path / "etc", *options, "--json")
        assert ran.code == 0, ran.err
        told = json.loads(ran.out)
        return {Path(name).parent.name: Path(name).read_text() for name in told["files"]}, told[
            "url"
        ]

    return make


def test_without_options_they_are_for_a_new_asterisk_on_this_machine(made: Any) -> None:
    files, url = made()
    manager = files["manager.d"]
    assert "permit = 127.0.0.1/255.255.255.255\npermit = ::1/128\n" in manager
    assert "eventfilter(action(include),name(Hangup)) =" in manager
    assert "Wait(60)" in files["extensions.d"]
    assert urls.read(url).host == "127.0.0.1"


def test_an_older_asterisk_gets_its_own_form_of_event_filters(made: Any) -> None:
    files, _ = made("--asterisk", "20.6")
    assert "eventfilter = Event: Hangup\n" in files["manager.d"]
    assert "eventfilter(" not in files["manager.d"]


def test_amd_and_the_hold_are_set(made: Any) -> None:
    amd = ("--amd", "greeting=1800", "--amd", "silence_threshold=300")
    files, _ = made("--hold", "90", *amd)
    assert "AMD(2500,1800,800,5000,100,50,3,300,5000)" in files["extensions.d"]
    assert "Wait(90)" in files["extensions.d"]


@pytest.mark.parametrize("host", ["pbx.example.net", "10.1.2.3", "fd00::7"])
def test_both_ends_of_a_link_between_machines_are_named(made: Any, host: str) -> None:
    files, url = made("--permit", "10.1.2.4,fd00::8", "--host", host)
    assert "permit = 10.1.2.4/255.255.255.255\npermit = fd00::8/128\n" in files["manager.d"]
    assert urls.read(url).host == host


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--asterisk", "16.28", "is no version of Asterisk"),
        ("--permit", "999.999.999.999", "permit must be IPv4 or IPv6 addresses"),
        ("--hold", "0", "hold_seconds must be a number from 1 to 3600"),
        ("--amd", "greeting", "is not NAME=NUMBER"),
        ("--amd", "greetings=1", "is not NAME=NUMBER"),
        ("--amd", "greeting=-1", "is not NAME=NUMBER"),
        ("--amd", "greeting=99999", "amd must be a number from 0 to 60000"),
        ("--host", "pbx/x", "is neither a name nor an address"),
        ("--host", "a@b", "is neither a name nor an address"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence_and_nothing_is_written(
    run: Any, tmp_path: Path, option: str, value: str, words: str
) -> None:
    ran = run("pbx", "config", "--into", tmp_path / "etc", option, value)
    assert (ran.code, ran.out) == (1, "")
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not (tmp_path / "etc").exists()
