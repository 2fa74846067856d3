"""The actions that a session may take once it is logged in: what each answers, and does.

The sentences are Asterisk's own.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from connectors.fake.wire.ami import dialplan
from connectors.fake.wire.ami.board import SYSTEM, Board
from connectors.fake.wire.ami.channel import Channel, Kind, Place
from connectors.fake.wire.ami.codec import Action, Packet
from connectors.fake.wire.ami.lists import core_show_channels, show_dialplan, status
from connectors.fake.wire.ami.named import matcher
from connectors.fake.wire.ami.originate import originate

VERSION = "22.10.1"
MAX_VARIABLES = 100  # of a channel
Answers = Iterable[Packet]


def ok(message: str = "", *headers: tuple[str, str]) -> Packet:
    said = (("Message", message),) if message else ()
    return (("Response", "Success"), *said, *headers)


def error(message: str) -> Packet:
    return (("Response", "Error"), ("Message", message))


def _ping(board: Board, action: Action) -> Answers:
    return [ok("", ("Ping", "Pong"), ("Timestamp", f"{board.switch.now().timestamp():.6f}"))]


def _settings(board: Board, action: Action) -> Answers:
    settings = {
        "AMIversion": "11.0.0",
        "AsteriskVersion": VERSION,
        "SystemName": SYSTEM,
        "CoreMaxCalls": "0",
        "CoreMaxLoadAvg": "0.000000",
        "CoreRunUser": "",
        "CoreRunGroup": "",
        "CoreMaxFilehandles": "0",
        "CoreRealTimeEnabled": "No",
        "CoreCDRenabled": "No",
        "CoreHTTPenabled": "No",
        "SoundsSearchCustomDir": "No",
    }
    return [ok("", *settings.items())]


def _core_status(board: Board, action: Action) -> Answers:
    day, time = _stamp(board.began)
    figures = {
        "CoreStartupDate": day,
        "CoreStartupTime": time,
        "CoreReloadDate": day,
        "CoreReloadTime": time,
        "CoreCurrentCalls": str(sum(1 for _ in board)),
        "CoreProcessedCalls": str(board.processed),
    }
    return [ok("", *figures.items())]


def _originate(board: Board, action: Action) -> Answers:
    wrong = originate(board, action)
    return [error(wrong) if wrong else ok("Originate successfully queued")]


def _hangup(board: Board, action: Action) -> Answers:
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
    return [_list("Channels hung up will follow"), *listed, end]


def _redirect(board: Board, action: Action) -> Answers:
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


def _setvar(board: Board, action: Action) -> Answers:
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


def _getvar(board: Board, action: Action) -> Answers:
    name, one = action["Variable"], board.find(action["Channel"])
    if not name:
        return [error("No variable specified")]
    if action["Channel"] and one is None:
        return [error("No such channel")]
    value = one.variables.get(name, "") if one else ""
    return [ok("", ("Variable", name), ("Value", value))]


def _stop_mixmonitor(board: Board, action: Action) -> Answers:
    one = board.find(action["Channel"])
    if one is None:
        return [error("No such channel" if action["Channel"] else "No channel specified")]
    if not one.taped:
        return [error("Could not stop monitoring channel")]
    board.switch.soon(lambda: dialplan.stop_recording(board, one))
    return [ok()]


def _channels(board: Board, action: Action) -> Answers:
    return [_list("Channels will follow"), *core_show_channels(board)]


def _status(board: Board, action: Action) -> Answers:
    if action["Channel"] and board.find(action["Channel"]) is None:
        return [error("No such channel")]
    return [_list("Channel status will follow"), *status(board, board.find(action["Channel"]))]


def _dialplan(board: Board, action: Action) -> Answers:
    context = action["Context"]
    if context and context not in dialplan.EXTENSIONS:
        return [error(f"Did not find context {context}")]
    return [_list("DialPlan list will follow"), *show_dialplan(context)]


def _commands(board: Board, action: Action) -> Answers:
    return [ok("", *((name, "") for name in sorted(ACTIONS)))]


def _list(message: str) -> Packet:
    return (("Response", "Success"), ("EventList", "start"), ("Message", message))


def _cause(text: str) -> str:
    return text if text.isascii() and text.isdecimal() and 1 <= int(text[:4]) <= 127 else ""


def _stamp(at: datetime) -> tuple[str, str]:
    return at.strftime("%Y-%m-%d"), at.strftime("%H:%M:%S")


ACTIONS: dict[str, Callable[[Board, Action], Answers]] = {
    "Ping": _ping,
    "CoreSettings": _settings,
    "CoreStatus": _core_status,
    "CoreShowChannels": _channels,
    "Status": _status,
    "ShowDialPlan": _dialplan,
    "Originate": _originate,
    "Hangup": _hangup,
    "Redirect": _redirect,
    "Setvar": _setvar,
    "Getvar": _getvar,
    "StopMixMonitor": _stop_mixmonitor,
    "ListCommands": _commands,
}
