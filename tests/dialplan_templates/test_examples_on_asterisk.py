"""Calls through every example on a real Asterisk, with a real voice for what differs by call."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from connectors.calls import Party
from lab.asterisk import AsteriskNode
from lab.carrier import Carrier
from speech.cache import Cache
from speech.engine import Chosen, open_engine
from speech.sounds import Sounds
from tests.campaigns.flow.around import NAMES
from tests.dialplan_templates.caller import Caller
from tests.dialplan_templates.calling import call_all, install
from tests.dialplan_templates.dialplane import Dialplane
from tests.dialplan_templates.flow_files import flow
from tests.dialplan_templates.speakers import caller, expected

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
    asterisk: AsteriskNode, carrier: Carrier, espeak: Path, tmp_path: Path, dialplane: Dialplane
) -> None:
    voice = Sounds(open_engine(Chosen(program=str(espeak))), Cache(tmp_path / "said"))
    flows = {name: flow(name) for name in NAMES}
    install(asterisk, flows.values())
    calls = [replace(each, voice=voice) for each in customers()]
    walks = [expected(each) for each in calls]
    call_all(asterisk, carrier, flows, calls, 60, dialplane)
    pairs = zip(calls, walks, strict=True)
    assert [(c.call, c.told, walk) for c, walk in pairs if c.told != walk] == []
    assert [e for c in calls for e in c.events if e["What"] == "missing"] == []
    assert {each.flow for each in calls} == set(NAMES)
    texts = {said.text for told in dialplane.said.values() for said in told}
    assert "This is a reminder of your appointment at ten. To move it, please call us." in texts
    assert "We can offer you 0930. Press 1 to take it, or 2 to try another day." in texts
    assert "Your appointment is now 0930. Goodbye." in texts
    assert (
        "This is a call for Zoë (x), ${EPOCH}. If that is you, press 1. If not, press 2." in texts
    )
    assert any("there are 12.50 dollars open on your account" in text for text in texts)
