"""What a session sends: events of its own, orders to a channel, jobs and what came of them."""

from uuid import uuid4

from connectors.fake.wire.esl import applications
from connectors.fake.wire.esl.board import Board
from connectors.fake.wire.esl.codec import UNKNOWN, Command


def sendevent(board: Board, asked: Command) -> str:
    headers = {key.title(): value for key, value in asked.headers.items()}
    subclass = headers.pop("Event-Subclass", "")
    headers.pop("Event-Name", None)
    name = asked.rest.upper() or "CUSTOM"
    board.say(name, None, headers, subclass=subclass, body=asked.body)
    return f"+OK {uuid4()}"


def sendmsg(board: Board, asked: Command) -> str:
    """`call-command: execute` or `hangup`, as clients without a dialplan move a call."""
    one = board.find(asked.rest)
    if one is None:
        return f"-ERR invalid session id [{asked.rest}]" if asked.rest else UNKNOWN
    verb, name = asked.headers.get("call-command"), asked.headers.get("execute-app-name", "")
    if verb == "hangup":
        cause = asked.headers.get("hangup-cause", "") or "NORMAL_CLEARING"
        applications.kill(board, one, cause)
    elif verb == "execute" and one.up and one.other is None:
        data = asked.headers.get("execute-app-arg") or asked.body
        steps = [(name, data), ("park", "")]
        board.switch.soon(lambda: applications.transfer(board, one, steps))
    else:
        return "-ERR invalid command"
    return "+OK"


def job_told(board: Board, job: str, command: str, text: str) -> None:
    """Tell the result of a `bgapi`, to whoever listens."""
    name, _, argument = command.partition(" ")
    more = {"Job-UUID": job, "Job-Command": name}
    if argument:
        more["Job-Command-Arg"] = argument
    board.say("BACKGROUND_JOB", None, more, body=text)
