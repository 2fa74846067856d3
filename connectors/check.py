"""What may cross a control channel: digits, UUIDs, and tokens from our own tables. Nothing else.

Every connector calls `check` before it encodes a command. A lead's name, a note or a webhook can
thus never become part of a line that a PBX would read as an order of its own (CR/LF, commas,
quotes, dialplan variables), whatever the layers above have let through.
"""

from collections.abc import Callable
from typing import Any, TypeAlias
from uuid import UUID

from connectors.calls import (
    E164,
    TOKEN,
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
from connectors.pbx import CommandRefused

MAX_RING_SECONDS = 300
MAX_PATH_PARTS = 8
MAX_PATH = 200  # characters; what a value of an AMI action may have, see `asterisk.codec`
_SHOWN = 40  # characters of a refused value that its error repeats

Rule: TypeAlias = tuple[Callable[[Any], bool], str]


def check(command: Command) -> None:
    """Raise `CommandRefused`, with a sentence naming field and value, unless all may be sent."""
    rules = RULES.get(type(command))
    if rules is None:
        raise CommandRefused(f"not sent: {_shown(command)} is not a command of the vocabulary")
    for field, (allowed, expected) in rules.items():
        value = getattr(command, field)
        if not allowed(value):
            name = type(command).__name__
            raise CommandRefused(f"{name} not sent: {field} is {_shown(value)}, not {expected}")


def _shown(value: object) -> str:
    """Escaped, so that it can harm no log and no terminal, and cut short."""
    text = ascii(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _is_number(value: Any) -> bool:
    return isinstance(value, str) and E164.fullmatch(value) is not None


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and TOKEN.fullmatch(value) is not None


def _is_path(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > MAX_PATH:
        return False
    parts = value.split("/", MAX_PATH_PARTS)
    return len(parts) <= MAX_PATH_PARTS and all(_is_token(part) for part in parts)


def _is_ring_time(value: Any) -> bool:
    return type(value) is int and 1 <= value <= MAX_RING_SECONDS


_UUID: Rule = (lambda value: isinstance(value, UUID), "a UUID")
_NUMBER: Rule = (_is_number, "an E.164 number such as +4930123456")
_TOKEN: Rule = (_is_token, "a token of at most 64 of the characters A-Z a-z 0-9 _ -")
_PATH: Rule = (
    _is_path,
    f"a relative path of at most {MAX_PATH_PARTS} tokens joined by '/', {MAX_PATH} characters",
)
_RING: Rule = (_is_ring_time, f"a whole number of seconds from 1 to {MAX_RING_SECONDS}")
_FLAG: Rule = (lambda value: isinstance(value, bool), "true or false")
_LISTENING: Rule = (lambda value: isinstance(value, Listening), "listen, whisper or barge")

RULES: dict[type, dict[str, Rule]] = {
    Originate: {
        "call_id": _UUID,
        "number": _NUMBER,
        "trunk": _TOKEN,
        "caller_id": _NUMBER,
        "wait_seconds": _RING,
        "amd": _FLAG,
    },
    RingAgent: {"leg_id": _UUID, "phone": _TOKEN, "ring_seconds": _RING},
    ConnectToAgent: {"call_id": _UUID, "leg_id": _UUID},
    HangUp: {"call_id": _UUID},
    PlayMessage: {"call_id": _UUID, "message": _TOKEN, "then_hang_up": _FLAG},
    StartRecording: {"call_id": _UUID, "path": _PATH},
    StopRecording: {"call_id": _UUID},
    Monitor: {"leg_id": _UUID, "phone": _TOKEN, "target": _UUID, "how": _LISTENING},
}
"""For each command, what each of its fields may hold."""
