"""The actions that answer with a list: channels, their status, the dialplan."""

from collections.abc import Iterator
from datetime import datetime

from connectors.fake.wire.ami.board import Board
from connectors.fake.wire.ami.channel import Channel
from connectors.fake.wire.ami.codec import Packet
from connectors.fake.wire.ami.dialplan import EXTENSIONS


def core_show_channels(board: Board) -> Iterator[Packet]:
    now, shown = board.switch.now(), list(board)
    for one in shown:
        yield (
            ("Event", "CoreShowChannel"),
            *one.headers(),
            ("Application", one.application[0]),
            ("ApplicationData", one.application[1]),
            ("Duration", _duration(one, now)),
            ("BridgeId", _bridge(one)),
        )
    yield _end("CoreShowChannelsComplete", len(shown))


def status(board: Board, only: Channel | None) -> Iterator[Packet]:
    now, shown = board.switch.now(), [only] if only else list(board)
    for one in shown:
        yield (
            ("Event", "Status"),
            ("Privilege", "Call"),
            *one.headers(),
            ("Type", one.technology),
            ("DNID", ""),
            ("TimeToHangup", "0"),
            ("BridgeID", _bridge(one)),
            ("Application", one.application[0]),
            ("Data", one.application[1]),
            ("Seconds", str(int((now - one.began).total_seconds()))),
        )
    yield (*_end("StatusComplete", len(shown)), ("Items", str(len(shown))))


def show_dialplan(context: str) -> Iterator[Packet]:
    shown = [(name, rule) for name, rule in EXTENSIONS.items() if context in ("", name)]
    for name, rule in shown:
        yield (
            ("Event", "ListDialplan"),
            ("Context", name),
            ("Extension", f"_{rule.pattern}"),
            ("Priority", "1"),
            ("Application", "NoOp"),
            ("AppData", ""),
            ("Registrar", "fake"),
        )
    end = _end("ShowDialPlanComplete", len(shown))
    figures = (("ListExtensions", str(len(shown))), ("ListPriorities", str(len(shown))))
    yield (*end, *figures, ("ListContexts", str(len(shown))))


def _end(event: str, items: int) -> Packet:
    return (("Event", event), ("EventList", "Complete"), ("ListItems", str(items)))


def _duration(one: Channel, now: datetime) -> str:
    seconds = int((now - one.began).total_seconds())
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _bridge(one: Channel) -> str:
    return str(one.target) if one.joined and one.target else ""
