"""The events that a FreeSWITCH gives for each step of a channel's life, in its order.

Recorded from a 1.11-dev with SIP gateways. Where it has no fixed order (a job's result comes from
another thread), the commonest one is given.
"""

from connectors.fake.wire.esl.account import account
from connectors.fake.wire.esl.board import Board
from connectors.fake.wire.esl.causes import Words
from connectors.fake.wire.esl.channel import Channel, Kind, Step
from connectors.fake.wire.esl.codec import Headers


def born(board: Board, one: Channel) -> None:
    """The channel is there; nothing of it has been heard yet."""
    if one.born:
        return
    one.born, one.times["Created"] = True, board.switch.now()
    board.processed += 1
    board.say("CHANNEL_OUTGOING", one)
    _enter(board, one, "CS_INIT")
    board.say("CHANNEL_CREATE", one)
    board.say("CHANNEL_ORIGINATE", one)
    _enter(board, one, "CS_ROUTING")
    _enter(board, one, "CS_CONSUME_MEDIA")


def rings(board: Board, one: Channel) -> None:
    one.times["Progress"] = board.switch.now()
    board.say("CHANNEL_PROGRESS", one)
    _call_state(board, one, "RINGING")


def came_in(board: Board, one: Channel) -> None:
    """The channel of a customer who calls in is there, and about to run its dialplan."""
    one.born, one.times["Created"] = True, board.switch.now()
    board.processed += 1
    _enter(board, one, "CS_INIT")
    board.say("CHANNEL_CREATE", one)
    _enter(board, one, "CS_ROUTING")
    _call_state(board, one, "RINGING")
    _enter(board, one, "CS_EXECUTE")


def picked_up(board: Board, one: Channel) -> None:
    one.answer_state, one.times["Answered"] = "answered", board.switch.now()
    board.say("CHANNEL_ANSWER", one)
    _call_state(board, one, "ACTIVE")


def answered(board: Board, one: Channel) -> None:
    picked_up(board, one)
    board.say("CALL_UPDATE", one)
    done(one, f"+OK {one.uuid}\n")
    _enter(board, one, "CS_EXECUTE")


def done(one: Channel, text: str) -> None:
    """What came of its originate."""
    tell, one.done = one.done, None
    if tell is not None:
        tell(text)


def begins(board: Board, one: Channel, step: Step) -> None:
    """An application begins."""
    one.running, one.response = step, "_none_"
    board.say("CHANNEL_EXECUTE", one, _step(step))


def completes(board: Board, one: Channel) -> None:
    """The application that runs is over."""
    if not one.running[0]:
        return
    step = one.running
    if step[0] == "park":
        board.say("CHANNEL_UNPARK", one)
    answer = {"Application-Response": one.response}
    board.say("CHANNEL_EXECUTE_COMPLETE", one, _step(step) | answer)
    one.running = ("", "")


def parked(board: Board, one: Channel, state: str = "CS_EXECUTE") -> None:
    one.state = state
    board.say("CHANNEL_PARK", one)


def bridged(board: Board, call: Channel, leg: Channel) -> None:
    """Both leave what they were in, and are told of once, under the id of the first."""
    for one, other, state in ((leg, call, "CS_EXCHANGE_MEDIA"), (call, leg, "CS_SOFT_EXECUTE")):
        completes(board, one)
        one.other, one.state = other.id, state
        one.variables |= {"signal_bond": other.uuid, "bridge_uuid": other.uuid}
        one.variables["bridge_channel"] = other.name
        one.times["Bridged"] = board.switch.now()
        begins(board, one, ("uuid_bridge", other.uuid))
    board.say("CHANNEL_BRIDGE", call, _pair(call, leg))


def unbridged(board: Board, one: Channel) -> None:
    """One of a pair leaves it. An agent's leg that stays is parked again."""
    other = board.of(one.other)
    if other is None:
        return
    call, leg = (one, other) if one.kind is Kind.CALL else (other, one)
    for half in (call, leg):
        half.other, half.running = None, ("", "")
        half.variables.pop("signal_bond", None)
    board.say("CHANNEL_UNBRIDGE", call, _pair(call, leg))
    if leg.up:
        leg.running = ("park", "")
        parked(board, leg, "CS_PARK")


def digit(board: Board, one: Channel, key: str) -> None:
    more = {"DTMF-Digit": key, "DTMF-Duration": "960", "DTMF-Source": "RTP"}
    board.say("DTMF", one, more)


def taped(board: Board, one: Channel, event: str, path: str) -> None:
    """`RECORD_START` or `RECORD_STOP`."""
    board.say(event, one, {"Record-File-Path": path})


def hung_up(board: Board, one: Channel, why: Words) -> None:
    """The end of a channel, whether it was answered or not."""
    born(board, one)
    was_up = one.up
    one.cause = one.cause or why.cause
    one.answer_state, one.times["Hangup"] = "hangup", board.switch.now()
    if why.sip and not was_up:
        one.variables["sip_term_status"] = why.sip
    board.say("CHANNEL_HANGUP", one)
    unbridged(board, one)
    completes(board, one)
    _enter(board, one, "CS_HANGUP")
    _call_state(board, one, "HANGUP")
    one.state = "CS_REPORTING"
    one.variables |= account(one)
    board.remove(one)
    board.say("CHANNEL_HANGUP_COMPLETE", one)
    done(one, f"-ERR {one.cause}\n")
    board.say("CHANNEL_DESTROY", one)
    _enter(board, one, "CS_DESTROY")


def _enter(board: Board, one: Channel, state: str) -> None:
    one.state = state
    board.say("CHANNEL_STATE", one)


def _call_state(board: Board, one: Channel, state: str) -> None:
    before, one.call_state = one.call_state, state
    board.say("CHANNEL_CALLSTATE", one, {"Original-Channel-Call-State": before})


def _step(step: Step) -> Headers:
    told = {"Application": step[0]}
    return told | {"Application-Data": step[1]} if step[1] else told


def _pair(call: Channel, leg: Channel) -> Headers:
    other = {"Other-Type": "originatee", "Other-Leg-Unique-ID": leg.uuid}
    return {"Bridge-A-Unique-ID": call.uuid, "Bridge-B-Unique-ID": leg.uuid} | other
