"""Walks: how keys are heard, and what each kind of step does, one happening at a time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.flow import doing as do
from campaigns.flow import happening as on
from campaigns.flow.doing import Doing
from campaigns.flow.file import load_alone
from campaigns.flow.flow import Flow
from campaigns.flow.happening import Happening
from campaigns.flow.scene import Call, Ended
from campaigns.flow.trail import HIDDEN
from campaigns.flow.walk import MOST, Walk
from connectors.calls import Party
from tests.campaigns.flow.around import example

NOW = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)  # a Friday, 10:00 in New York
FLOW = """\
name: f
start: step
language: de
variables: {who: nobody, due: "0", unknown: ""}
prompts:
  q: {say: "Yes, {who}?"}
  sorry: {file: prompts/sorry.wav}
  bye: {say: Bye., language: en-GB}
targets: {desk: +12125550100}
steps:
  step: %s
  %s
  silent: {hangup: silent}
  wrong: {hangup: wrong}
  done: {hangup: done}
"""
ASKS = "prompt: q, invalid: sorry, no_input: silent, too_many: wrong"
OVER, QUIET = on.PromptOver(), on.Silence()


def flow_of(step: str, *more: str) -> Flow:
    """A flow of one step, the ends, and what else it needs."""
    return load_alone(FLOW % (step, "\n  ".join(more)), "f.yaml")


def walk_of(step: str, *more: str, **call: Any) -> tuple[Walk, tuple[Doing, ...]]:
    """A walk that has begun, and what is to be done first."""
    walk = Walk(flow_of(step, *more), Call(**call))
    return walk, walk.begin(NOW)


def after(walk: Walk, *happenings: Happening | str) -> Sequence[Doing]:
    """What is to be done after the last of these; texts are keys."""
    todo: tuple[Doing, ...] = ()
    for happening in happenings:
        keys = [on.Pressed(k) for k in happening] if isinstance(happening, str) else [happening]
        for each in keys:
            todo = walk.handle(each, NOW)
    return todo


def kinds(doings: Sequence[Doing]) -> list[str]:
    """What is to be done, by its kinds."""
    return [type(doing).__name__ for doing in doings]


MENU = "{menu: q, digits: {1: done, '*': done}, invalid: sorry, no_input: silent, too_many: wrong"
LONG = "{menu: q, digits: {11: done, 2: done}, no_input: silent, too_many: wrong}"
COLLECT = "{collect: n, min: 2, max: 4, next: done, " + ASKS

HEARD: dict[str, tuple[str, list[Happening | str], str, str]] = {
    "a key after the prompt": (MENU + "}", [OVER, "1"], "done", "1"),
    "a key during the prompt": (MENU + "}", ["*"], "done", "*"),
    "no key during the prompt": (MENU + ", barge_in: false}", ["1", OVER, "*"], "done", "*"),
    "silence, each time": (MENU + "}", [OVER, QUIET] * 3, "silent", ""),
    "one try only": (MENU + ", retries: 0}", [OVER, QUIET], "silent", ""),
    "wrong keys, each time": (MENU + "}", ["5", OVER, "5", OVER, "5"], "wrong", "5"),
    "wrong keys, at last silence": (MENU + "}", ["5", OVER, "5", OVER, OVER, QUIET], "silent", ""),
    "silence, at last wrong keys": (MENU + "}", [OVER, QUIET, OVER, QUIET, "5"], "wrong", "5"),
    "right after wrong": (MENU + "}", ["5", OVER, "1"], "done", "1"),
    "keys while it is sorry are lost": (MENU + "}", ["5", "1", "1", OVER, "*"], "done", "*"),
    "two keys": (LONG, ["11"], "done", "11"),
    "a short choice waits for more": (LONG, ["2", QUIET], "done", "2"),
    "a short choice, closed": (LONG, ["2#"], "done", "2"),
    "half a choice": (LONG[:-1] + ", retries: 0}", ["1", QUIET], "wrong", "1"),
    "closed before the first key is silence": (LONG, ["#"] * 3, "silent", ""),
    "enough digits": (COLLECT + "}", ["1234"], "done", "1234"),
    "fewer, closed": (COLLECT + "}", ["12#"], "done", "12"),
    "fewer, then silence": (COLLECT + "}", [OVER, "12", QUIET], "done", "12"),
    "too few": (COLLECT + ", retries: 0}", ["1#"], "wrong", "1"),
    "another terminator": (COLLECT + ", terminator: '*'}", ["12*"], "done", "12"),
    "not the terminator": (
        COLLECT + ", terminator: '*', retries: 0}",
        ["12#", QUIET],
        "wrong",
        "12#",
    ),
    "no terminator": (COLLECT + ", terminator: none}", [OVER, "123", QUIET], "done", "123"),
    "a star among digits": (COLLECT + ", retries: 0}", ["1*#"], "wrong", "1*"),
    "outside of the range": (
        COLLECT.replace("min: 2, max: 4", "valid: {number: {at_least: 10, at_most: 20}}")
        + ", retries: 0}",
        ["21"],
        "wrong",
        "21",
    ),
    "zeros before a number": (
        COLLECT.replace("min: 2, max: 4", "max: 4, valid: {number: {at_least: 1, at_most: 20}}")
        + "}",
        ["0007"],
        "done",
        "0007",
    ),
}


@pytest.mark.parametrize("name", HEARD)
def test_how_keys_are_heard(name: str) -> None:
    step, happenings, way_to, pressed = HEARD[name]
    walk, _ = walk_of(step)
    after(walk, *happenings)
    assert (walk.ended, walk.disposition) == (Ended.HANGUP, way_to)
    assert walk.trail[0].pressed == pressed


def test_a_listening_has_its_time() -> None:
    walk, _ = walk_of(COLLECT + ", timeout: 7s, between: 2s}")
    [first] = after(walk, OVER)
    assert first == do.Listen(NOW + timedelta(seconds=7))
    later = NOW + timedelta(seconds=5)
    assert walk.handle(on.Pressed("1"), later) == (do.Listen(later + timedelta(seconds=2), "1"),)


def test_a_prompt_is_said_with_its_values_and_a_file_is_played() -> None:
    walk, [question] = walk_of(MENU + "}", fields={"who": "Ada {due}"})
    assert question == do.PlayPrompt("q", say="Yes, Ada {due}?", language="de", barge_in=True)
    assert list(after(walk, "7")) == [do.PlayPrompt("sorry", file="prompts/sorry.wav")]


def test_lines_of_a_text_break_where_they_like() -> None:
    text = FLOW.replace('q: {say: "Yes, {who}?"}', "q:\n    say: >\n      Yes,\n      {who}?\n")
    flow = load_alone(text % ("{play: q, next: done}", ""), "f.yaml")
    [first] = Walk(flow).begin(NOW)
    assert isinstance(first, do.PlayPrompt)
    assert first.say == "Yes, nobody?"


def test_a_field_that_fits_no_line_leaves_the_default() -> None:
    for field in ("two\nlines", "x" * 201, "\x1b[31m"):
        _, [question] = walk_of(MENU + "}", fields={"who": field})
        assert isinstance(question, do.PlayPrompt)
        assert question.say == "Yes, nobody?"


def test_a_survey_files_its_answer_and_keeps_it() -> None:
    step = "{survey: again, answers: {1: very-good, 2: bad}, next: done, " + ASKS + "}"
    walk, _ = walk_of(step)
    assert kinds(after(walk, "1")) == ["FileAnswer", "EndCall"]
    assert walk.answers == {"again": "very-good"}
    assert walk.values["again"] == "very-good"


def test_a_secret_is_shown_nowhere() -> None:
    walk, _ = walk_of(COLLECT + ", secret: true}")
    after(walk, "4711")
    assert walk.values["n"] == walk.trail[0].pressed == HIDDEN * 4
    assert "4711" not in repr(walk.trail)


def test_play_goes_on_when_it_is_over_and_hears_no_keys() -> None:
    walk, first = walk_of("{play: bye, next: done}")
    assert list(first) == [do.PlayPrompt("bye", say="Bye.", language="en-GB")]
    assert after(walk, "1", QUIET) == ()
    assert list(after(walk, OVER)) == [do.EndCall(hang_up=True)]


def test_a_recording_is_kept_by_its_name() -> None:
    walk, first = walk_of("{record: what, prompt: q, max: 20s, silence: 4s, next: done}")
    assert kinds(first) == ["PlayPrompt"]
    assert list(after(walk, OVER)) == [do.StartRecording(True, 4, NOW + timedelta(seconds=20))]
    after(walk, on.RecordingOver("abc"))
    assert walk.values["what"] == "abc"


def test_a_number_is_on_the_list_before_it_is_said() -> None:
    walk, first = walk_of("{opt_out: bye, next: done}")
    assert kinds(first) == ["PutOnDnc", "PlayPrompt"]
    assert walk.opted_out
    after(walk, on.HungUp())
    assert walk.opted_out


@pytest.mark.parametrize(
    ("when", "booked"),
    [("when_free", do.BookCallback(when_free=True)), ("90m", do.BookCallback(after=5400))],
)
def test_a_callback_is_booked(when: str, booked: do.BookCallback) -> None:
    walk, first = walk_of(f"{{callback: {when}, next: done}}")
    assert list(first) == [booked, do.EndCall(hang_up=True)]
    assert walk.callback == booked


def test_a_callback_at_a_time_that_was_keyed_in() -> None:
    collect = "{collect: t, valid: {time: hhmm}, next: book, " + ASKS + "}"
    walk, _ = walk_of(collect, 'book: {callback: "{t}", prompt: bye, next: done}')
    assert after(walk, "1745")[0] == do.BookCallback(time="17:45")


WEBHOOK = "{webhook: x, send: {a: '{due}'}, into: {due: owed}, fallback: silent, next: done}"


@pytest.mark.parametrize(
    ("happening", "end", "due"),
    [
        (on.WebhookAnswered({"owed": 12, "more": "x"}), "done", "12"),
        (on.WebhookAnswered({"owed": "12.50"}), "done", "12.50"),
        (on.WebhookAnswered({"owed": True}), "done", "true"),
        (on.WebhookAnswered({"owde": 12}), "silent", "5"),
        (on.WebhookAnswered({"owed": None}), "silent", "5"),
        (on.WebhookAnswered({"owed": ["12"]}), "silent", "5"),
        (on.WebhookAnswered({"owed": "a\nb"}), "silent", "5"),
        (on.WebhookAnswered({"owed": "x" * 201}), "silent", "5"),
        (on.WebhookFailed(), "silent", "5"),
        (QUIET, "silent", "5"),
    ],
)
def test_of_an_answer_only_what_is_listed_is_kept(happening: Happening, end: str, due: str) -> None:
    walk, first = walk_of(WEBHOOK, fields={"due": "5"})
    assert list(first) == [do.AskWebhook("x", {"a": "5"}, NOW + timedelta(seconds=3))]
    after(walk, happening)
    assert (walk.disposition, walk.values["due"]) == (end, due)


@pytest.mark.parametrize(
    ("step", "first", "happening", "ended"),
    [
        ("{agent: any, no_agent: done}", do.FindAgent("", (), NOW + timedelta(seconds=20)),
         on.AgentFound(), Ended.AGENT),
        ("{agent: desk, skills: [es], wait: 2s, no_agent: done}",
         do.FindAgent("desk", ("es",), NOW + timedelta(seconds=2)), QUIET, Ended.HANGUP),
        ("{transfer: desk, no_answer: done}",
         do.CallNumber("+12125550100", NOW + timedelta(seconds=30)), on.TransferTaken(),
         Ended.TRANSFER),
        ("{transfer: +4930123456, no_answer: done}",
         do.CallNumber("+4930123456", NOW + timedelta(seconds=30)), on.TransferFailed(),
         Ended.HANGUP),
    ],
)  # fmt: skip
def test_a_call_is_handed_over_or_goes_on(
    step: str, first: Doing, happening: Happening, ended: Ended
) -> None:
    walk, begun = walk_of(step)
    assert list(begun) == [first]
    assert list(after(walk, happening)) == [do.EndCall(hang_up=ended is Ended.HANGUP)]
    assert walk.ended is ended


VOICEMAIL = ("{branch: [{party: machine, next: leave}], else: done}", "leave: {voicemail: bye}")


@pytest.mark.parametrize("beep", [on.BeepHeard(), QUIET])
def test_a_machine_gets_the_message_after_its_beep(beep: Happening) -> None:
    walk, first = walk_of(*VOICEMAIL, party=Party.MACHINE)
    assert list(first) == [do.AwaitBeep(NOW + timedelta(seconds=30))]
    assert kinds(after(walk, beep)) == ["PlayPrompt"]
    after(walk, OVER)
    assert walk.ended is Ended.VOICEMAIL


def test_the_late_end_of_another_prompt_is_not_taken_for_this_one() -> None:
    walk, _ = walk_of(*VOICEMAIL, party=Party.MACHINE)
    assert after(walk, OVER, OVER) == ()
    assert kinds(after(walk, on.BeepHeard())) == ["PlayPrompt"]
    walk, _ = walk_of("{record: what, prompt: q, next: done}")
    assert kinds(after(walk, OVER)) == ["StartRecording"]
    assert after(walk, OVER, QUIET, "1") == ()


def test_a_person_gets_no_voicemail() -> None:
    walk, _ = walk_of(*VOICEMAIL, party=Party.HUMAN)
    assert walk.disposition == "done"


OPEN = "open: {timezone: America/New_York, hours: [{days: [fri], from: 10:00, to: 11:00}]}"
CUSTOMER = "open: {hours: [{from: 10:00, to: 11:00}]}"


@pytest.mark.parametrize(
    ("case", "call", "holds"),
    [
        ('if: "{due}", is: 5', {}, True),
        ('if: "{due}", is: 5.0', {}, True),
        ('if: "{due}", is: "05"', {}, False),
        ('if: "{due}", is: "{who}"', {"fields": {"who": "5", "due": "5"}}, True),
        ('if: "{due}", in: [4, 5]', {}, True),
        ('if: "{due}", at_least: 5', {}, True),
        ('if: "{due}", at_least: 5.5', {}, False),
        ('if: "{due}", at_least: 1, at_most: 4', {}, False),
        ('if: "{who}", at_most: 4', {}, False),
        ('if: "{unknown}", empty: true', {}, True),
        ('if: "{unknown}", empty: true', {"fields": {"unknown": "x"}}, False),
        ('if: "{who}", empty: true', {"fields": {"who": ""}}, False),  # "nobody" stands
        ('if: "{who}", empty: false', {}, True),
        ("tag: vip", {"tags": frozenset({"vip"})}, True),
        ("tag: vip", {}, False),
        (OPEN, {}, True),
        (OPEN.replace("fri", "sat"), {}, False),
        (OPEN.replace("10:00, to: 11:00", "09:00, to: 10:00"), {}, False),
        (CUSTOMER, {"zones": ("America/New_York",)}, True),
        (CUSTOMER, {"zones": ("America/New_York", "America/Chicago")}, False),
        (CUSTOMER, {}, False),
        ("party: unknown", {}, True),
        ("party: human", {"party": Party.SCREENING}, False),
    ],
)
def test_when_a_case_is_so(case: str, call: dict[str, Any], holds: bool) -> None:
    given = {"fields": {"due": "5"}, **call}
    walk, _ = walk_of(f"{{branch: [{{{case}, next: done}}], else: silent}}", **given)
    assert walk.disposition == ("done" if holds else "silent")


def test_the_first_case_that_is_so_decides() -> None:
    cases = "{tag: a, next: silent}, {tag: b, next: wrong}, {party: unknown, next: done}"
    walk, _ = walk_of(f"{{branch: [{cases}], else: silent}}", tags=frozenset({"b"}))
    assert [(t.step, t.way) for t in walk.trail] == [("step", "case 2"), ("wrong", "hangup")]


def test_a_flow_within_a_flow_has_its_own_variables_and_comes_back() -> None:
    inner = load_alone(
        "name: inner\nstart: ask\nvariables: {who: x, due: y}\n"
        "prompts: {q: {say: 'Inner {who}'}}\n"
        "steps: {ask: {collect: n, prompt: q, max: 1, next: return, no_input: bye, too_many: bye},"
        " bye: {hangup: inner}}",
        "inner.yaml",
    )
    step = "{flow: inner, with: {who: 'of {due}'}, into: {due: n}, next: say}"
    flow = flow_of(step, "say: {play: q, next: done}")
    walk = Walk(flow, Call(), {"inner": inner})
    [first] = walk.begin(NOW)
    assert isinstance(first, do.PlayPrompt)
    assert first.say == "Inner of 0"
    assert walk.at == ("inner", "ask")
    after(walk, "7")
    assert walk.values == {"who": "nobody", "due": "7", "unknown": ""}
    assert [(t.flow, t.step, t.way) for t in walk.trail] == [
        ("f", "step", "enter"),
        ("inner", "ask", "next"),
        ("f", "step", "next"),
    ]


def test_a_called_flow_that_is_walked_alone_comes_back_to_nobody() -> None:
    flow = example("identify")
    assert isinstance(flow, Flow)
    walk = Walk(flow)
    walk.begin(NOW)
    assert list(after(walk, "2")) == [do.EndCall(hang_up=True)]
    assert walk.ended is Ended.RETURNED


def test_who_hangs_up_has_gone() -> None:
    walk, _ = walk_of(MENU + "}")
    assert list(after(walk, on.HungUp())) == [do.EndCall(hang_up=False)]
    assert (walk.ended, walk.trail[-1].way) == (Ended.HUNG_UP, "hung_up")
    assert after(walk, "1", OVER, on.HungUp()) == ()


def test_a_call_that_goes_round_for_ever_is_ended() -> None:
    walk, _ = walk_of(MENU.replace("1: done", "1: step") + "}")
    for _ in range(MOST - 1):
        assert kinds(after(walk, "1")) == ["PlayPrompt"]
    assert list(after(walk, "1")) == [do.EndCall(hang_up=True)]
    assert walk.ended is Ended.TOO_LONG


def test_late_happenings_change_nothing() -> None:
    walk, _ = walk_of(MENU + "}")
    late = (QUIET, on.AgentFound(), on.BeepHeard(), on.WebhookFailed(), on.RecordingOver("x"))
    assert after(walk, *late) == ()
    assert after(walk, OVER, OVER) == ()
    assert walk.ended is None
