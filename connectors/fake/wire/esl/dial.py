"""The API command `originate`: what it asks for, and whom that reaches."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple
from uuid import UUID, uuid4

from connectors.fake.wire.esl import events
from connectors.fake.wire.esl.board import Board
from connectors.fake.wire.esl.chain import chain, words
from connectors.fake.wire.esl.channel import UNKNOWN, Channel, Kind
from connectors.fake.wire.esl.codec import Headers
from connectors.fake.wire.switch import e164

USAGE = (
    "-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] "
    "[<cid_name>] [<cid_num>] [<timeout_sec>]\n"
)
RING = 60.0  # seconds, as FreeSWITCH has it
BRACKETS = {"{": "}", "[": "]", "<": ">"}


class Where(NamedTuple):
    """Whom a dial string reaches: a number on a trunk, or a phone; or why it reaches nobody."""

    number: str = ""
    trunk: str = ""
    cause: str = ""


def originate(board: Board, said: str, done: Callable[[str], None]) -> None:
    """Place a call; `done` gets what came of it, as soon as that is known."""
    variables, rest = variables_of(said)
    endpoint, *then = words(rest) or [""]
    if not then:
        return done(USAGE)
    where = _where(board, endpoint)
    if where.cause:
        return done(f"-ERR {where.cause}\n")
    one = _channel(board, endpoint, where, variables, then)
    one.done = done
    board.add(one)
    ring = _number(variables.get("originate_timeout", "") or (then[5:6] or [""])[0])
    if where.trunk:
        amd = any(name == "avmd_start" for name, _ in one.steps)
        return board.switch.dial(one.id, where.number, where.trunk, ring, amd)
    return _ring(board, one, where.number, ring)


def variables_of(said: str) -> tuple[Headers, str]:
    """The variables in brackets at the beginning, and what follows; unclosed ones are none."""
    found: Headers = {}
    said = said.lstrip()
    while (last := BRACKETS.get(said[:1], "")) and last in said:
        inside, _, said = said[1:].partition(last)
        mark, inside = (
            (inside[2], inside[3:]) if inside[:2] == "^^" and inside[2:] else (",", inside)
        )
        for pair in inside.split(mark):
            name, equals, value = pair.partition("=")
            if equals:
                found[name.strip()] = value.strip("'")
    return found, said


def _channel(
    board: Board, endpoint: str, where: Where, variables: Headers, then: list[str]
) -> Channel:
    steps = chain(then)
    uuid = variables.get("origination_uuid", "")
    if not uuid or board.holds(uuid):  # one that is taken gets another, and no error
        uuid = str(uuid4())
    target = next((_uuid(data) for name, data in steps if name == "eavesdrop"), None)
    kind = Kind.CALL if where.trunk else Kind.LEG
    number = where.number.removeprefix("+")
    loop = endpoint.startswith("loopback/")
    return Channel(
        id=_uuid(uuid),
        uuid=uuid,
        kind=Kind.SPY if target is not None and kind is Kind.LEG else kind,
        name=f"loopback/{number}-a" if loop else f"sofia/external/{number}",
        number=number,
        steps=steps,
        caller=variables.get("origination_caller_id_number", "") or UNKNOWN,
        target=target,
        variables=variables,
    )


def _ring(board: Board, one: Channel, phone: str, ring: float) -> None:
    if one.kind is Kind.SPY and one.target is not None:
        board.switch.spy(one.id, phone, one.target)
    else:
        board.switch.ring(one.id, phone, ring)
    board.switch.soon(partial(_is_rung, board, one, phone))


def _is_rung(board: Board, one: Channel, phone: str) -> None:
    events.born(board, one)
    there = board.switch.phone(phone)
    if there is not None and not there.busy:
        events.rings(board, one)


def _where(board: Board, endpoint: str) -> Where:
    technology, _, rest = endpoint.partition("/")
    match technology, rest.split("/"):
        case "error", [cause, *_]:
            return Where(cause=cause)
        case "user", [phone]:
            return _phone(board, phone.partition("@")[0])
        case "sofia", ["gateway", trunk, number]:
            return _on(board, trunk, number, "INVALID_GATEWAY")
        case "sofia", [profile, number]:
            return _on(board, profile, number.partition("@")[0], "INVALID_PROFILE")
        case "loopback", [number, context, *_]:
            return _on(board, context, number, "NO_ROUTE_DESTINATION")
    known = technology in ("user", "sofia", "loopback")
    return Where(cause="DESTINATION_OUT_OF_ORDER" if known else "CHAN_NOT_IMPLEMENTED")


def _on(board: Board, trunk: str, number: str, unknown: str) -> Where:
    """What is no number of a customer's is a phone."""
    found = e164(number)
    if not found:
        return _phone(board, number)
    return Where(found, trunk) if board.switch.has_trunk(trunk) else Where(cause=unknown)


def _phone(board: Board, name: str) -> Where:
    if board.switch.phone(name) is None:
        return Where(cause="SUBSCRIBER_ABSENT")
    return Where(name)


def _uuid(text: str) -> UUID:
    """The UUID that a text is, in its one canonical form; another one where it is none."""
    try:
        found = UUID(text)
    except ValueError:
        return uuid4()
    return found if str(found) == text else uuid4()


def _number(text: str) -> float:
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 9 else RING
