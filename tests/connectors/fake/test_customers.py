"""A customer's call, step by step in virtual time."""

from typing import Any
from uuid import UUID

import pytest

from connectors.calls import (
    Answered,
    Classified,
    ConnectToAgent,
    Digits,
    Ended,
    EndReason,
    HangUp,
    LiveCall,
    Originate,
    Party,
    Phase,
    Played,
    PlayMessage,
    RingAgent,
    StartRecording,
    StopRecording,
)
from connectors.fake import customers, exchange, tapes
from connectors.fake.presets import preset
from connectors.fake.spread import Spread
from connectors.fake.world import Amd, Carrier, Customers, Segment, World
from tests.connectors.fake.conftest import MakeBench

LAB = preset("lab")
LEG = UUID(int=99)


def all_answer(**people_do: Any) -> World:
    """A world in which every call rings after a second and is answered after another."""
    people = Segment(
        human=1,
        machine=0,
        busy=0,
        invalid=0,
        rejected=0,
        congestion=0,
        failed=0,
        ring=Spread(1, 0),
    )
    return World(
        segments=(people,),
        carrier=Carrier(post_dial=Spread(1, 0)),
        customers=Customers(**people_do),
    )


@pytest.mark.parametrize(
    ("digit", "story"),
    [
        ("0", "Progress Ringing Answered Classified Ended hung_up"),
        ("2", "Progress Ringing Answered Classified Ended hung_up"),
        ("3", "Progress Ended busy"),
        ("4", "Progress Ringing Ended no_answer"),
        ("5", "Progress Ended invalid_number"),
        ("6", "Progress Ended congestion"),
        ("7", "Progress Ringing Answered Classified Ended hung_up"),
        ("9", "Progress Ended rejected"),
    ],
)
def test_a_test_number_does_what_its_last_digit_says(
    bench: MakeBench, digit: str, story: str
) -> None:
    run = bench(LAB)
    run.dial([f"+493012345{digit}"], trunk="carrier", amd=True)
    run.wait(400)
    assert " ".join([*run.names(), *run.reasons()]) == story


def test_the_ring_time_counts_from_the_originate(bench: MakeBench) -> None:
    run = bench(LAB)
    run.dial(["+4930123452"], trunk="carrier", ring=3)  # would answer after 5 s
    run.wait(10)
    assert run.reasons() == [EndReason.NO_ANSWER]
    assert (run.events[-1].at - run.events[0].at).total_seconds() == pytest.approx(3, abs=0.01)


def test_hanging_up_while_it_rings_cancels(bench: MakeBench) -> None:
    run = bench(LAB)
    (call,) = run.dial(["+4930123454"], trunk="carrier")
    run.wait(1)
    run.give(HangUp(call), HangUp(call))
    run.wait(100)
    assert run.reasons() == [EndReason.CANCELLED]


def test_nothing_follows_our_own_hanging_up(bench: MakeBench) -> None:
    run = bench(LAB)
    (call,) = run.dial(["+4930123450"], trunk="carrier", amd=True)
    run.give(RingAgent(LEG, "1001"))
    run.wait(1)
    run.give(HangUp(call), ConnectToAgent(call, LEG), PlayMessage(call, "m"))
    run.wait(100)
    assert run.names()[-1] == "Ended"
    assert "Connected" not in run.names()


def test_a_second_originate_of_a_live_id_changes_nothing(bench: MakeBench) -> None:
    run = bench(LAB)
    (call,) = run.dial(["+4930123450"], trunk="carrier")
    run.wait(1)
    run.give(Originate(call, "+4930123453", "carrier", "+4930999"))
    run.wait(1)
    assert run.names() == ["Progress", "Ringing", "Answered"]
    assert list(run.exchange.complaints) == [f"call {call} was placed twice"]


def test_an_unknown_trunk_is_refused(bench: MakeBench) -> None:
    run = bench(LAB)
    run.dial(["+4930123450"], trunk="nowhere")
    run.wait(1)
    assert [(event.reason, event.cause) for event in run.of(Ended)] == [
        (EndReason.REFUSED, "no such trunk")
    ]


def test_a_call_without_amd_is_not_classified(bench: MakeBench) -> None:
    run = bench(LAB)
    run.dial(["+4930123458"], trunk="carrier")
    run.wait(10)
    assert run.names() == ["Progress", "Ringing", "Answered"]


def test_people_who_hear_nobody_hang_up(bench: MakeBench) -> None:
    run = bench(all_answer(patience=Spread(6, 0)))
    run.dial(["+4930123456"])
    run.wait(60)
    answered, ended = run.of(Answered)[0], run.of(Ended)[0]
    assert (ended.at - answered.at).total_seconds() == 6
    assert ended.reason is EndReason.HUNG_UP


def test_a_connected_customer_talks_and_leaves_the_leg_up(bench: MakeBench) -> None:
    run = bench(all_answer(talk=Spread(20, 0)))
    (call,) = run.dial(["+4930123456"])
    run.give(RingAgent(LEG, "a"))
    run.wait(3)
    run.give(ConnectToAgent(call, LEG))
    run.wait(1)
    assert LiveCall(call, Phase.CONNECTED, LEG) in run.exchange.live_calls()
    run.wait(60)
    assert run.names()[-2:] == ["Connected", "Ended"]
    assert run.exchange.live_calls() == (LiveCall(LEG, Phase.AGENT_LEG),)


