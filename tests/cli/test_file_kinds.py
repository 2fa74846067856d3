"""A file of one kind given where another one is wanted: one sentence, whatever the command."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
CAMPAIGN = "examples/survey.yaml"
FLOW = "examples/flows/survey.yaml"
PBX = "examples/pbx.yaml"
ASTERISK = ("--pbx", "asterisk")
GIVEN: list[tuple[tuple[str, ...], str, tuple[str, ...], str]] = [
    (("flow", "check"), CAMPAIGN, (), "expected a flow (got a campaign); its flow is flows/survey"),
    (("flow", "try"), CAMPAIGN, ("--digits", "1"), "expected a flow (got a campaign)"),
    (("flow", "graph"), CAMPAIGN, (), "expected a flow (got a campaign)"),
    (("prompts", "check"), CAMPAIGN, ("--sounds", "."), "expected a flow (got a campaign)"),
    (("flow", "check"), PBX, (), "expected a flow (got a PBX file); 'dialplane pbx files'"),
    (("campaign", "validate"), FLOW, (), "expected a campaign (got a flow); 'dialplane flow"),
    (("campaign", "validate"), PBX, (), "expected a campaign (got a PBX file)"),
    (("dialplan", "check"), PBX, ASTERISK, "expected a flow or a campaign (got a PBX file)"),
]


@pytest.mark.parametrize(("command", "file", "more", "told"), GIVEN)
def test_it_is_one_sentence(
    run: Run, site: Path, command: tuple[str, ...], file: str, more: tuple[str, ...], told: str
) -> None:
    ran = run(*command, site / file, *more)
    assert ran.code == 1
    [line] = (ran.out + ran.err).splitlines()
    assert f"{file}:1:1: file: {told}" in line


def test_it_is_one_problem_for_machines(run: Run, site: Path) -> None:
    told = json.loads(run("flow", "check", site / CAMPAIGN, "--json").out)
    assert (told["ok"], len(told["problems"])) == (False, 1)


@pytest.mark.parametrize(
    "command",
    [
        ("dialplan", "check", *ASTERISK),
        ("dialplan", "render", *ASTERISK, "--out", "./out"),
        ("dialplan", "diff", *ASTERISK, "--into", ".", "--offline"),
        ("flow", "try"),
        ("flow", "check"),
    ],
)
@pytest.mark.parametrize("text", ["name: f\nsteps: {}\n", None])
def test_what_is_wrong_with_a_flow_is_json_where_json_is_wanted(
    run: Run, site: Path, tmp_path: Path, command: tuple[str, ...], text: str | None
) -> None:
    file = tmp_path / "f.yaml"
    if text is not None:
        file.write_text(text)
    ran = run(*command, file, "--json")
    told = json.loads(ran.out)
    assert (ran.code, ran.err) == (1, "")
    assert (told["file"], told["ok"]) == (str(file), False)
    assert all(problem["line"] and problem["message"] for problem in told["problems"])


def test_a_picture_that_is_not_made_here_is_refused(run: Run, site: Path, tmp_path: Path) -> None:
    ran = run("flow", "graph", site / FLOW, "--out", tmp_path / "x.png")
    assert ran.code == 1
    assert "expected a name that ends in .svg" in ran.err
    assert not (tmp_path / "x.png").exists()
