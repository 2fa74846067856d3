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
