"""Where Asterisk is told to move calls to."""

from uuid import UUID

import pytest

from connectors.asterisk.actions import Dialling, actions, hold
from connectors.calls import Command, ConnectToAgent, PlayMessage
from connectors.flows import EnterFlow
from dialplan_templates.flows import asterisk_flow_files
from dialplan_templates.render import asterisk_files
from tests.dialplan_templates.extensions import parse
from tests.dialplan_templates.flow_files import flow

CALL = UUID("0190c0de-0000-7000-8000-000000000001")
MOVES: list[Command] = [
    ConnectToAgent(CALL, CALL),
    PlayMessage(CALL, "hello"),
    PlayMessage(CALL, "hello", then_hang_up=False),
    EnterFlow(CALL, "survey", trunk="trunk"),
]
TARGETS = [dict(actions(move, Dialling())[-1]) for move in MOVES] + [dict(hold(CALL))]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target["Context"])
def test_the_first_steps_do_nothing(target: dict[str, str]) -> None:
    """See `connectors.asterisk.moving`: the first may be skipped, and the second made twice."""
    files = asterisk_files(secret="0123456789abcdef") | asterisk_flow_files(flow("survey"))
    assert target["Action"] == "Redirect"
    plan = parse("\n".join(files[name] for name in files if name.startswith("extensions.d/")))
    found = plan.contexts[target["Context"]]
    lines = found.get(target["Exten"]) or next(iter(found.values()))
    assert [application for _, _, application, _ in lines[:2]] == ["NoOp", "NoOp"]
