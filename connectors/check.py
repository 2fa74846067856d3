"""What may cross a control channel: digits, UUIDs, tokens from our own tables, and packed texts.

Every connector calls `check` before it encodes a command. A lead's name, a note or a webhook can
thus never become part of a line that a PBX would read as an order of its own (CR/LF, commas,
quotes, dialplan variables), whatever the layers above have let through. Texts are for the
variables of flows alone, one line each, and a connector packs them (`connectors.packed`).
"""

from collections.abc import Mapping

from connectors.allowed import (
    A_FLAG,
    A_NUMBER,
    A_PARTY,
    A_PATH,
    A_SOUND,
    A_TOKEN,
    AN_ID,
    LISTENS,
    PERHAPS_AMD,
    PERHAPS_TEXTS,
    RINGS,
    TAGS,
    TEXTS,
    ZONES,
    Rule,
)
from connectors.calls import (
    Command,
    ConnectToAgent,
    HangUp,
    Monitor,
    Originate,
    PlayMessage,
    RingAgent,
    StartRecording,
    StopRecording,
)
from connectors.flows import AnswerFlow, EnterFlow, SayFlow
from connectors.pbx import CommandRefused

_SHOWN = 40  # characters of a refused value that its error repeats


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
    """Escaped, so that it can harm no log and no terminal, and cut short. What a customer's record
    holds is not repeated at all."""
    if isinstance(value, Mapping):
        return "something else"
    text = ascii(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


RULES: dict[type, dict[str, Rule]] = {
    Originate: {
        "call_id": AN_ID,
        "number": A_NUMBER,
        "trunk": A_TOKEN,
        "caller_id": A_NUMBER,
        "wait_seconds": RINGS,
        "amd": A_FLAG,
        "tuning": PERHAPS_AMD,
    },
    RingAgent: {"leg_id": AN_ID, "phone": A_TOKEN, "ring_seconds": RINGS},
    ConnectToAgent: {"call_id": AN_ID, "leg_id": AN_ID},
    HangUp: {"call_id": AN_ID},
    PlayMessage: {"call_id": AN_ID, "message": A_TOKEN, "then_hang_up": A_FLAG},
    StartRecording: {"call_id": AN_ID, "path": A_PATH},
    StopRecording: {"call_id": AN_ID},
    Monitor: {"leg_id": AN_ID, "phone": A_TOKEN, "target": AN_ID, "how": LISTENS},
    EnterFlow: {
        "call_id": AN_ID,
        "flow": A_TOKEN,
        "trunk": A_TOKEN,
        "given": TEXTS,
        "tags": TAGS,
        "zones": ZONES,
        "party": A_PARTY,
    },
    AnswerFlow: {"call_id": AN_ID, "ticket": A_TOKEN, "got": PERHAPS_TEXTS},
    SayFlow: {"call_id": AN_ID, "ticket": A_TOKEN, "sound": A_SOUND},
}
"""For each command, what each of its fields may hold."""
