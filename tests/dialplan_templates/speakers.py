"""Calls through prompts with variables: sounds that can be told apart, and who hears them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from campaigns.flow.scene import Call
from campaigns.flow.trying import Script
from connectors.calls import Party
from lab.audio import strength, whole
from lab.carrier import Carrier
from lab.wait import until
from speech.wav import wav
from tests.dialplan_templates.caller import Caller
from tests.dialplan_templates.flow_files import flow
from tests.dialplan_templates.told import Told, walked
from tests.speech.sounds import tone

SAID, FIXED = 440, 1000
"""Hertz: of a sound that was made for a call, and of one that lies on the PBX."""
HOOKS = (
    "slots", "confirm-appointment", "cancel-appointment", "move-appointment", "promise", "identify",
)  # fmt: skip
"""Endpoints of the examples: each gives the answer that the caller has."""


ZOE: Mapping[str, str] = {"first_name": "Zoë (x), ${EPOCH}", "due": "12.50", "when": "at ten"}
DONE: Mapping[str, str] = {"is_right": "yes", "offer": "0930"}


@dataclass
class Tone:
    """An engine that says every text as one tone."""

    identity: str = "tone"

    def say(self, text: str, language: str, voice: str) -> bytes:
        return beep(SAID)


def beep(hertz: float) -> bytes:
    samples = (tone(hertz, 0.6, 8000) * 32767).astype("<i2")
    return wav(samples.tobytes())


def caller(name: str, entries: str, **call: object) -> Caller:
    given = {"party": Party.HUMAN, **call}
    return Caller(name, [*entries.split(",")], Call(**given))  # type: ignore[arg-type]


def customers() -> list[Caller]:
    """Who goes through the examples."""
    calls = [
        caller("survey", "1,1,2,1", fields=ZOE),
        caller("survey", "4,2", fields=ZOE),
        caller("survey", "9"),
        caller("appointment", "1", fields=ZOE),
        caller("appointment", "2,1224,0930,1", fields=ZOE),
        caller("appointment", "", fields=ZOE, party=Party.MACHINE),
        caller("payment", "1,1980,1", fields=ZOE),
        caller("payment", "1,1980,2,1224", fields=ZOE),
        caller("payment", "1,1980,9", fields=ZOE),
        caller("payment", "2", fields=ZOE),
        caller("identify", "1,1980", fields=ZOE),
        caller("press-one", "1"),
        caller("press-one", "9"),
        caller("opt-out", "1"),
    ]
    return [replace(each, webhook=DONE) for each in calls]


def expected(it: Caller) -> Told:
    entries = [*it.entries]
    answers = dict.fromkeys(HOOKS, it.webhook)
    script = Script(lambda: entries.pop(0) if entries else "", answers, agents=it.agent)
    return walked(flow(it.flow), [flow("identify")], it.call, script, datetime.now(UTC))


def heard(carrier: Carrier, it: Caller) -> set[int]:
    """Which of the tones the customer has heard."""
    recording = carrier.heard(it.number)
    assert until(lambda: whole(recording), 5)
    return {hertz for hertz in (SAID, FIXED) if strength(recording, hertz) > 200}
