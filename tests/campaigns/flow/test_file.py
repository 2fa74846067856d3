"""Flow files: what is read, and every way in which a file is wrong, told with its place."""

import pytest

from campaigns.flow.asking import Menu
from campaigns.flow.file import load
from campaigns.flow.flow import FLOW, Flow
from campaigns.flow.reaching import Transfer
from campaigns.flow.steps import KINDS
from campaigns.flow.world import World
from campaigns.spec.form import schema_of
from tests.campaigns.flow.around import GOOD, changed, flows, problems


def test_a_good_file_is_read() -> None:
    flow = load(GOOD)
    menu, transfer = flow.steps["ask"], flow.steps["pay"]
    assert isinstance(menu, Menu)
    assert menu.digits == {"1": "pay", "2": "thanks"}
    assert (menu.timeout, menu.between, menu.retries, menu.barge_in) == (5, 3, 2, True)
    assert isinstance(transfer, Transfer)
    assert transfer.transfer == "desk"
    assert Flow.model_validate_json(flow.model_dump_json()) == flow


def test_whole_numbers_are_read_as_they_are_written() -> None:
    flow = load(changed("{1: pay, 2: thanks}", '{01: pay, "02": thanks, "*9": bye}'))
    menu = flow.steps["ask"]
    assert isinstance(menu, Menu)
    assert list(menu.digits) == ["01", "02", "*9"]


def test_a_number_needs_no_quotes() -> None:
    flow = load(changed("transfer: desk", "transfer: +4930123456"))
    assert flow.steps["pay"].model_dump()["transfer"] == "+4930123456"


FIELDS = {
    "nothing": ("", "1:1: flow: expected keys and values such as 'name: survey' (got nothing)"),
    "two documents": (GOOD + "---\na: 1\n", "17:1: YAML: expected one document (got a second"),
    "a step of no kind": (
        changed("play: thanks", "pley: thanks"),
        "15:3: steps.thanks: expected one of the keys play, menu, collect, record, branch, webhook,"
        " agent, transfer, opt_out, survey, callback, voicemail, hangup, flow (got none of them); "
        "did you mean 'play'?",
    ),
    "a step of two kinds": (
        changed("play: thanks,", "play: thanks, hangup: x,"),
        "15:26: steps.thanks.hangup: expected only one of play, hangup (got 2 of them); remove the "
        "others",
    ),
    "a step that is a word": (
        changed("{hangup: done}", "hangup"),
        "16:8: steps.bye: expected keys and values (got 'hangup')",
    ),
    "no way onwards": (
        changed("play: thanks, next: bye", "play: thanks"),
        "15:3: steps.thanks.next: expected this key (got nothing); step after it",
    ),
    "an unknown key": (
        changed("too_many: bye", "too_many: bye\n    retris: 1"),
        "14:5: steps.ask.retris: unknown key 'retris'; did you mean 'retries'?",
    ),
    "a key of no telephone": (
        changed("2: thanks", "A: thanks"),
        "11:22: steps.ask.digits.A: expected one to four keys of a telephone",
    ),
    "the same key twice": (
        changed("2: thanks", "1: thanks"),
        "11:22: YAML: key '1' is here twice (first in line 11); remove one",
    ),
    "the same key in quotes": (
        changed("2: thanks", '"1": thanks'),
        "11:22: YAML: key '1' is here twice (first in line 11); remove one",
    ),
    "no choices": (
        changed("{1: pay, 2: thanks}", "{}"),
        "11:5: steps.ask.digits: expected at least 1 entry (got keys and values)",
    ),
    "too many tries": (
        changed("too_many: bye", "too_many: bye\n    retries: 30"),
        "14:14: steps.ask.retries: expected at most 9 (got 30)",
    ),
    "a wait without end": (
        changed("too_many: bye", "too_many: bye\n    timeout: 1h"),
        "14:14: steps.ask.timeout: expected at most 60 (got '1h')",
    ),
    "a brace": (
        changed("You owe {due}.", "You owe {due.upper()}."),
        "5:19: prompts.question.say: expected text whose braces hold a variable's name, such as "
        "{amount}",
    ),
    "a file elsewhere": (
        changed("{say: Thank you.}", "{file: ../../etc/passwd}"),
        "6:18: prompts.thanks.file: expected a sound file beside the flow file",
    ),
    "a prompt of no kind": (
        changed("{say: Thank you.}", "{sey: Thank you.}"),
        "6:3: prompts.thanks: expected one of the keys file, say (got none of them); did you mean",
    ),
    "a number that is none": (
        changed("+12125550100", "12125550100"),
        "7:17: targets.desk: expected a number in E.164 within quotes",
    ),
    "a call to a variable": (
        changed("transfer: desk", 'transfer: "{due}"'),
        "14:19: steps.pay.transfer: expected a number in E.164, such as +12125550100, or one of "
        "the flow's targets (got '{due}')",
    ),
}


