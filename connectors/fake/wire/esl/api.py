"""The API commands that are served: what each answers, and does.

The sentences are FreeSWITCH's own.
"""

from collections.abc import Callable
from uuid import uuid4

from connectors.fake.wire.esl import applications, dial, events
from connectors.fake.wire.esl.board import HOST, MAX_GLOBALS, VERSION, Board
from connectors.fake.wire.esl.causes import Q850
from connectors.fake.wire.esl.chain import chain, words
from connectors.fake.wire.esl.channel import Channel, Kind
from connectors.fake.wire.esl.lists import dump, show, status
from connectors.fake.wire.esl.sofia import sofia

NO_CHANNEL = "-ERR No such channel!\n"
NO_SESSION = "-ERR Cannot locate session!\n"
MODULES = (
    "mod_commands", "mod_dptools", "mod_sofia", "mod_loopback", "mod_event_socket", "mod_sndfile",
    "mod_avmd", "mod_tone_stream",
)  # fmt: skip
Done = Callable[[str], None]


def run(board: Board, command: str, done: Done) -> None:
    """Run an API command; `done` gets what it answers, at once or when it is known."""
    name, _, rest = command.strip().partition(" ")
    board.say("API", None, {"API-Command": name, "API-Command-Argument": rest})
    if name == "originate":
        return dial.originate(board, rest.strip(), done)
    handler = API.get(name)
    if handler is None:
        return done(f"-ERR {name} Command not found!\n")
    return done(handler(board, rest.strip()))


def _kill(board: Board, rest: str) -> str:
    uuid, _, cause = rest.partition(" ")
    one = board.find(uuid)
    if one is None:
        return NO_CHANNEL
    applications.kill(board, one, cause if cause in Q850 else "NORMAL_CLEARING")
    return "+OK\n"


def _bridge(board: Board, rest: str) -> str:
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


def _transfer(board: Board, rest: str) -> str:
    uuid, _, there = rest.partition(" ")
    one, steps = board.find(uuid), chain(words(there))
    if one is None:
        return NO_CHANNEL
    if not there:
        return "-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n"
    if not one.up or (one.other is not None and steps[0][0] not in ("playback", "hangup")):
        return "-ERR the fake PBX moves answered calls, and bridged ones to a message only\n"
    board.switch.soon(lambda: applications.transfer(board, one, steps))
    return "+OK\n"


def _park(board: Board, rest: str) -> str:
    return _transfer(board, f"{rest.partition(' ')[0]} park inline")


def _record(board: Board, rest: str) -> str:
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


def _dump(board: Board, rest: str) -> str:
    uuid, _, form = rest.partition(" ")
    one = board.find(uuid)
    return dump(board, one, form) if one else NO_CHANNEL


def _exists(board: Board, rest: str) -> str:
    return "true" if board.find(rest) else "false"


def _getvar(board: Board, rest: str) -> str:
    uuid, _, name = rest.partition(" ")
    one = board.find(uuid)
    return one.headers().get(f"variable_{name}", "_undef_") if one else NO_CHANNEL


def _setvar(board: Board, rest: str) -> str:
    uuid, _, rest = rest.partition(" ")
    name, _, value = rest.partition(" ")
    one = board.find(uuid)
    if one is None:
        return NO_CHANNEL
    applications.setvar(one, name, value)
    return "+OK\n"


def _expand(board: Board, rest: str) -> str:
    """`expand [uuid:<uuid> ]<command>`."""
    one = None
    if rest.startswith("uuid:"):
        uuid, _, rest = rest.removeprefix("uuid:").partition(" ")
        one = board.find(uuid)
        if one is None:
            return NO_CHANNEL
    name, _, argument = applications.expand(board, one, rest).strip().partition(" ")
    handler = API.get(name)
    if handler is None or name == "expand":
        return "INVALID COMMAND!\n-ERR Cannot execute command\n"
    return handler(board, argument)


def _global_getvar(board: Board, rest: str) -> str:
    if rest.startswith("arrived_"):  # as the lab's world in a FreeSWITCH counts them
        return "x" * board.switch.exchange.arrived(f"+{rest.removeprefix('arrived_')}")
    return board.globals.get(rest) or "-ERR no reply\n"


def _global_setvar(board: Board, rest: str) -> str:
    name, _, value = rest.partition("=")
    if len(board.globals) < MAX_GLOBALS or name in board.globals:
        board.globals[name] = value
    return "+OK\n"


def _hupall(board: Board, rest: str) -> str:
    cause = rest.partition(" ")[0]
    for one in board:
        applications.kill(board, one, cause if cause in Q850 else "MANAGER_REQUEST")
    return "+OK hangup all channels with cause MANAGER_REQUEST\n"


def _uptime(board: Board, rest: str) -> str:
    return f"{(board.switch.now() - board.began).total_seconds():.0f}\n"


API: dict[str, Callable[[Board, str], str]] = {
    "version": lambda board, rest: f"FreeSWITCH Version {VERSION} (the fake PBX of Dialplane)\n",
    "status": status,
    "uptime": _uptime,
    "hostname": lambda board, rest: HOST,
    "module_exists": lambda board, rest: "true" if rest in MODULES else "false",
    "create_uuid": lambda board, rest: str(uuid4()),
    "echo": lambda board, rest: rest,
    "expand": _expand,
    "strepoch": lambda board, rest: f"{board.switch.now().timestamp():.0f}",
    "reloadxml": lambda board, rest: "+OK [Success]\n",
    "global_getvar": _global_getvar,
    "global_setvar": _global_setvar,
    "show": show,
    "hupall": _hupall,
    "sofia": sofia,
    "uuid_bridge": _bridge,
    "uuid_dump": _dump,
    "uuid_exists": _exists,
    "uuid_getvar": _getvar,
    "uuid_kill": _kill,
    "uuid_park": _park,
    "uuid_record": _record,
    "uuid_setvar": _setvar,
    "uuid_transfer": _transfer,
}
