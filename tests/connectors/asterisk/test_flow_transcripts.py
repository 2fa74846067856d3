"""What a real Asterisk 22.10 was recorded to say of calls through the contract's flow.

Each file is one call: its keys, what the flow tells, answers to `Getvar`, and the hang-up.
"""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.asterisk.codec import Decoder
from connectors.calls import Digits, Ended, Event
from connectors.flows import EnterFlow
from tests.connectors.asterisk.stage import CALL, DIAL, Stage
from tests.contract.flow import held

HERE = Path(__file__).parent / "transcripts"
GREETING = b"Asterisk Call Manager/11.0.0\r\n"
BYE = [("FlowLeft", "bye", "hangup", None), ("FlowEnded", "hangup", "done"), ("Ended",)]
TOLD: dict[str, list[tuple[Any, ...]]] = {
    "survey": [
        ("FlowLeft", "choose", "1", "1"),
        ("FlowAnswered", "speed", "slow"),
        ("FlowLeft", "speed", "next", "2"),
        ("FlowLeft", "pin", "next", "**"),
        *BYE,
    ],
    "opt-out": [
        ("FlowLeft", "choose", "2", "2"),
        ("FlowOptedOut",),
        ("FlowLeft", "stop", "next", None),
        *BYE,
    ],
    "callback": [
        ("FlowLeft", "choose", "3", "3"),
        ("FlowCallback", 7200, ""),
        ("FlowLeft", "back", "next", None),
        *BYE,
    ],
    "agent": [
        ("FlowLeft", "choose", "4", "4"),
        ("FlowWantsAgent", "sales", ("english",), 3),
        ("FlowLeft", "who", "no_agent", None),
        ("FlowLeft", "nobody", "hangup", None),
        ("FlowEnded", "hangup", "no-agent"),
        ("Ended",),
    ],
    "webhook": [
        ("FlowLeft", "choose", "5", "5"),
        ("FlowAsked", "hook", "balance", "2", 2.0, {"account": "日本" * 100, "note": "for Zoë"}),
        ("FlowLeft", "hook", "next", None),
        ("FlowLeft", "owed", "case 1", None),
        ("FlowLeft", "paid", "hangup", None),
        ("FlowEnded", "hangup", "paid"),
        ("Ended",),
    ],
    "say": [
        ("FlowLeft", "choose", "7", "7"),
        ("FlowSays", "tell", "greet", "1", 3.0, {"account": "日本" * 100, "name": "Zoë"}),
        ("FlowLeft", "tell", "next", None),
        *BYE,
    ],
    "recording": [
        ("FlowLeft", "choose", "6", "6"),
        ("FlowRecorded", "talk", f"dialplane-flows/contract/{CALL}-2"),
        ("FlowLeft", "talk", "next", None),
        *BYE,
    ],
    "missing": [("Ended",)],
}
KEYS = {"survey": "1247", "opt-out": "2", "callback": "3", "agent": "4", "webhook": "5", "say": "7"}


def bytes_of(name: str) -> bytes:
    return GREETING + (HERE / f"flow-{name}.ami").read_bytes()


def told(*reads: bytes, flow: str = "contract") -> list[Event]:
    """What comes of one call, whose link has given these reads."""
    on, decoder = Stage(DIAL), Decoder()
    on.up()
    on.tell(EnterFlow(CALL, flow, "carrier"))
    on.events.clear()
    for read in reads:
        for message in decoder.feed(read):
            on.events += on.translator.event(message, on.now)
    return on.events


def shown(events: list[Event]) -> list[tuple[Any, ...]]:
    return [(type(event).__name__, *held(event)) for event in events if type(event) is not Digits]


@pytest.mark.parametrize("name", TOLD)
def test_a_recorded_call_is_these_events(name: str) -> None:
    events = told(bytes_of(name))
    assert shown(events) == TOLD[name]
    assert "".join(event.digits for event in events if isinstance(event, Digits)) == (
        KEYS.get(name, "6" if name == "recording" else "")
    )
    assert isinstance(events[-1], Ended)


@pytest.mark.parametrize("name", TOLD)
def test_byte_by_byte_it_is_the_same(name: str) -> None:
    data = bytes_of(name)
    assert shown(told(*(data[i : i + 1] for i in range(len(data))))) == TOLD[name]


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(TOLD)), data=st.data())
def test_cut_anywhere_it_is_the_same(name: str, data: st.DataObject) -> None:
    stream = bytes_of(name)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reads = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert shown(told(*reads)) == TOLD[name]


def test_of_a_flow_that_was_not_there_a_real_one_says_so_by_where_it_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert shown(told(bytes_of("missing"), flow="nowhere")) == TOLD["missing"]
    assert "does not have the flow 'nowhere'" in caplog.text
