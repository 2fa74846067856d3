"""The actions that a session may take once it is logged in: what each answers, and does.

The sentences are Asterisk's own.
"""

from collections.abc import Callable
from datetime import datetime

from connectors.fake.wire.ami import calls, dialplan
from connectors.fake.wire.ami.answers import Answers, error, list_of, ok
from connectors.fake.wire.ami.board import SYSTEM, Board
from connectors.fake.wire.ami.codec import Action
from connectors.fake.wire.ami.lists import core_show_channels, show_dialplan, status

VERSION = "22.10.1"


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


def _channels(board: Board, action: Action) -> Answers:
    return [list_of("Channels will follow"), *core_show_channels(board)]


def _status(board: Board, action: Action) -> Answers:
    if action["Channel"] and board.find(action["Channel"]) is None:
        return [error("No such channel")]
    return [list_of("Channel status will follow"), *status(board, board.find(action["Channel"]))]


def _dialplan(board: Board, action: Action) -> Answers:
    context = action["Context"]
    if context and context not in dialplan.EXTENSIONS:
        return [error(f"Did not find context {context}")]
    return [list_of("DialPlan list will follow"), *show_dialplan(context)]


def _commands(board: Board, action: Action) -> Answers:
    """Also what it does not know here: a client may tell by it which modules there are."""
    return [ok("", *((name, "(Priv: all)") for name in sorted({*ACTIONS, *LISTED})))]


def _stamp(at: datetime) -> tuple[str, str]:
    return at.strftime("%Y-%m-%d"), at.strftime("%H:%M:%S")


LISTED = ("ConfbridgeList",)  # of app_confbridge, which the dialplan goes through
ACTIONS: dict[str, Callable[[Board, Action], Answers]] = {
    "Ping": _ping,
    "CoreSettings": _settings,
    "CoreStatus": _core_status,
    "CoreShowChannels": _channels,
    "Status": _status,
    "ShowDialPlan": _dialplan,
    "Originate": calls.place,
    "Hangup": calls.hangup,
    "Redirect": calls.redirect,
    "Setvar": calls.setvar,
    "Getvar": calls.getvar,
    "StopMixMonitor": calls.stop_mixmonitor,
    "ListCommands": _commands,
}
