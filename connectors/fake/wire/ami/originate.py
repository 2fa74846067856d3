"""The Originate action: what it asks for, and whom that reaches."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID, uuid4

from connectors.fake.wire.ami import dialplan, events
from connectors.fake.wire.ami.board import Board
from connectors.fake.wire.ami.channel import NOBODY, Channel, Kind, Place
from connectors.fake.wire.ami.codec import Action
from connectors.fake.wire.switch import e164

TECHNOLOGIES = ("PJSIP", "SIP", "IAX2", "Local")
RING = 30_000.0  # milliseconds, as Asterisk has it


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom a channel's name dials: a number on a trunk, or a phone (then the trunk is empty)."""

    number: str
    trunk: str = ""


def originate(board: Board, action: Action) -> str:
    """Place it. What is wrong with it, in Asterisk's words, or the empty string."""
    wrong = _wrong(action)
    if wrong:
        return wrong
    one = _channel(board, action)
    if board.holds(one.uniqueid):
        board.switch.soon(partial(events.originated, board, one, "Failure", one.asked, 0))
        return ""
    board.add(one)
    asked = _asked(one.dial_string)
    ring = _number(action["Timeout"], RING) / 1000
    if not (one.technology in TECHNOLOGIES and _reaches(board, asked)):
        board.switch.soon(partial(events.refused, board, one))
    elif asked.trunk:
        board.switch.dial(one.id, asked.number, asked.trunk, ring, one.goal.exten == "amd")
    else:
        _ring(board, one, asked.number, ring)
    return ""


def _wrong(action: Action) -> str:
    if not action["Channel"]:
        return "Channel not specified"
    if "/" not in action["Channel"]:
        return "Invalid channel"
    if not action["Application"] and not dialplan.has(_goal(action)):
        return "Extension does not exist."
    return ""


def _channel(board: Board, action: Action) -> Channel:
    uniqueid = action["ChannelId"][:149] or board.new_uniqueid()
    goal = Place("", "") if action["Application"] else _goal(action)
    asked = _asked(action["Channel"].partition("/")[2])
    kind = Kind.CALL if asked.trunk else Kind.LEG
    one = Channel(
        id=_uuid(uniqueid),
        uniqueid=uniqueid,
        kind=Kind.SPY if goal.context == "dialplane-spy" else kind,
        asked=action["Channel"],
        goal=goal,
        action_id=action["ActionID"],
        began=board.switch.now(),
        account=action["Account"],
        caller=action["CallerID"].rpartition("<")[2].rstrip(">") or NOBODY,
        application=(action["Application"], action["Data"]),
    )
    one.at = Place("from-carrier" if one.kind is Kind.CALL else "from-agents", "s")
    return one


def _ring(board: Board, one: Channel, phone: str, ring: float) -> None:
    if one.kind is Kind.SPY:
        one.target = dialplan.leg_of(one.goal.exten[1:]) or uuid4()
        board.switch.spy(one.id, phone, one.target)
    else:
        board.switch.ring(one.id, phone, ring)
    board.switch.soon(partial(_is_rung, board, one, phone))


def _is_rung(board: Board, one: Channel, phone: str) -> None:
    events.born(board, one)
    there = board.switch.phone(phone)
    if there is not None and not there.busy:
        events.rings(board, one)


def _goal(action: Action) -> Place:
    return Place(action["Context"], action["Exten"], action["Priority"] or "1")


def _asked(dialled: str) -> Asked:
    """`NUMBER@TRUNK`, `TRUNK/NUMBER`, or a phone."""
    number, _, trunk = dialled.partition("@")
    if not trunk and "/" in dialled:
        trunk, _, number = dialled.partition("/")
    found = e164(number)
    return Asked(found, trunk) if found and trunk else Asked(number)


def _reaches(board: Board, asked: Asked) -> bool:
    if asked.trunk:
        return board.switch.has_trunk(asked.trunk)
    return board.switch.phone(asked.number) is not None


def _uuid(text: str) -> UUID:
    """The UUID that a text is, in its one canonical form; another one where it is none."""
    try:
        found = UUID(text)
    except ValueError:
        return uuid4()
    return found if str(found) == text else uuid4()


def _number(text: str, otherwise: float) -> float:
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 9 else otherwise
