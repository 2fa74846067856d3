"""The applications of a chain, each a step of a channel: run, waited for, done with.

An application returns whether the next one may follow at once; one that waits is gone on from by
`proceed`, when what it waits for has come.
"""

from collections.abc import Callable
from functools import partial

from connectors.fake.wire.esl import events
from connectors.fake.wire.esl.board import Board
from connectors.fake.wire.esl.causes import Words
from connectors.fake.wire.esl.channel import Channel, Kind, Step
from connectors.fake.wire.esl.values import avmd, expand, is_stream, message_of, setvar

LONGEST = 86_400.0  # seconds
PLAYED, NOT_FOUND = "FILE PLAYED", "FILE NOT FOUND"


def proceed(board: Board, one: Channel) -> None:
    """The application that ran is over; run what comes next. After the last one it is hung up."""
    events.completes(board, one)
    one.turn += 1
    while one.steps and board.of(one.id) is one:
        name, data = one.steps.pop(0)
        step = name, expand(board, one, data)
        events.begins(board, one, step)
        if not APPLICATIONS.get(name, _unknown)(board, one, step[1]):
            return
        events.completes(board, one)
    if board.of(one.id) is one:
        kill(board, one, "NORMAL_CLEARING")


def transfer(board: Board, one: Channel, steps: list[Step]) -> None:
    """Leave whatever it is in, and do this instead."""
    if one.other is not None:
        events.unbridged(board, one)
    one.steps, one.state = steps, "CS_EXECUTE"
    proceed(board, one)


def kill(board: Board, one: Channel, cause: str) -> None:
    one.cause, one.steps = cause, []
    one.turn += 1
    if one.lost:
        events.hung_up(board, one, Words(cause))
    else:
        board.switch.hang_up(one.id)


def played(board: Board, one: Channel) -> None:
    """The message that it was playing is over."""
    if one.running[0] == "playback" and not is_stream(one.running[1]):
        one.response = PLAYED
        board.say("PLAYBACK_STOP", one, {"Playback-Status": "done"})
        _next(board, one)


def _next(board: Board, one: Channel) -> None:
    """Go on, and let the response be seen by what follows."""
    response = one.response
    events.completes(board, one)
    one.response = response
    proceed(board, one)


def _park(board: Board, one: Channel, _: str) -> bool:
    events.parked(board, one)
    limit, _, cause = one.variables.pop("park_timeout", "").partition(":")
    if limit.isascii() and limit.isdecimal():
        after = partial(_out_of_time, board, one, one.turn, cause or "NORMAL_CLEARING")
        board.switch.later(min(float(limit[:9]), LONGEST), after)
    return False


def _sleep(board: Board, one: Channel, data: str) -> bool:
    if not (data.isascii() and data.isdecimal()):
        return True
    seconds = min(int(data[:9]) / 1000, LONGEST)
    board.switch.later(seconds, partial(_slept, board, one, one.turn))
    return False


def _playback(board: Board, one: Channel, path: str) -> bool:
    if is_stream(path):
        return _stream(board, one, path)
    message = message_of(path)
    if one.kind is not Kind.CALL or not board.switch.has_message(message):
        one.response = NOT_FOUND
        return True
    board.say("PLAYBACK_START", one, {"Playback-File-Path": path})
    board.switch.play(one.id, message)
    return False


def _stream(board: Board, one: Channel, path: str) -> bool:
    """Music or silence, for as long as the channel says."""
    board.say("PLAYBACK_START", one, {"Playback-File-Path": path})
    limit = one.variables.get("playback_timeout_sec", "")
    if limit.isascii() and limit.isdecimal():
        after = partial(_slept, board, one, one.turn)
        board.switch.later(min(float(limit[:9]), LONGEST), after)
    return False


def _event(board: Board, one: Channel, data: str) -> bool:
    pairs = (part.partition("=") for part in data.split(","))
    told = {name: value for name, _, value in pairs if name}
    name, subclass = told.pop("Event-Name", "CHANNEL_APPLICATION"), told.pop("Event-Subclass", "")
    board.say(name, one, told, subclass=subclass)
    return True


def _set(board: Board, one: Channel, data: str) -> bool:
    name, _, value = data.partition("=")
    setvar(one, name, value)
    return True


def _hangup(board: Board, one: Channel, cause: str) -> bool:
    kill(board, one, cause or "NORMAL_CLEARING")
    return False


def _avmd_start(board: Board, one: Channel, _: str) -> bool:
    one.listens = True
    board.say("CUSTOM", None, avmd(one), subclass="avmd::start")
    return True


def _avmd_stop(board: Board, one: Channel, _: str) -> bool:
    one.listens = False
    board.say("CUSTOM", None, avmd(one), subclass="avmd::stop")
    return True


def _eavesdrop(board: Board, one: Channel, target: str) -> bool:
    return board.find(target) is None


def _answer(board: Board, one: Channel, _: str) -> bool:
    if not one.up:
        events.picked_up(board, one)
    return True


def _stays(board: Board, one: Channel, _: str) -> bool:
    return False


def _unknown(board: Board, one: Channel, _: str) -> bool:
    return _hangup(board, one, "DESTINATION_OUT_OF_ORDER")


def _slept(board: Board, one: Channel, turn: int) -> None:
    if one.turn == turn and board.of(one.id) is one:
        proceed(board, one)


def _out_of_time(board: Board, one: Channel, turn: int, cause: str) -> None:
    if one.turn == turn and board.of(one.id) is one and one.running[0] == "park":
        kill(board, one, cause)


APPLICATIONS: dict[str, Callable[[Board, Channel, str], bool]] = {
    "park": _park,
    "sleep": _sleep,
    "playback": _playback,
    "event": _event,
    "set": _set,
    "hangup": _hangup,
    "answer": _answer,
    "avmd_start": _avmd_start,
    "avmd_stop": _avmd_stop,
    "eavesdrop": _eavesdrop,
    "echo": _stays,
}
