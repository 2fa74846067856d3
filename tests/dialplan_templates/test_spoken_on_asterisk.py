"""Prompts with variables on a real Asterisk: what is said, what is heard, and what when nobody says
it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from campaigns.flow.scene import Call
from campaigns.flow.trying import Script
from connectors.calls import Party
from lab.asterisk import AsteriskNode
from lab.audio import strength, whole
from lab.carrier import Carrier
from lab.wait import until
from speech.cache import Cache
from speech.engine import Chosen, open_engine
from speech.sounds import Sounds
from speech.wav import wav
from tests.campaigns.flow.around import NAMES
from tests.dialplan_templates.caller import Caller, call_all, install
from tests.dialplan_templates.flow_files import SPOKEN, flow
from tests.dialplan_templates.told import Told, walked
from tests.speech.sounds import tone

SAID, FIXED = 440, 1000
"""Hertz: of a sound that was made for a call, and of one that lies on the PBX."""


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


def expected(it: Caller) -> Told:
    entries = [*it.entries]
    answers = dict.fromkeys(HOOKS, it.webhook)
    script = Script(lambda: entries.pop(0) if entries else "", answers, agents=it.agent)
    return walked(flow(it.flow), [flow("identify")], it.call, script, datetime.now(UTC))


HOOKS = (
    "slots", "confirm-appointment", "cancel-appointment", "move-appointment", "promise", "identify",
)  # fmt: skip
ZOE: Mapping[str, str] = {"first_name": "Zoë (x), ${EPOCH}", "due": "12.50", "when": "at ten"}
DONE: Mapping[str, str] = {"is_right": "yes", "offer": "0930"}


def customers() -> list[Caller]:
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


def test_every_example_goes_as_the_walk_says_and_says_what_it_says(
    asterisk: AsteriskNode, carrier: Carrier, espeak: Path, tmp_path: Path
) -> None:
    voice = Sounds(open_engine(Chosen(program=str(espeak))), Cache(tmp_path / "said"))
    flows = {name: flow(name) for name in NAMES}
    install(asterisk, flows.values())
    calls = [replace(each, voice=voice) for each in customers()]
    walks = [expected(each) for each in calls]
    call_all(asterisk, carrier, flows, calls, 60)
    pairs = zip(calls, walks, strict=True)
    assert [(c.call, c.told, walk) for c, walk in pairs if c.told != walk] == []
    assert [e for c in calls for e in c.events if e["What"] == "missing"] == []
    assert {each.flow for each in calls} == set(NAMES)
    texts = {said.text for each in calls for said in each.said}
    assert "This is a reminder of your appointment at ten. To move it, please call us." in texts
    assert "We can offer you 0930. Press 1 to take it, or 2 to try another day." in texts
    assert "Your appointment is now 0930. Goodbye." in texts
    assert (
        "This is a call for Zoë (x), ${EPOCH}. If that is you, press 1. If not, press 2." in texts
    )
    assert any("there are 12.50 dollars open on your account" in text for text in texts)


@pytest.fixture
def tones(asterisk: AsteriskNode, tmp_path: Path) -> Sounds:
    """The flow `spoken` with sounds that can be told apart."""
    install(asterisk, [flow(SPOKEN)])
    for prompt in flow(SPOKEN).prompts:
        (asterisk.sounds_dir / SPOKEN / f"{prompt}.wav").write_bytes(beep(FIXED))
    return Sounds(Tone(), Cache(tmp_path / "said"))


def test_the_kinds_of_steps_that_say_variables_go_as_the_walk_says(
    asterisk: AsteriskNode, carrier: Carrier, tones: Sounds
) -> None:
    calls = [
        replace(caller(SPOKEN, entries, **call), voice=tones)
        for entries, call in (
            ("1,0203", {"fields": {"due": "7", "name": "Zoë"}}),
            ("3,1,9999,0203", {"fields": {"due": "7", "name": "Zoë"}}),
            ("3,3", {}),
            ("", {}),
            ("", {"party": Party.MACHINE}),
        )
    ]
    walks = [expected(each) for each in calls]
    call_all(asterisk, carrier, {SPOKEN: flow(SPOKEN)}, calls, 30)
    assert [each.told for each in calls] == walks
    assert [said.text for said in calls[1].said] == [
        "You owe 7.", "You owe 7.", "Zoë, that is none of them.", "You owe 7.",
        "Zoë, that is none of them.", "Goodbye Zoë.",
    ]  # fmt: skip
    assert [e for each in calls for e in each.events if e["What"] == "missing"] == []


def test_the_sound_of_a_call_is_heard_and_else_the_one_on_the_pbx(
    asterisk: AsteriskNode, carrier: Carrier, tones: Sounds
) -> None:
    nowhere = replace(tones, played_from="/nowhere/said")
    voices = {"49305557041": tones, "49305557042": None, "49305557043": nowhere}
    calls = [replace(caller(SPOKEN, ""), number=n, voice=v) for n, v in voices.items()]
    call_all(asterisk, carrier, {SPOKEN: flow(SPOKEN)}, calls, 40)
    assert [each.told for each in calls] == [expected(each) for each in calls]
    assert [heard(carrier, each) for each in calls] == [{SAID}, {FIXED}, {FIXED}]
    missing = [[e for e in each.events if e["What"] == "missing"] for each in calls]
    assert [len(each) for each in missing[:2]] == [0, 0]
    assert {(e["Prompt"], e["Sound"]) for e in missing[2]} == {
        ("owed", nowhere.played(said)) for said in calls[2].said
    }


def test_who_hangs_up_while_a_sound_is_made_is_told_so(
    asterisk: AsteriskNode, carrier: Carrier, tones: Sounds
) -> None:
    call = replace(caller(SPOKEN, ""), gone=True)
    call_all(asterisk, carrier, {SPOKEN: flow(SPOKEN)}, [call])
    last = (SPOKEN, "owed", "play", "hung_up", "")
    assert (call.told.trail[-1], call.told.ended) == (last, "hung_up")


class Hostile(Sounds):
    """Names a sound as nobody should."""

    def played(self, said: object) -> str:
        return "x),System(id)&${EPOCH}|"


def test_an_answer_to_another_question_or_that_is_no_name_of_a_sound_is_not_played(
    asterisk: AsteriskNode, carrier: Carrier, tones: Sounds
) -> None:
    late = replace(caller(SPOKEN, ""), number="49305557044", voice=tones, late=True)
    odd = replace(
        caller(SPOKEN, ""), number="49305557045", voice=Hostile(tones.engine, tones.cache)
    )
    call_all(asterisk, carrier, {SPOKEN: flow(SPOKEN)}, [late, odd], 40)
    assert [late.told, odd.told] == [expected(late), expected(odd)]
    assert [heard(carrier, each) for each in (late, odd)] == [{FIXED}, {FIXED}]
    assert {e["Sound"] for e in odd.events if e["What"] == "missing"} == {"xSystemidEPOCH"}


def heard(carrier: Carrier, it: Caller) -> set[int]:
    """Which of the tones the customer has heard."""
    recording = carrier.heard(it.number)
    assert until(lambda: whole(recording), 5)
    return {hertz for hertz in (SAID, FIXED) if strength(recording, hertz) > 200}
