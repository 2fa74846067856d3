"""The API commands that are served: what each answers, and does.

The sentences are FreeSWITCH's own.
"""

from collections.abc import Callable
from uuid import uuid4

from connectors.fake.wire.esl import applications, calls, dial
from connectors.fake.wire.esl.board import HOST, MAX_GLOBALS, VERSION, Board
from connectors.fake.wire.esl.causes import Q850
from connectors.fake.wire.esl.lists import show, status
from connectors.fake.wire.esl.sofia import sofia
from connectors.fake.wire.esl.values import expand

MODULES = (
    "mod_commands", "mod_dptools", "mod_sofia", "mod_loopback", "mod_event_socket", "mod_sndfile",
    "mod_avmd", "mod_tone_stream", "mod_dialplan_xml",
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


def _expand(board: Board, rest: str) -> str:
    """`expand [uuid:<uuid> ]<command>`."""
    one = None
    if rest.startswith("uuid:"):
        uuid, _, rest = rest.removeprefix("uuid:").partition(" ")
        one = board.find(uuid)
        if one is None:
            return calls.NO_CHANNEL
    name, _, argument = expand(board, one, rest).strip().partition(" ")
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
    "uuid_bridge": calls.bridge,
    "uuid_dump": calls.dumped,
    "uuid_exists": calls.exists,
    "uuid_getvar": calls.getvar,
    "uuid_kill": calls.kill,
    "uuid_park": calls.park,
    "uuid_record": calls.record,
    "uuid_setvar": calls.setvar,
    "uuid_setvar_multi": calls.setvar_multi,
    "uuid_transfer": calls.transfer,
}
