"""Redirects that wait until their call stands still."""

import asyncio

import pytest

from connectors.asterisk.actions import connect, hang_up, hold
from connectors.asterisk.codec import Action, Message
from connectors.asterisk.moving import STILL, Moves
from tests.connectors.asterisk.ami_server import packet
from tests.connectors.asterisk.stage import CALL, LEG, OTHER


class Line:
    """What is sent at once, and what is sent later."""

    def __init__(self) -> None:
        self.now: list[Action] = []
        self.later: list[Action] = []
        self.moves = Moves(self.later.append)

    def hear(self, event: str) -> None:
        self.moves.heard(Message(packet(Event=event, Uniqueid=str(CALL)).strip(b"\r\n")))

    def send(self, action: Action) -> None:
        if not self.moves.waits(action):
            self.now.append(action)


@pytest.fixture
async def line() -> Line:
    return Line()


async def test_a_call_that_has_just_told_a_step_is_moved_a_moment_later(line: Line) -> None:
    line.hear("UserEvent")
    line.send(connect(CALL, LEG))
    assert not line.now
    assert not line.later
    await asyncio.sleep(2 * STILL)
    assert line.later == [connect(CALL, LEG)]


async def test_any_other_call_is_moved_at_once(line: Line) -> None:
    line.hear("UserEvent")
    line.send(connect(OTHER, LEG))
    assert line.now == [connect(OTHER, LEG)]


async def test_and_so_is_one_that_has_stood_still(line: Line) -> None:
    line.hear("UserEvent")
    await asyncio.sleep(2 * STILL)
    line.send(connect(CALL, LEG))
    assert line.now == [connect(CALL, LEG)]


async def test_the_channels_own_events_are_no_steps(line: Line) -> None:
    line.hear("Newstate")
    line.send(connect(CALL, LEG))
    assert line.now == [connect(CALL, LEG)]


async def test_of_two_moves_the_later_one_is_made(line: Line) -> None:
    line.hear("UserEvent")
    line.send(connect(CALL, LEG))
    line.send(hold(CALL))
    await asyncio.sleep(2 * STILL)
    assert line.later == [hold(CALL)]


async def test_to_hang_up_waits_for_nothing(line: Line) -> None:
    line.hear("UserEvent")
    line.send(hang_up(CALL))
    assert line.now == [hang_up(CALL)]


async def test_nothing_is_kept_of_a_call_that_has_stood_still(line: Line) -> None:
    for nth in range(100):
        line.moves.heard(Message(packet(Event="UserEvent", Uniqueid=str(nth)).strip(b"\r\n")))
    await asyncio.sleep(2 * STILL)
    line.hear("UserEvent")
    assert list(line.moves.told) == [str(CALL)]
