"""Prompts with variables on a real Asterisk: what is heard, and what when nobody says it."""

from dataclasses import replace

from connectors.calls import Party
from lab.asterisk import AsteriskNode
from lab.carrier import Carrier
from speech.sounds import Sounds
from tests.dialplan_templates.calling import call_all
from tests.dialplan_templates.dialplane import Dialplane
from tests.dialplan_templates.flow_files import SPOKEN, flow
from tests.dialplan_templates.speakers import FIXED, SAID, caller, expected, heard


def test_the_kinds_of_steps_that_say_variables_go_as_the_walk_says(
    asterisk: AsteriskNode, carrier: Carrier, tones: Sounds, dialplane: Dialplane
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
    call_all(asterisk, carrier, {SPOKEN: flow(SPOKEN)}, calls, 30, dialplane)
    assert [each.told for each in calls] == walks
    assert [said.text for said in dialplane.said[calls[1].number]] == [
        "You owe 7.", "You owe 7.", "Zoë, that is none of them.", "You owe 7.",
        "Zoë, that is none of them.", "Goodbye Zoë.",
    ]  # fmt: skip
    assert [e for each in calls for e in each.events if e["What"] == "missing"] == []


def test_the_sound_of_a_call_is_heard_and_else_the_one_on_the_pbx(
    asterisk: AsteriskNode, carrier: Carrier, tones: Sounds, dialplane: Dialplane
) -> None:
    nowhere = replace(tones, played_from="/nowhere/said")
    voices = {"49305557041": tones, "49305557042": None, "49305557043": nowhere}
    calls = [replace(caller(SPOKEN, ""), number=n, voice=v) for n, v in voices.items()]
    call_all(asterisk, carrier, {SPOKEN: flow(SPOKEN)}, calls, 40, dialplane)
    assert [each.told for each in calls] == [expected(each) for each in calls]
    assert [heard(carrier, each) for each in calls] == [{SAID}, {FIXED}, {FIXED}]
    missing = [[e for e in each.events if e["What"] == "missing"] for each in calls]
    assert [len(each) for each in missing[:2]] == [0, 0]
    assert {(e["Prompt"], e["Sound"]) for e in missing[2]} == {
        ("owed", nowhere.played(said)) for said in dialplane.said[calls[2].number]
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