@pytest.mark.parametrize(
    ("then_hang_up", "last"), [(True, ["Answered", "Ended"]), (False, ["Answered", "Played"])]
)
def test_a_message_ends_the_call_or_is_told(
    bench: MakeBench, then_hang_up: bool, last: list[str]
) -> None:
    run = bench(LAB)
    (call,) = run.dial(["+4930123450"], trunk="carrier")
    run.wait(1)
    run.give(PlayMessage(call, "safe-harbour", then_hang_up=then_hang_up))
    run.wait(2)
    assert run.names()[-2:] == last


def test_after_a_message_patience_begins_anew(bench: MakeBench) -> None:
    world = all_answer(patience=Spread(6, 0), hears_message_out=1, message=8)
    run = bench(world)
    (call,) = run.dial(["+4930123456"])
    run.wait(3)
    run.give(PlayMessage(call, "m", then_hang_up=False))
    run.wait(60)
    assert (run.of(Ended)[0].at - run.of(Played)[0].at).total_seconds() == 6


def test_some_hang_up_in_the_middle_of_a_message(bench: MakeBench) -> None:
    world = all_answer(hears_message_out=0.4, message=10, patience=Spread(60, 0))
    run = bench(world)
    calls = run.dial(f"+49301{n:06}" for n in range(1000))
    run.wait(3)
    run.give(*(PlayMessage(call, "m", then_hang_up=False) for call in calls))
    run.wait(10.1)
    assert len(run.of(Played)) == pytest.approx(400, abs=50)
    assert len(run.of(Played)) + len(run.of(Ended)) == 1000


def test_a_test_number_presses_keys(bench: MakeBench) -> None:
    run = bench(LAB)
    run.dial(["+49305557242"], trunk="carrier")
    run.wait(5)
    assert [event.digits for event in run.of(Digits)] == ["4", "2"]


def test_a_test_number_hangs_up_when_it_says(bench: MakeBench) -> None:
    run = bench(LAB)
    (call,) = run.dial(["+49305557315"], trunk="carrier")
    run.give(RingAgent(LEG, "1001"))
    run.wait(0.5)
    run.give(ConnectToAgent(call, LEG))
    run.wait(10)
    assert (run.of(Ended)[0].at - run.of(Answered)[0].at).total_seconds() == 1.5


def test_people_press_keys_during_a_message(bench: MakeBench) -> None:
    world = all_answer(presses="9", hears_message_out=1)
    run = bench(world)
    (call,) = run.dial(["+4930123456"])
    run.wait(3)
    run.give(PlayMessage(call, "m"))
    run.wait(5)
    assert [event.digits for event in run.of(Digits)] == ["9"]


def test_recordings_start_once_and_stop(bench: MakeBench) -> None:
    run = bench(LAB)
    (call,) = run.dial(["+4930123450"], trunk="carrier")
    run.wait(1)
    run.give(StartRecording(call, "2026/a"), StartRecording(call, "2026/a"))
    run.wait(1)
    run.give(StopRecording(call), StopRecording(call))
    (made,) = run.exchange.recordings[call]
    assert made.path == "2026/a"
    assert made.stopped == run.now


def test_another_recording_of_a_call_ends_the_first_and_one_may_be_gone_on_with(
    bench: MakeBench,
) -> None:
    run = bench(LAB)
    (call,) = run.dial(["+4930123450"], trunk="carrier")
    run.wait(1)
    run.give(StartRecording(call, "2026/a"), StartRecording(call, "2026/b"))
    run.give(StopRecording(call), StartRecording(call, "2026/b"))
    made = [(tape.path, tape.stopped is None) for tape in run.exchange.recordings[call]]
    assert made == [("2026/a", False), ("2026/b", False), ("2026/b", True)]


def test_what_is_remembered_has_an_end(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tapes, "KEPT", 3)
    monkeypatch.setattr(customers, "_REMEMBERED", 3)
    run = bench(LAB)
    calls = run.dial([f"+493012345{nth}0" for nth in range(5)], trunk="carrier")
    run.wait(1)
    run.give(*(StartRecording(call, "2026/a") for call in calls))
    assert list(run.exchange.recordings) == calls[-3:]
    assert [run.exchange.arrived(f"+493012345{nth}0") for nth in range(5)] == [0, 0, 1, 1, 1]
    for _ in range(2):
        run.give(*(Originate(calls[0], "+4930123450", "t", "+4930999") for _ in range(1_000)))
    assert len(run.exchange.complaints) == exchange.COMPLAINTS


@pytest.mark.parametrize(
    ("segment", "amd", "heard"),
    [
        ({"human": 1.0}, Amd(unknown=0, human_as_machine=0.1), {Party.HUMAN: 0.9}),
        ({"machine": 1.0}, Amd(unknown=0.1, machine_as_human=0), {Party.MACHINE: 0.9}),
        ({"machine": 1.0}, Amd(unknown=0, machine_as_human=0.2), {Party.HUMAN: 0.2}),
        (
            {"screening": 1.0},
            Amd(unknown=0, machine_as_human=0, screening_seen=0.7),
            {Party.SCREENING: 0.7, Party.MACHINE: 0.3},
        ),
    ],
)
def test_amd_errs_as_often_as_told(
    bench: MakeBench, segment: dict[str, Any], amd: Amd, heard: dict[Party, float]
) -> None:
    none = dict.fromkeys(("human", "machine", "busy", "invalid", "rejected", "congestion"), 0)
    people = Segment(failed=0, **(none | segment))
    run = bench(World(segments=(people,), amd=amd))
    run.dial((f"+49301{n:06}" for n in range(2000)), amd=True, ring=120)
    run.wait(200)
    verdicts = [event.party for event in run.of(Classified)]
    for party, share in heard.items():
        assert verdicts.count(party) / len(verdicts) == pytest.approx(share, abs=0.03)
