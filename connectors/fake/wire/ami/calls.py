"""The actions about a channel: what each answers, and does."""

from connectors.fake.wire.ami import dialplan
from connectors.fake.wire.ami.answers import Answers, error, list_of, ok
from connectors.fake.wire.ami.board import Board
from connectors.fake.wire.ami.channel import Channel, Kind, Place
from connectors.fake.wire.ami.codec import Action
from connectors.fake.wire.ami.named import matcher
from connectors.fake.wire.ami.originate import originate

MAX_VARIABLES = 100  # of a channel


def place(board: Board, action: Action) -> Answers:
    wrong = originate(board, action)
    return [error(wrong) if wrong else ok("Originate successfully queued")]


def hangup(board: Board, action: Action) -> Answers:
    named, cause = action["Channel"], _cause(action["Cause"])
    if not named:
        return [error("No channel specified")]
    if len(named) > 2 and named.startswith("/") and named.endswith("/"):
        return _hang_up_all(board, named, cause)
    one = board.find(named)
    if one is None:
        return [error("No such channel")]
    dialplan.hang_up(board, one, cause)
    return [ok("Channel Hungup")]


def _hang_up_all(board: Board, named: str, cause: str) -> Answers:
    fits = matcher(named[1:-1])
    found = [one for one in board if fits(one.name)]
    for one in found:
        dialplan.hang_up(board, one, cause)
    listed = [(("Event", "ChannelHungup"), ("Channel", one.name)) for one in found]
    end = (
        ("Event", "ChannelsHungupListComplete"),
        ("EventList", "Complete"),
        ("ListItems", str(len(found))),
    )
    return [list_of("Channels hung up will follow"), *listed, end]


def redirect(board: Board, action: Action) -> Answers:
    one, place = board.find(action["Channel"]), Place(action["Context"], action["Exten"])
    if not action["Channel"]:
        return [error("Channel not specified")]
    if one is None:
        return [error(f"Channel does not exist: {action['Channel']}")]
    if not dialplan.has(place) or not _may_go(one, place):
        return [error("Redirect failed, extension does not exist.")]
    board.switch.soon(lambda: dialplan.enter(board, one, place))
    return [ok("Redirect successful")]


def _may_go(one: Channel, place: Place) -> bool:
    """The exchange moves answered customers; out of a bridge, only to a message or an agent."""
    moves = one.kind is Kind.CALL and one.at.context.startswith("dialplane-")
    return moves and not (one.joined and place.context in dialplan.HOLDING)


def setvar(board: Board, action: Action) -> Answers:
    if not action["Variable"]:
        return [error("No variable specified")]
    if not action["Channel"]:
        return [ok("Variable Set")]
    one = board.find(action["Channel"])
    if one is None:
        return [error("No such channel")]
    if len(one.variables) < MAX_VARIABLES or action["Variable"] in one.variables:
        one.variables[action["Variable"]] = action["Value"]
    return [ok("Variable Set")]


def getvar(board: Board, action: Action) -> Answers:
    name, one = action["Variable"], board.find(action["Channel"])
    if not name:
        return [error("No variable specified")]
    if action["Channel"] and one is None:
        return [error("No such channel")]
    value = one.variables.get(name, "") if one else ""
    return [ok("", ("Variable", name), ("Value", value))]


def stop_mixmonitor(board: Board, action: Action) -> Answers:
    one = board.find(action["Channel"])
    if one is None:
        return [error("No such channel" if action["Channel"] else "No channel specified")]
    if not one.taped:
        return [error("Could not stop monitoring channel")]
    board.switch.soon(lambda: dialplan.stop_recording(board, one))
    return [ok()]


def _cause(text: str) -> str:
    return text if text.isascii() and text.isdecimal() and 1 <= int(text[:4]) <= 127 else ""