@pytest.mark.parametrize("name", FIELDS)
def test_what_is_wrong_in_one_place_is_told_with_it(name: str) -> None:
    source, expected = FIELDS[name]
    lines = problems(source)
    assert any(line.startswith(f"f.yaml:{expected}") for line in lines), lines


TOGETHER = {
    "no such start": (
        changed("start: ask", "start: bey"),
        "f.yaml:2:8: start: expected a step that is there (got 'bey'); did you mean 'bye'?",
    ),
    "no such step": (
        changed("1: pay", "1: payy"),
        "f.yaml:11:17: steps.ask.digits.1: expected a step that is there (got 'payy'); "
        "did you mean 'pay'?",
    ),
    "no such prompt": (
        changed("play: thanks", "play: thnks"),
        "f.yaml:15:18: steps.thanks.play: expected one of the 'prompts' that is there "
        "(got 'thnks'); did you mean 'thanks'?",
    ),
    "no such target": (
        changed("transfer: desk", "transfer: office"),
        "f.yaml:14:19: steps.pay.transfer: expected one of the 'targets' that is there "
        "(got 'office'); known: desk",
    ),
    "no such variable": (
        changed("You owe {due}.", "You owe {deu}."),
        "f.yaml:5:19: prompts.question.say: expected a variable that is there (got 'deu'); "
        "did you mean 'due'?",
    ),
    "a step that none reaches": (
        changed("1: pay,", "1: bye,"),
        "f.yaml:14:3: steps.pay: expected a step that some way leads to (got none for 'pay'); "
        "lead a way here, or remove it",
    ),
    "a loop": (
        changed("play: thanks, next: bye", "play: thanks, next: thanks"),
        "f.yaml:15:3: steps.thanks: expected a loop that a person can leave (got thanks -> "
        "thanks); "
        "nobody is asked on the way round: lead one of its ways elsewhere",
    ),
    "a loop of silence": (
        changed("no_input: bye", "no_input: ask"),
        "f.yaml:9:3: steps.ask: expected a loop that a person can leave (got ask -> ask); "
        "nobody is asked on the way round: lead one of its ways elsewhere",
    ),
    "a loop of several": (
        changed(
            "no_answer: thanks", "no_answer: pay-again", "  pay-again: {play: thanks, next: pay}\n"
        ),
        "f.yaml:14:3: steps.pay: expected a loop that a person can leave "
        "(got pay -> pay-again -> pay); nobody is asked",
    ),
    "choices that begin one another": (
        changed("2: thanks", "12: thanks"),
        "f.yaml:11:22: steps.ask.digits.12: expected choices of which none begins another "
        "('1' does); who keys in '1' would be kept waiting for more",
    ),
    "a step called return": (
        changed(
            "1: pay,", "1: pay, 3: x,", "  x: {play: thanks, next: return}\n  return: {hangup: a}\n"
        ),
        "f.yaml:18:3: steps.return: expected another name for a step (got 'return'); "
        "it is the way back to the flow that called this one",
    ),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_what_does_not_fit_together_is_told_with_its_place(name: str) -> None:
    source, expected = TOGETHER[name]
    lines = problems(source)
    assert any(line.startswith(expected) for line in lines), lines


COLLECT = "{collect: n, prompt: thanks, next: thanks, no_input: bye, too_many: bye%s}"


def with_step(step: str, more: str = "", variables: str = '{due: "0"}') -> str:
    """The small flow whose key 1 leads to another step."""
    text = changed("1: pay,", "1: pay, 3: new,", f"  new: {step}\n{more}")
    return text.replace('{due: "0"}', variables)


STEPS = {
    "more at least than at most": (
        with_step(COLLECT % ", min: 5, max: 3"),
        "f.yaml:17:3: steps.new: expected 'min' not above 'max' (5 and 3)",
    ),
    "a length beside a date": (
        with_step(COLLECT % ", max: 3, valid: {date: ddmm}"),
        "f.yaml:17:3: steps.new: expected no 'min' and 'max' beside 'valid', which takes 4 digits",
    ),
    "more digits than a number can have": (
        with_step(COLLECT % ", min: 3, max: 5, valid: {number: {at_least: 1, at_most: 31}}"),
        "f.yaml:17:3: steps.new: expected 'min' of at most 2, the digits that 'valid' can have",
    ),
    "a range upside down": (
        with_step(COLLECT % ", valid: {number: {at_least: 9, at_most: 1}}"),
        "f.yaml:17:89: steps.new.valid.number: expected 'at_least' not above 'at_most'",
    ),
    "a value that nothing has set": (
        with_step(
            COLLECT % "", '  said: {branch: [{if: "{n}", is: 1, next: bye}], else: bye}\n'
        ).replace("1: pay,", "1: said,"),
        "f.yaml:18:24: steps.said.branch[0].if: expected a value for 'n' (got none by ask -> said);"
        " give it one under 'variables', such as 'n: \"\"'",
    ),
    "a prompt with a value that nothing has set": (
        with_step(COLLECT % "").replace("Thank you.", '"{n}"'),
        "f.yaml:15:18: steps.thanks.play: expected a value for 'n' (got none by ask -> thanks);",
    ),
    "a secret that is said": (
        with_step(COLLECT % ", secret: true", variables='{due: "0", n: ""}').replace(
            "Thank you.", '"{n}"'
        ),
        "f.yaml:6:17: prompts.thanks.say: expected no secret here (got 'n'); "
        "a secret can only be sent to a webhook",
    ),
    "a secret that is compared, in a step called send": (
        with_step(COLLECT % ", secret: true, next: send", variables='{due: "0", n: ""}').replace(
            "next: thanks, no_input", "no_input"
        )
        + '  send: {branch: [{if: "{n}", is: 1, next: bye}], else: bye}\n',
        "f.yaml:18:24: steps.send.branch[0].if: expected no secret here (got 'n');",
    ),
    "a call back at no time": (
        with_step('{callback: "{due}", next: bye}'),
        "f.yaml:17:19: steps.new.callback: expected a time of day (got the variable 'due'); "
        "collect it with 'valid: {time: hhmm}', and nowhere else",
    ),
    "a call back too soon": (
        with_step("{callback: 5s, next: bye}"),
        "f.yaml:17:19: steps.new.callback: expected when_free, a delay from 1m to 30d such as 2h,",
    ),
    "a voicemail for anybody": (
        with_step("{voicemail: thanks}"),
        "f.yaml:17:9: steps.new.voicemail: expected machines only (got anybody, by ask -> new); "
        "lead here from a branch by the case '{party: machine, next: ...}' alone",
    ),
    "no case": (
        with_step('{branch: [{if: "{due}", next: bye}], else: bye}'),
        "f.yaml:17:18: steps.new.branch[0]: expected one of 'is', 'in', 'empty', or the bounds",
    ),
    "two cases in one": (
        with_step('{branch: [{if: "{due}", is: 1, empty: true, next: bye}], else: bye}'),
        "f.yaml:17:18: steps.new.branch[0]: expected one of 'is', 'in', 'empty', or the bounds",
    ),
    "a value without braces": (
        with_step("{branch: [{if: due, is: 1, next: bye}], else: bye}"),
        "f.yaml:17:23: steps.new.branch[0].if: expected a variable within braces and quotes, such "
        "as \"{amount}\" (got 'due')",
    ),
    "a zone that is none": (
        with_step(
            "{branch: [{open: {timezone: Mars/X, hours: [{from: 09:00, to: 10:00}]}, next: bye}], "
            "else: bye}"
        ),
        "f.yaml:17:36: steps.new.branch[0].open.timezone: expected 'customer' or an IANA time zone",
    ),
    "an answer into no variable": (
        with_step("{webhook: x, into: {No: a}, fallback: bye, next: bye}"),
        "f.yaml:17:28: steps.new.into.No: expected a variable's name of small letters",
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_each_kind_of_step_is_checked(name: str) -> None:
    source, expected = STEPS[name]
    lines = problems(source)
    assert any(line.startswith(expected) for line in lines), lines


def test_a_machine_gets_a_voicemail_by_its_case() -> None:
    branch = "{branch: [{party: machine, next: left}], else: bye}"
    assert load(with_step(branch, "  left: {voicemail: thanks}\n")).steps["left"]


def test_all_problems_are_told_at_once() -> None:
    source = (
        GOOD.replace("1: pay", "1: payy")
        .replace("play: thanks", "pley: thanks")
        .replace("hangup: done", "hangup: done, nxt: x")
        .replace("{due}", "{deu}")
    )
    told = [line.split(": ")[1] for line in problems(source)]
    assert told == ["prompts.question.say", "steps.ask.digits.1", "steps.thanks", "steps.bye.nxt"]


def test_a_step_that_is_wrong_hides_no_other_and_leaves_none_unreached() -> None:
    assert [line.split(": ")[1] for line in problems(changed("menu: question", "menu: [x]"))] == [
        "steps.ask.menu"
    ]


def test_files_are_looked_for_where_somebody_looks() -> None:
    source = changed("{say: Thank you.}", "{file: prompts/thanks.wav}")
    assert load(source).prompts["thanks"]
    assert load(source, world=World(has_file=lambda name: name == "prompts/thanks.wav"))
    assert problems(source, World(has_file=lambda name: False)) == [
        "f.yaml:6:18: prompts.thanks.file: expected a file that is there "
        "(got 'prompts/thanks.wav'); put it there, or write 'say' with the text for a voice"
    ]


def test_names_of_the_pbx_are_taken() -> None:
    world = World(contexts=frozenset({"small"}), extensions=frozenset({"pay"}))
    assert problems(GOOD, world) == [
        "f.yaml:1:7: name: expected a name that the PBX does not use (got 'small'); "
        "a context of its dialplan has it; take another name",
        "f.yaml:14:3: steps.pay: expected a name that the PBX does not use (got 'pay'); "
        "an extension of its dialplan has it; take another name",
    ]


INNER = """\
name: inner
start: ask
variables: {who: ""}
prompts: {q: {say: "{who}?"}}
steps:
  ask: {collect: pin, prompt: q, next: return, no_input: %s, too_many: return}
  bye: {hangup: x}
"""
CALL = "{flow: inner, with: {%s: x}, into: {got: %s}, next: bye}"


def called(with_: str = "who", into: str = "who", no_input: str = "bye") -> list[str]:
    """What is wrong with a flow that calls another one."""
    return problems(with_step(CALL % (with_, into)), flows(inner=INNER % no_input))


def test_a_flow_may_call_another() -> None:
    assert load(with_step(CALL % ("who", "who")), "f.yaml", flows(inner=INNER % "bye"))


def test_what_a_flow_is_given_and_gives_is_checked() -> None:
    assert (
        "expected one of the flow's 'variables' (got 'woh'); did you mean 'who'" in called("woh")[0]
    )
    assert (
        "expected a variable of the flow (got 'pni'); did you mean 'pin'?" in called(into="pni")[0]
    )
    assert "(got 'pin'); it has no value by ask -> return" in called(into="pin")[0]
    secret = INNER.replace("too_many: return", "too_many: bye, secret: true") % "bye"
    told = problems(with_step(CALL % ("who", "pin")), flows(inner=secret))
    assert told[0].endswith("(got 'pin'); it is a secret, which stays in its flow")


def test_a_flow_that_is_not_there_does_not_come_back_or_is_wrong() -> None:
    assert problems(with_step(CALL % ("who", "who")))[0].startswith(
        "f.yaml:17:15: steps.new.flow: expected a flow that is there (got 'inner'); no other flow"
    )
    never = (INNER % "bye").replace("return", "bye")
    assert problems(with_step(CALL % ("who", "who")), flows(inner=never)) == [
        "f.yaml:17:15: steps.new.flow: expected a flow that comes back (got 'inner'); "
        "none of its steps leads to 'return'"
    ]


def test_flows_never_call_themselves() -> None:
    itself = with_step("{flow: small, next: bye}")
    assert problems(itself) == [
        "f.yaml:17:15: steps.new.flow: expected a flow that does not call itself "
        "(got small -> small); use a step's ways to go round within one flow"
    ]
    back = (INNER % "bye").replace("hangup: x", "flow: small, next: return")
    found = problems(with_step(CALL % ("who", "who")), flows(inner=back, small=GOOD))
    assert found[0].endswith(
        "(got small -> inner -> small); use a step's ways to go round within one flow"
    )


@pytest.mark.parametrize(("no_input", "asked"), [("bye", True), ("return", False)])
def test_a_loop_through_a_flow_needs_somebody_who_presses_there(no_input: str, asked: bool) -> None:
    inner = (INNER % no_input).replace("too_many: return", "too_many: bye")
    source = with_step(
        "{flow: inner, next: over}", "  over: {branch: [{tag: x, next: new}], else: bye}\n"
    )
    world = flows(inner=inner.replace('{say: "{who}?"}', "{say: a}"))
    if asked:
        assert load(source, "f.yaml", world)
    else:
        assert (
            "expected a loop that a person can leave (got new -> over -> new)"
            in problems(source, world)[0]
        )


def test_the_schema_knows_every_kind_and_key() -> None:
    made = schema_of(FLOW)
    assert made["title"] == "Dialplane flow"
    for key, kind in KINDS.items():
        part = made["$defs"][kind.__name__]
        assert key in part["required"]
        assert all(field.get("description") for field in part["properties"].values())
        assert part["additionalProperties"] is False


def test_a_loop_without_exit_is_told_once() -> None:
    wrong = problems(changed("play: thanks, next: bye", "play: thanks, next: thanks"))
    assert [problem for problem in wrong if ": steps.thanks: " in problem] == wrong
    assert len(wrong) == 1
