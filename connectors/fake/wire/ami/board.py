"""The channels of the fake Asterisk, and everybody who is told of them.

`say` sends an event to each session that wants its class, stamped as a real one is.
"""

import itertools
from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

from connectors.fake.wire.ami.channel import Channel
from connectors.fake.wire.ami.codec import Packet, encode
from connectors.fake.wire.switch import Switch

SYSTEM = "fake"
CLASSES = {"DTMFBegin": "dtmf", "DTMFEnd": "dtmf", "UserEvent": "user"}
"""The class of each event that is not of class `call`."""

Listener = Callable[[str, bytes], None]


class Board:
    """All channels, by the UUID that the exchange knows them by."""

    def __init__(self, switch: Switch) -> None:
        self.switch = switch
        self.began = switch.now()
        self.listeners: set[Listener] = set()
        self.processed = 0
        self._channels: dict[UUID, Channel] = {}
        self._by_text: dict[str, Channel] = {}
        self._numbers = itertools.count()
        self._ids = itertools.count(1)

    def __iter__(self) -> Iterator[Channel]:
        """Those that a list shows, the latest first."""
        return iter([one for one in reversed(self._channels.values()) if one.born])

    def new_uniqueid(self) -> str:
        return f"{SYSTEM}-{self.switch.now().timestamp():.0f}.{next(self._ids)}"

    def add(self, channel: Channel) -> None:
        self._channels[channel.id] = self._by_text[channel.uniqueid] = channel

    def holds(self, uniqueid: str) -> bool:
        return uniqueid in self._by_text

    def of(self, call: UUID) -> Channel | None:
        return self._channels.get(call)

    def find(self, named: str) -> Channel | None:
        """The channel of that unique id or name, if it is there already."""
        found = self._by_text.get(named) or next(
            (one for one in self._channels.values() if one.name.lower() == named.lower()), None
        )
        return found if found is not None and found.born else None

    def name(self, channel: Channel, peer: str) -> None:
        """It comes into being: give it a name."""
        channel.name = f"{channel.technology}/{peer}-{next(self._numbers):08x}"
        channel.born = True
        self.processed += 1

    def remove(self, channel: Channel) -> None:
        self._channels.pop(channel.id, None)
        self._by_text.pop(channel.uniqueid, None)

    def clear(self) -> None:
        self._channels.clear()
        self._by_text.clear()

    def members(self, leg: UUID) -> int:
        """How many are in the conference of a leg."""
        return sum(one.joined and one.target == leg for one in self._channels.values())

    def say(self, event: str, *headers: Packet) -> None:
        """Tell an event to whoever listens."""
        if not self.listeners:
            return
        kind = CLASSES.get(event, "call")
        data = encode((*_stamp(event, kind, self.switch.now()), *itertools.chain(*headers)))
        for listener in tuple(self.listeners):
            listener(kind, data)


def _stamp(event: str, kind: str, now: datetime) -> Packet:
    return (
        ("Event", event),
        ("Privilege", f"{kind},all"),
        ("Timestamp", f"{now.timestamp():.6f}"),
        ("SystemName", SYSTEM),
    )
