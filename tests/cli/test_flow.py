"""`dialplane flow`: files checked, tried and drawn, without a site."""

import json
import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from campaigns.flow.flow import Flow
from cli.flow_world import Library
from cli.main import app
from dialplan_templates.render import asterisk_files
from dialplan_templates.taken import contexts

EXAMPLES = Path(__file__).parents[2] / "campaigns" / "examples" / "flows"
NAMES = sorted(path.name for path in EXAMPLES.glob("*.yaml"))
WRONG = """\
name: dialplane-agent
start: ask
prompts: {q: {file: prompts/q.wav}}
steps:
  ask: {menu: q, digits: {1: by, 2: h}, no_input: bye, too_many: bye}
  h: {flow: identfy, next: bye}
  bye: {hangup: done}
"""


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """A flow with a problem of each kind that the world tells of, beside one that is right."""
    (tmp_path / "identify.yaml").write_text((EXAMPLES / "identify.yaml").read_text())
    file = tmp_path / "wrong.yaml"
    file.write_text(WRONG)
    return file


def test_every_example_is_right(run: Any) -> None:
    ran = run("flow", "check", *(EXAMPLES / name for name in NAMES))
    assert (ran.code, len(ran.lines)) == (0, len(NAMES))
    assert all(": OK: flow '" in line for line in ran.lines)


def test_every_problem_is_told_with_its_place(run: Any, wrong: Path) -> None:
    ran = run("flow", "check", wrong)
    assert (ran.code, ran.err) == (1, "")
    places = [line.removeprefix(f"{wrong}:").split(": ")[:2] for line in ran.lines]
    assert places == [
        ["1:7", "name"],
        ["3:21", "prompts.q.file"],
        ["5:30", "steps.ask.digits.1"],
        ["6:3", "steps.h"],
        ["6:13", "steps.h.flow"],
    ]
    assert ran.lines[-1].endswith("did you mean 'identify'?")


def test_a_file_that_is_there_is_found_from_the_flow_on(run: Any, wrong: Path) -> None:
    (wrong.parent / "prompts").mkdir()
    (wrong.parent / "prompts" / "q.wav").write_bytes(b"")
    assert "prompts.q.file" not in run("flow", "check", wrong).out


def test_a_flow_that_is_called_is_checked_as_well(run: Any, tmp_path: Path) -> None:
    for name in ("payment", "identify"):
        (tmp_path / f"{name}.yaml").write_text((EXAMPLES / f"{name}.yaml").read_text())
    inner = tmp_path / "identify.yaml"
    inner.write_text(inner.read_text().replace("fallback: return", "fallback: retrun"))
    ran = run("flow", "check", tmp_path / "payment.yaml")
    assert ran.code == 1
    assert ran.lines[0].startswith(f"{inner}:")
    assert ran.lines[0].endswith("did you mean 'return'?")
    inner.write_text("name: identity\n")
    [told] = run("flow", "check", tmp_path / "payment.yaml").lines
    assert told.endswith(f"identify.yaml is not right; see 'dialplane flow check {inner}'")


def test_a_file_of_another_flow_is_not_the_flow(tmp_path: Path) -> None:
    text = (EXAMPLES / "identify.yaml").read_text()
    (tmp_path / "other.yaml").write_text(text)
    found = Library(tmp_path).flow("other")
    assert found == "other.yaml holds the flow 'identify'; name file and flow alike"


def test_problems_as_json_one_file_a_line(run: Any, wrong: Path) -> None:
    ran = run(
        "flow", "check", wrong, EXAMPLES / "survey.yaml", wrong.parent / "none.yaml", "--json"
    )
    told = [json.loads(line) for line in ran.lines]
    assert (ran.code, [each["ok"] for each in told]) == (1, [False, True, False])
    assert told[0]["problems"][0].keys() == {"file", "line", "column", "path", "message", "hint"}
    assert told[2]["problems"][0]["message"] == "there is no such file"


