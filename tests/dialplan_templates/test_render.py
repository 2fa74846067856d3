"""The PBX's files are what an engineer reads, and no value can add a line to them."""

import re
from typing import Any

import pytest

from connectors.asterisk.actions import SPY_MODE
from connectors.asterisk.arrivals import ARRIVED
from connectors.asterisk.hearing import HANDLERS, USER_EVENTS
from connectors.calls import Amd
from dialplan_templates.doors import LOOPBACK
from dialplan_templates.render import EVENTS, FILES, asterisk_files
from dialplan_templates.versions import needs_regex_filters

SECRET = "0123456789abcdef"


def test_every_file_is_whole() -> None:
    files = asterisk_files(secret=SECRET)
    assert tuple(files) == FILES
    for text in files.values():
        assert not re.search(r"@[A-Z]+@", text)
        assert text.isascii()
        assert text.endswith("\n")


def test_the_values_are_where_they_belong() -> None:
    files = asterisk_files(
        secret=SECRET,
        user="dialler",
        permit="10.1.2.3/255.255.255.255",
        hold_seconds=90,
        amd=Amd(greeting=1700),
    )
    manager = files["manager.d/dialplane.conf"]
    assert "[dialler]\n" in manager
    assert f"secret = {SECRET}\n" in manager
    assert "deny = 0.0.0.0/0.0.0.0\ndeny = ::/0\npermit = 10.1.2.3/255.255.255.255\n" in manager
    extensions = files["extensions.d/dialplane.conf"]
    assert "Wait(90)" in extensions
    assert "AMD(2500,1700,800,5000,100,50,3,256,5000)" in extensions


def test_the_user_of_the_manager_may_do_little() -> None:
    manager = asterisk_files(secret=SECRET)["manager.d/dialplane.conf"]
    [write] = re.findall(r"^write = (.*)$", manager, re.MULTILINE)
    assert set(write.split(",")) == {"call", "originate", "reporting"}


@pytest.mark.parametrize(
    ("permit", "lines"),
    [
        (LOOPBACK, "permit = 127.0.0.1/255.255.255.255\npermit = ::1/128"),
        ("10.1.2.3", "permit = 10.1.2.3/255.255.255.255"),
        ("10.1.2.3/24", "permit = 10.1.2.0/255.255.255.0"),
        ("fd00::7,10.1.2.3", "permit = fd00::7/128\npermit = 10.1.2.3/255.255.255.255"),
        ("FD00::/64", "permit = fd00::/64"),
    ],
)
def test_whoever_may_log_in_is_written_as_an_address_with_its_mask(permit: str, lines: str) -> None:
    manager = asterisk_files(secret=SECRET, permit=permit)["manager.d/dialplane.conf"]
    assert f"\ndeny = ::/0\n{lines}\nread = " in manager


@pytest.mark.parametrize(
    "permit",
    [
        "999.999.999.999", "10.1.2.3/255.255.255.256", "10.1.2.3/33", "::1/129", "1", "10.1.2",
        "10.1.2.3,", ",", "10.1.2.3, ::1", "::1%lo", "abc", ",".join(["10.1.2.3"] * 17),
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(permit: str) -> None:
    with pytest.raises(ValueError, match=r"permit must be IPv4 or IPv6 addresses"):
        asterisk_files(secret=SECRET, permit=permit)


@pytest.mark.parametrize(
    ("version", "old"),
    [
        ("18", True), ("18.24.1", True), ("18.25.0", False), ("19.8", True), ("20.6.0~dfsg", True),
        ("20.10", False), ("21.4", True), ("21.5", False), ("22", False), ("22.10.1+dfsg", False),
    ],
)  # fmt: skip
def test_the_form_of_the_filters_follows_the_version(version: str, old: bool) -> None:
    assert needs_regex_filters(version) is old


@pytest.mark.parametrize("version", ["", "16.28", "x", "certified/18.9", "180.1", "\x1b[2J"])
def test_what_is_no_version_is_refused_in_a_sentence(version: str) -> None:
    with pytest.raises(ValueError, match="is no version of Asterisk") as refused:
        needs_regex_filters(version)
    assert str(refused.value).isprintable()


def test_the_filters_let_through_what_the_connector_reads() -> None:
    assert set(EVENTS) == {"FullyBooted", *HANDLERS}
    manager = asterisk_files(secret=SECRET)["manager.d/dialplane.conf"]
    assert re.findall(r"^eventfilter\(action\(include\),name\((\w+)\)", manager, re.MULTILINE) == (
        list(EVENTS)
    )
    older = asterisk_files(secret=SECRET, regex_filters=True)["manager.d/dialplane.conf"]
    assert re.findall(r"^eventfilter = Event: (\w+)$", older, re.MULTILINE) == list(EVENTS)


def test_the_dialplan_tells_what_the_connector_hears() -> None:
    extensions = asterisk_files(secret=SECRET)["extensions.d/dialplane.conf"]
    told = set(re.findall(r"UserEvent\((\w+)", extensions))
    assert told | {"DialplaneFlow"} == {*USER_EVENTS, ARRIVED}
    assert set(SPY_MODE.values()) == set("lwb")


def test_no_application_of_the_dialplan_runs_a_program() -> None:
    extensions = asterisk_files(secret=SECRET)["extensions.d/dialplane.conf"]
    used = set(re.findall(r"(?:,1,|n,|\),)([A-Z]\w+)\(", extensions))
    assert used == {
        "AMD", "Answer", "ChanSpy", "ConfBridge", "Gosub", "Goto", "GotoIf", "Hangup", "MixMonitor",
        "MusicOnHold", "NoOp", "Playback", "Return", "Set", "StopMixMonitor", "UserEvent", "Wait",
    }  # fmt: skip


HOSTILE = (
    "", "-", "a" * 129, "0123456789abcdef\n", "0123456789abcdef\nwrite = system",
    "0123456789abcdef;", "${SHELL(id)}0123456789", "0123456789abcdef @USER@", "0123456789abcdé",
    None, 5, b"0123456789abcdef",
)  # fmt: skip


@pytest.mark.parametrize("field", ["secret", "user", "permit"])
@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_a_hostile_value_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"configuration's {field} must be"):
        asterisk_files(**{"secret": SECRET, field: value})


@pytest.mark.parametrize("value", [0, 3601, -1, "60", 6.5, None])
def test_so_is_a_number_that_is_none(value: Any) -> None:
    with pytest.raises(ValueError, match="hold_seconds must be a number"):
        asterisk_files(secret=SECRET, hold_seconds=value)
    with pytest.raises(ValueError, match="amd must be a number"):
        asterisk_files(secret=SECRET, amd=Amd(greeting=-5 if isinstance(value, int) else value))
