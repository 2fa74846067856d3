"""Whatever is not a digit, a UUID or a token never reaches a control channel."""

from dataclasses import fields, replace
from typing import Any, get_args
from uuid import UUID
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.allowed import MAX_TEXTS
from connectors.calls import (
    Amd,
    Command,
    ConnectToAgent,
    HangUp,
    Listening,
    Monitor,
    Originate,
    PlayMessage,
    RingAgent,
    StartRecording,
    StopRecording,
)
from connectors.check import RULES, check
from connectors.flows import AnswerFlow, EnterFlow
from connectors.party import Party
from connectors.pbx import CommandRefused

ID = UUID("0190c0de-0000-7000-8000-000000000001")
GOOD: tuple[Command, ...] = (
    Originate(ID, "+4930123456", "trunk-1", "+493099999", 30, amd=True),
    RingAgent(ID, "sip-101"),
    ConnectToAgent(ID, ID),
    HangUp(ID),
    PlayMessage(ID, "safe-harbour"),
    StartRecording(ID, f"2026/11/20/{ID}"),
    StopRecording(ID),
    Monitor(ID, "boss", ID, Listening.WHISPER),
    EnterFlow(ID, "survey", "trunk-1", {"name": "Zoë"}, ("vip",), ("Europe/Berlin",), Party.HUMAN),
    AnswerFlow(ID, "3", {"due": "12.50 €"}),
)
HOSTILE = (
    None,
    "",
    "a\r\n\r\nAction: Originate",
    "x\n",
    "${SHELL(id)}",
    "a,b",
    "../../etc/passwd",
    "2026//x",
    "/abs",
    "2026/..",
    "١٢٣",
    "+49301234567890123",
    "a" * 65,
    "a/" * 8 + "a",
    "/".join(["a" * 50] * 4),
    b"bytes",
    1.5,
    0,
    -1,
    301,
    object(),
    [ID],
)
FIELDS = [
    pytest.param(command, field.name, id=f"{type(command).__name__}.{field.name}")
    for command in GOOD
    for field in fields(command)
]


@pytest.mark.parametrize("command", GOOD, ids=lambda c: type(c).__name__)
def test_a_sound_command_passes(command: Command) -> None:
    check(command)


def test_every_command_has_a_rule_for_every_field() -> None:
    assert set(RULES) == set(get_args(Command))
    for command, rules in RULES.items():
        assert list(rules) == [field.name for field in fields(command)]


MAY_BE_NONE = {"party", "got", "tuning"}


def _named(value: Any) -> str:
    """Without addresses: two processes must collect the same names."""
    return ascii(value).partition(" at 0x")[0][:24]


@pytest.mark.parametrize("value", [-1, 60_001, "1", 1.5, True, None])
def test_each_setting_of_amd_is_a_number_of_at_most_five_digits(value: Any) -> None:
    call = Originate(ID, "+4930123456", "trunk-1", "+493099999", 30, True, Amd(greeting=60_000))
    check(call)
    with pytest.raises(CommandRefused, match="tuning"):
        check(replace(call, tuning=Amd(greeting=value)))


@pytest.mark.parametrize(("command", "field"), FIELDS)
@pytest.mark.parametrize("value", HOSTILE, ids=_named)
def test_a_hostile_value_is_refused_by_name(command: Command, field: str, value: Any) -> None:
    changed = replace(command, **{field: value})
    if value is None and field in MAY_BE_NONE:
        check(changed)
        return
    with pytest.raises(CommandRefused) as refused:
        check(changed)
    text = str(refused.value)
    assert field in text
    assert type(command).__name__ in text
    assert text.isascii()
    assert text.isprintable()


@pytest.mark.parametrize(
    "given",
    [
        {"a b": "x"},
        {"a": "two\nlines"},
        {"a": "\x1b[2J"},
        {"a": "\ud800"},
        {"a": "x" * 201},
        {"a": 1},
        {f"v{nth}": "" for nth in range(MAX_TEXTS + 1)},
    ],
)
def test_a_text_that_is_no_line_is_refused_and_not_repeated(given: Any) -> None:
    for command in (EnterFlow(ID, "f", "t", given), AnswerFlow(ID, "1", given)):
        with pytest.raises(CommandRefused, match="is something else, not at most 100 texts"):
            check(command)


@pytest.mark.parametrize("tags", [["vip"], "vip", ("a b",), ("",), (1,), ("x" * 60,) * 15])
def test_tags_that_do_not_fit_are_refused(tags: Any) -> None:
    with pytest.raises(CommandRefused, match="tags is"):
        check(EnterFlow(ID, "f", "t", tags=tags))


@pytest.mark.parametrize("zone", ["", "Europe/", "/Berlin", "a b", "${X}", "A/B/C/D", "x=y"])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(CommandRefused, match="zones is"):
        check(EnterFlow(ID, "f", "t", zones=(zone,)))


def test_every_time_zone_there_is_passes() -> None:
    for zone in available_timezones():
        check(EnterFlow(ID, "f", "t", zones=(zone,)))


@given(st.text())
def test_no_text_but_a_path_of_tokens_is_a_path(text: str) -> None:
    try:
        check(StartRecording(ID, text))
    except CommandRefused:
        return
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-/")


def test_what_is_no_command_is_refused() -> None:
    with pytest.raises(CommandRefused, match="not a command"):
        check("Action: Logoff")  # type: ignore[arg-type]  # the hostile case itself