def test_what_is_no_file_is_neither_read_nor_waited_for(run: Any, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    ran = run("flow", "check", pipe)
    assert (ran.code, ran.lines[0].startswith(f"{pipe}:1:1: file: it is a device")) == (1, True)


def test_the_schema_is_json(run: Any) -> None:
    assert json.loads(run("flow", "schema").out)["title"] == "Dialplane flow"


def test_a_flow_is_tried_with_digits_given(run: Any) -> None:
    ran = run("flow", "try", EXAMPLES / "survey.yaml", "--digits", "1,4,1,5", "--json")
    told = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert [(s["step"], s["pressed"], s["way"]) for s in told["steps"]] == [
        ("greet", "1", "1"),
        ("how-good", "4", "next"),
        ("again", "1", "next"),
        ("unhappy", "", "else"),
        ("thanks", "", "next"),
        ("done", "", "hangup"),
    ]
    assert told["answers"] == {"visit": "good", "have_us_again": "yes"}
    assert (told["ended"], told["disposition"]) == ("hangup", "surveyed")
    assert told["unused_digits"] == ["5"]


def tried(run: Any, name: str, *options: str) -> dict[str, Any]:
    """A try of an example, as JSON."""
    ran = run("flow", "try", EXAMPLES / f"{name}.yaml", *options, "--json")
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


FRIDAY = ("--at", "2026-11-27T10:00-05:00")
RIGHT = ("--webhook", "identify.is_right=yes", "--field", "due=120")


@pytest.mark.parametrize(
    ("name", "options", "ended", "last"),
    [
        ("survey", (), "hangup", "no-answer"),
        ("press-one", ("--digits", "1"), "agent", "talk"),
        ("press-one", ("--digits", "1", "--no-agent"), "hangup", "wants-a-call"),
        ("press-one", ("--party", "machine"), "hangup", "machine"),
        ("appointment", ("--party", "machine"), "voicemail", "message"),
        ("appointment", ("--digits", "1", "--webhook", "confirm-appointment=down"), "agent",
         "service"),
        ("appointment", ("--digits", "2,1224,0930,1", "--webhook", "slots.offer=ten"), "hangup",
         "was-moved"),
        ("payment", ("--digits", "1,1980,1", *RIGHT), "transfer", "pay-by-phone"),
        ("payment", ("--digits", "1,1980,1", *RIGHT, "--no-answer"), "hangup", "later"),
        ("payment", ("--digits", "1,1980", *RIGHT, "--tag", "disputed", *FRIDAY), "agent",
         "collections"),
        ("payment", ("--digits", "1,1980,3,1745", *RIGHT, "--at", "2026-11-29T15:00"), "hangup",
         "later"),
        ("payment", ("--digits", "2"), "hangup", "not-reached"),
    ],
)  # fmt: skip
def test_what_happens_on_a_try_is_what_was_said(
    run: Any, name: str, options: tuple[str, ...], ended: str, last: str
) -> None:
    told = tried(run, name, *options)
    assert (told["ended"], told["steps"][-1]["step"]) == (ended, last)


def test_a_secret_is_not_told(run: Any) -> None:
    ran = run("flow", "try", EXAMPLES / "payment.yaml", "--digits", "1,1980,9", *RIGHT)
    assert ran.code == 0
    assert "1980" not in ran.out
    told = tried(run, "payment", "--digits", "1,1980,9", *RIGHT)
    assert "1980" not in json.dumps(told)
    assert told["opted_out"]


def test_a_try_for_people_says_everything(run: Any) -> None:
    ran = run(
        "flow",
        "try",
        EXAMPLES / "survey.yaml",
        "--digits",
        "1,1,2,1,7",
        "--field",
        "first_name=Ada",
    )
    assert ran.lines[0].startswith('says "Hello Ada.')
    for line in (
        "files visit: very-bad",
        "records, after a beep",
        "books a call when an agent is free",
    ):
        assert line in ran.lines
    assert "Steps taken" in ran.out
    assert "digits not asked for  7" in ran.out


def test_keys_are_asked_for_in_the_terminal() -> None:
    ran = typed("1\nx\n5\n\n\n\n")
    assert "A telephone has the keys 0 to 9" in ran
    assert "files visit: very-good" in ran
    assert "no_input" in ran
    assert "hung_up" in typed("1\n")


def typed(text: str) -> str:
    """What a try of the survey says to somebody who types this."""
    words = ["flow", "try", str(EXAMPLES / "survey.yaml")]
    ran = CliRunner().invoke(app, words, input=text, prog_name="dialplane")
    assert ran.exit_code == 0
    return ran.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            ("--digits", "1,x"),
            "--digits: expected keys of a telephone with commas between, such as",
        ),
        (("--at", "noon"), "--at: expected a moment such as 2026-11-27T10:00-05:00 (got 'noon')"),
        (
            ("--zone", "Mars"),
            "--zone: expected an IANA time zone such as Europe/Berlin (got 'Mars')",
        ),
        (("--zone", "customer"), "--zone: expected an IANA time zone"),
        (("--field", "x"), "--field: expected NAME=TEXT (got 'x')"),
        (
            ("--webhook", "a=b"),
            "--webhook: expected ENDPOINT.FIELD=TEXT or ENDPOINT=down (got 'a=b')",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(run: Any, options: tuple[str, ...], told: str) -> None:
    ran = run("flow", "try", EXAMPLES / "survey.yaml", *options)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(told)


def test_a_flow_that_is_wrong_is_neither_tried_nor_drawn(run: Any, wrong: Path) -> None:
    for command in ("try", "graph"):
        ran = run("flow", command, wrong)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith(f"{wrong}:1:7: name: ")


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_xml_with_every_step(run: Any, tmp_path: Path, name: str) -> None:
    out = tmp_path / "flow.svg"
    ran = run("flow", "graph", EXAMPLES / name, "--out", out)
    assert (ran.code, ran.out.startswith(f"{out}: ")) == (0, True)
    drawn = ElementTree.fromstring(out.read_text())  # noqa: S314 (our own)
    texts = {element.text for element in drawn.iter() if element.tag.endswith("text")}
    flow = Library(EXAMPLES).flow(name.removesuffix(".yaml"))
    assert isinstance(flow, Flow)
    assert set(flow.steps) <= texts
    assert not [e.tag for e in drawn.iter() if e.tag.endswith(("script", "style", "image", "a"))]


def test_mermaid_is_the_default_and_json_has_the_parts(run: Any, tmp_path: Path) -> None:
    file = EXAMPLES / "press-one.yaml"
    ran = run("flow", "graph", file)
    assert ran.lines[0] == "flowchart TD"
    assert '    s0["who<br/>branch"]' in ran.lines
    told = json.loads(run("flow", "graph", file, "--json").out)
    assert told["drawn"] == ran.out
    assert {"source": "talk", "target": "call-back", "told": "no agent"} in told["arrows"]
    svg = run("flow", "graph", file, "--format", "svg").out
    assert svg.startswith("<svg ")
    ran = run("flow", "graph", file, "--out", tmp_path / "none" / "x.svg")
    assert (ran.code, "it cannot be written: there is no such folder" in ran.err) == (1, True)
    ran = run("flow", "graph", file, "--out", tmp_path)
    assert (ran.code, ran.err) == (1, f"{tmp_path}: it is no file; name one to write to\n")


def test_the_contexts_of_our_dialplan_are_taken() -> None:
    text = asterisk_files(secret="s" * 16)["extensions.d/dialplane.conf"]
    assert contexts() == {line[1:-1] for line in text.splitlines() if line.startswith("[")}
    assert "dialplane-agent" in contexts()


def test_init_brings_the_examples(run: Any, home: Path) -> None:
    assert run("init").code == 0
    flows = home / "examples" / "flows"
    assert sorted(p.name for p in flows.iterdir()) == sorted([*NAMES, "flow.schema.json"])
    assert run("flow", "check", *sorted(flows.glob("*.yaml"))).code == 0
