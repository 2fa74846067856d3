"""`dialplane demo --pbx`: which kinds there are, and which go together."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ("nothing", "'nothing' is not one of fake, asterisk, freeswitch, fake-ami, fake-esl"),
        ("asterisk,", "'' is not one of"),
        ("fake,fake-esl", "for 'fake' say 'fake-esl'"),
        ("fake-esl,fake-esl", "different kinds"),
    ],
)
def test_a_wrong_kind_is_told_before_anything_is_set_up(run: Any, kinds: str, said: str) -> None:
    ran = run("demo", "--pbx", kinds)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err
