"""What the tests of flows share: the examples, a small flow that is right, problems told."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from campaigns.flow.file import load, load_alone
from campaigns.flow.flow import Flow
from campaigns.flow.world import World
from campaigns.spec.errors import SpecError

EXAMPLES = Path(__file__).parents[3] / "campaigns" / "examples" / "flows"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))

GOOD = """\
name: small
start: ask
variables: {due: "0"}
prompts:
  question: {say: "You owe {due}. Press 1 or 2."}
  thanks: {say: Thank you.}
targets: {desk: +12125550100}
steps:
  ask:
    menu: question
    digits: {1: pay, 2: thanks}
    no_input: bye
    too_many: bye
  pay: {transfer: desk, no_answer: thanks}
  thanks: {play: thanks, next: bye}
  bye: {hangup: done}
"""


@cache
def example(name: str) -> Flow | str:
    """One of the examples, as flows call one another."""
    path = EXAMPLES / f"{name}.yaml"
    return load_alone(path.read_bytes(), path.name) if path.exists() else "there is none"


def problems(source: str | bytes, world: World | None = None) -> list[str]:
    """What is wrong with a file: one line each."""
    with pytest.raises(SpecError) as wrong:
        load(source, "f.yaml", world)
    lines = str(wrong.value).splitlines()
    assert len(lines) == len(wrong.value.problems)
    return lines


def flows(**sources: str) -> World:
    """A world in which there are these flows."""
    found: Mapping[str, Flow] = {name: load_alone(s, f"{name}.yaml") for name, s in sources.items()}
    return World(flow=lambda name: found.get(name, f"there is no file {name}.yaml"))


def changed(old: str, new: str, more: str = "") -> str:
    """The small flow with one thing changed."""
    assert old in GOOD
    return GOOD.replace(old, new) + more
