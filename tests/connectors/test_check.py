"""Whatever is not a digit, a UUID or a token never reaches a control channel."""

from dataclasses import fields, replace
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.calls import (
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


def _named(value: Any) -> str:
    """Without addresses: two processes must collect the same names."""
    return ascii(value).partition(" at 0x")[0][:24]


@pytest.mark.parametrize(("command", "field"), FIELDS)
@pytest.mark.parametrize("value", HOSTILE, ids=_named)
def test_a_hostile_value_is_refused_by_name(command: Command, field: str, value: Any) -> None:
    with pytest.raises(CommandRefused) as refused:
        check(replace(command, **{field: value}))
    text = str(refused.value)
    assert field in text
    assert type(command).__name__ in text
    assert text.isascii()
    assert text.isprintable()


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
