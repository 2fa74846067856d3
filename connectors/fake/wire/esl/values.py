"""Values that applications and commands put in, set and tell."""

import re
from pathlib import PurePosixPath

from connectors.fake.wire.esl.board import Board
from connectors.fake.wire.esl.channel import Channel
from connectors.fake.wire.esl.codec import Headers

VARIABLE = re.compile(r"\$\{([A-Za-z0-9_-]+)(?:\(([^()]*)\))?\}")
STREAMS = ("file_string", "local_stream", "silence_stream", "tone_stream")
MOST_VARIABLES = 500  # of a channel


def expand(board: Board, one: Channel | None, text: str) -> str:
    """Put variables in, and the one function that chains use."""

    def value(found: re.Match[str]) -> str:
        name, argument = found[1], found[2]
        if name == "uuid_exists" and argument is not None:
            return "true" if board.find(argument) else "false"
        if one is not None and name == "current_application_response":
            return one.response
        known = (one.variables if one is not None else {}).get(name)
        return known if known is not None else board.globals.get(name, "")

    return VARIABLE.sub(value, text)


def is_stream(path: str) -> bool:
    """Whether it is music or silence, and no recorded message."""
    return path.partition("://")[0] in STREAMS


def message_of(path: str) -> str:
    """The message that a sound file is of."""
    return PurePosixPath(path).stem


def setvar(one: Channel, name: str, value: str) -> None:
    if not value:
        one.variables.pop(name, None)
    elif len(one.variables) < MOST_VARIABLES:
        one.variables[name] = value


def avmd(one: Channel) -> Headers:
    """What stands in the events of mod_avmd, which describe no channel."""
    return {"Unique-ID": one.uuid, "Call-command": "avmd"}
