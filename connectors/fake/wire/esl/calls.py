"""The API commands about one channel: `uuid_*`."""

from connectors.fake.wire.esl import applications, events
from connectors.fake.wire.esl.board import Board
from connectors.fake.wire.esl.causes import Q850
from connectors.fake.wire.esl.chain import chain, words
from connectors.fake.wire.esl.channel import Channel, Kind, Step
from connectors.fake.wire.esl.lists import dump
from connectors.fake.wire.esl.values import is_stream
from connectors.fake.wire.esl.values import setvar as set_variable

NO_CHANNEL = "-ERR No such channel!\n"
NO_SESSION = "-ERR Cannot locate session!\n"


def kill(board: Board, rest: str) -> str:
    uuid, _, cause = rest.partition(" ")
    one = board.find(uuid)
    if one is None:
        return NO_CHANNEL
    applications.kill(board, one, cause if cause in Q850 else "NORMAL_CLEARING")
    return "+OK\n"


def bridge(board: Board, rest: str) -> str:
    uuids = rest.split()
    pair = [one for uuid in uuids[:2] if (one := board.find(uuid)) is not None]
    if len(pair) < 2:
        return "-ERR Invalid uuid\n"
    call = next((one for one in pair if one.kind is Kind.CALL), None)
    leg = next((one for one in pair if one.kind is Kind.LEG), None)
    if not (call and leg and call.up and leg.up and leg.other is None):
        return "-ERR the fake PBX bridges an answered call with a free agent's leg\n"
    if call.other is not None:
        events.unbridged(board, call)
    board.switch.connect(call.id, leg.id)
    return f"+OK {uuids[1]}\n"


def transfer(board: Board, rest: str) -> str:
    uuid, _, there = rest.partition(" ")
    one, steps = board.find(uuid), chain(words(there))
    if one is None:
        return NO_CHANNEL
    if not there:
        return "-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n"
    if not one.up or (one.other is not None and not _ends_bridge(steps)):
        return "-ERR the fake PBX moves answered calls, and bridged ones to a message only\n"
    board.switch.soon(lambda: applications.transfer(board, one, steps))
    return "+OK\n"


def _ends_bridge(steps: list[Step]) -> bool:
    """Whether it goes to a message, or to its end: what the exchange has of a call in a bridge."""
    name, data = next((step for step in steps if step[0] != "set"), ("", ""))
    return name == "hangup" or (name == "playback" and not is_stream(data))


def park(board: Board, rest: str) -> str:
    return transfer(board, f"{rest.partition(' ')[0]} park inline")


def record(board: Board, rest: str) -> str:
    uuid, _, rest = rest.partition(" ")
    verb, _, path = rest.partition(" ")
    one = board.find(uuid)
    if one is None:
        return NO_SESSION
    if verb == "start" and path and one.up:
        return _tape(board, one, path.split(" ")[0])
    if verb == "stop" and path and one.tape and path in ("all", one.tape):
        _stop_tape(board, one)
        return f"+OK {uuid}\n"
    return "-ERR Cannot stop recording\n" if verb == "stop" else "-ERR Operation failed\n"


def _tape(board: Board, one: Channel, path: str) -> str:
    if one.tape != path:
        if one.tape:
            _stop_tape(board, one)
        one.tape = path
        events.taped(board, one, "RECORD_START", path)
        relative = path.removeprefix(board.globals["recordings_dir"]).strip("/")
        board.switch.record(one.id, relative.removesuffix(".wav"))
    return "+OK Success\n"


def _stop_tape(board: Board, one: Channel) -> None:
    events.taped(board, one, "RECORD_STOP", one.tape)
    one.tape = ""
    board.switch.stop_recording(one.id)


def dumped(board: Board, rest: str) -> str:
    uuid, _, form = rest.partition(" ")
    one = board.find(uuid)
    return dump(board, one, form) if one else NO_CHANNEL


def exists(board: Board, rest: str) -> str:
    return "true" if board.find(rest) else "false"


def getvar(board: Board, rest: str) -> str:
    uuid, _, name = rest.partition(" ")
    one = board.find(uuid)
    return one.headers().get(f"variable_{name}", "_undef_") if one else NO_CHANNEL


def setvar(board: Board, rest: str) -> str:
    uuid, _, rest = rest.partition(" ")
    name, _, value = rest.partition(" ")
    one = board.find(uuid)
    if one is None:
        return NO_CHANNEL
    set_variable(one, name, value)
    return "+OK\n"


def setvar_multi(board: Board, rest: str) -> str:
    """`uuid_setvar_multi <uuid> name=value;name=value`."""
    uuid, _, rest = rest.partition(" ")
    one = board.find(uuid)
    if one is None:
        return NO_CHANNEL
    for pair in rest.split(";"):
        name, equals, value = pair.partition("=")
        if equals and name:
            set_variable(one, name, value)
    return "+OK\n"
