"""What a channel does where the product's dialplan sends it: `dialplan_templates/asterisk`."""

import re
from collections.abc import Callable
from functools import partial
from uuid import UUID

from connectors.fake.wire.ami import events
from connectors.fake.wire.ami.board import Board
from connectors.fake.wire.ami.causes import NORMAL
from connectors.fake.wire.ami.channel import UP, WAIT, Channel, Kind, Place

RECORD, TAPE, LINE = "DIALPLANE_RECORD", "DIALPLANE_TAPE", "DIALPLANE_LINE"
MUSIC = "660"  # seconds that a caller is on hold for
HEX = re.compile(r"[0-9a-f]{32}", re.ASCII)
EXTENSIONS = {
    "dialplane-answered": re.compile(r"hold|amd|wait"),
    "dialplane-inbound": re.compile(r"[0-9A-Za-z].*"),
    "dialplane-caller": re.compile(r"wait"),
    "dialplane-agent": re.compile(r"[0-9a-f].*"),
    "dialplane-connect": re.compile(r"[0-9a-f].*"),
    "dialplane-message": re.compile(r"m[0-9A-Za-z].*"),
    "dialplane-message-hold": re.compile(r"m[0-9A-Za-z].*"),
    "dialplane-spy": re.compile(r"[lwb][0-9a-f].*"),
}
"""The contexts, and the extensions that each has."""
HOLDING = ("dialplane-answered", "dialplane-inbound", "dialplane-caller")


def has(place: Place) -> bool:
    extensions = EXTENSIONS.get(place.context)
    return extensions is not None and extensions.fullmatch(place.exten) is not None


def enter(board: Board, one: Channel, place: Place) -> None:
    """An answered channel comes to a place, out of whatever it was in."""
    one.turn += 1
    events.music_stops(board, one)
    one.at = place
    STEPS[place.context](board, one)


def runs(board: Board, one: Channel) -> None:
    """What an answered channel does that was originated into an application: it waits."""
    one.turn += 1
    name, data = one.application
    if name.lower() == "wait" and data.replace(".", "", 1).isdecimal():
        board.switch.later(min(float(data), 86_400), partial(_hang_up, board, one, one.turn))
    elif name.lower() == "hangup":
        hang_up(board, one)


def hang_up(board: Board, one: Channel, cause: str = "") -> None:
    one.ours, one.cause = True, cause or one.cause or str(NORMAL.cause)
    board.switch.hang_up(one.id)


def leg_of(text: str) -> UUID | None:
    return UUID(text) if HEX.fullmatch(text) else None


def played(board: Board, one: Channel, status: str) -> None:
    """A message is over, or is not there."""
    told = (("Status", status), ("Message", one.message), ("Then", one.then))
    events.user_event(board, one, "DialplanePlayed", *told)
    if one.then == "wait":
        enter(board, one, Place("dialplane-answered", "wait"))
    else:
        hang_up(board, one)


def classified(board: Board, one: Channel, status: str, cause: str) -> None:
    if one.at.context != "dialplane-answered" or one.at.exten != "amd":
        return  # it was sent on while AMD listened
    events.user_event(board, one, "DialplaneClassified", ("Status", status), ("Cause", cause))
    enter(board, one, Place("dialplane-answered", "wait"))


def _answered(board: Board, one: Channel) -> None:
    begins, amd = one.at.exten != "wait", one.at.exten == "amd"
    if begins:
        events.user_event(board, one, "DialplaneAnswered")
    if one.variables.get(LINE) and not amd:
        return enter(board, one, Place("dialplane-caller", "wait"))
    one.application = ("AMD", "") if amd else ("Wait", WAIT)
    if not amd:
        one.at = Place("dialplane-answered", "wait")
        board.switch.later(float(WAIT), partial(_hang_up, board, one, one.turn))
    return None


def _inbound(board: Board, one: Channel) -> None:
    line = one.variables[LINE] = re.sub(r"[^0-9A-Za-z_-]", "", one.at.exten)
    if one.state != UP:
        events.picked_up(board, one)
    events.accounted(board, one, f"dialplane-line-{line}")
    events.user_event(board, one, "DialplaneArrived", ("Line", line))
    enter(board, one, Place("dialplane-caller", "wait"))


def _caller(board: Board, one: Channel) -> None:
    one.application = ("MusicOnHold", f",{MUSIC}")
    events.music_starts(board, one)
    board.switch.later(float(MUSIC), partial(_hang_up, board, one, one.turn))


def _agent(board: Board, one: Channel) -> None:
    one.target = leg_of(one.at.exten)
    if one.target != one.id:  # of no use to the dialplan either
        return hang_up(board, one)
    one.application = ("ConfBridge", f"{one.id.hex},dialplane_bridge,dialplane_agent")
    return events.joined(board, one)


def _connect(board: Board, one: Channel) -> None:
    events.left(board, one)
    leg = leg_of(one.at.exten)
    there = board.of(leg) if leg else None
    if leg is None or there is None or not there.joined:
        return enter(board, one, Place("dialplane-answered", "wait"))
    _record(board, one)
    one.application = ("ConfBridge", f"{leg.hex},dialplane_bridge,dialplane_customer")
    return board.switch.connect(one.id, leg)


def _message(board: Board, one: Channel) -> None:
    events.left(board, one)
    _record(board, one)
    one.message = re.sub(r"[^0-9A-Za-z_-]", "", one.at.exten[1:])
    one.then = "wait" if one.at.context == "dialplane-message-hold" else "hang up"
    one.application = ("Playback", f"dialplane/{one.message}")
    if board.switch.has_message(one.message) and one.kind is Kind.CALL:
        board.switch.play(one.id, one.message)
    else:
        played(board, one, "FAILED")


def _spy(board: Board, one: Channel) -> None:
    if one.target is None:
        return None
    if one.at.exten[0] == "b":
        one.application = ("ConfBridge", f"{one.target.hex},dialplane_bridge,dialplane_customer")
        return events.joined(board, one)
    events.user_event(board, one, "DialplaneListening")
    one.application = ("ChanSpy", f"{one.target},quES")
    return events.spying(board, one, "ChanSpyStart")


def _record(board: Board, one: Channel) -> None:
    tape = re.sub(r"[^0-9A-Za-z/_-]", "", one.variables.pop(RECORD, ""))
    if not tape or tape == one.variables.get(TAPE, ""):
        return
    stop_recording(board, one)
    one.variables[TAPE], one.taped = tape, True
    board.say("MixMonitorStart", one.headers())
    board.switch.record(one.id, tape)


def stop_recording(board: Board, one: Channel) -> None:
    if one.taped:
        one.taped = False
        board.say("MixMonitorStop", one.headers())
        board.switch.stop_recording(one.id)


def _hang_up(board: Board, one: Channel, turn: int) -> None:
    if one.turn == turn and board.of(one.id) is one:
        hang_up(board, one)


STEPS: dict[str, Callable[[Board, Channel], None]] = {
    "dialplane-answered": _answered,
    "dialplane-inbound": _inbound,
    "dialplane-caller": _caller,
    "dialplane-agent": _agent,
    "dialplane-connect": _connect,
    "dialplane-message": _message,
    "dialplane-message-hold": _message,
    "dialplane-spy": _spy,
}
