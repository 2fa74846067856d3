"""The channels of the fake FreeSWITCH, and everybody who is told of them."""

from collections.abc import Iterator
from typing import Protocol
from uuid import UUID, uuid4

from connectors.fake.wire.esl.channel import Channel, stamp
from connectors.fake.wire.esl.codec import Headers
from connectors.fake.wire.esl.event import Event
from connectors.fake.wire.esl.wants import Wants
from connectors.fake.wire.switch import Switch

HOST = "fake"
VERSION = "1.10.12-release~64bit"
DIRECTORIES = {"sounds_dir": "/fake/sounds", "recordings_dir": "/fake/recordings"}
HOLD_MUSIC = "local_stream://moh"
MAX_GLOBALS = 1_000
NOTHING: Headers = {}


class Listener(Protocol):
    wants: Wants

    def told(self, event: Event) -> None: ...


class Board:
    """All channels, by the UUID that the exchange knows them by."""

    def __init__(self, switch: Switch) -> None:
        self.switch = switch
        self.began = switch.now()
        self.core = str(uuid4())
        self.listeners: set[Listener] = set()
        self.globals: Headers = {"hostname": HOST, "domain": HOST, **DIRECTORIES}
        self.globals["hold_music"] = HOLD_MUSIC
        self.processed = 0
        self._sequence = 0
        self._channels: dict[UUID, Channel] = {}
        self._by_text: dict[str, Channel] = {}

    def __iter__(self) -> Iterator[Channel]:
        return iter([one for one in self._channels.values() if one.born])

    def add(self, channel: Channel) -> None:
        self._channels[channel.id] = self._by_text[channel.uuid] = channel

    def holds(self, uuid: str) -> bool:
        return uuid in self._by_text

    def of(self, call: UUID | None) -> Channel | None:
        return self._channels.get(call) if call else None

    def find(self, uuid: str) -> Channel | None:
        """The channel of that UUID, if it is there already."""
        found = self._by_text.get(uuid)
        return found if found is not None and found.born else None

    def remove(self, channel: Channel) -> None:
        self._channels.pop(channel.id, None)
        self._by_text.pop(channel.uuid, None)

    def clear(self) -> None:
        self._channels.clear()
        self._by_text.clear()

    def say(
        self,
        name: str,
        one: Channel | None = None,
        more: Headers = NOTHING,
        *,
        subclass: str = "",
        body: str = "",
    ) -> None:
        """Tell an event to whoever wants it."""
        if not any(listener.wants.kind(name, subclass) for listener in self.listeners):
            return
        headers = ({"Event-Subclass": subclass} if subclass else {}) | self.base(name)
        event = Event(headers | (one.headers() if one else {}) | more, body)
        for listener in tuple(self.listeners):
            listener.told(event)

    def base(self, name: str) -> Headers:
        """What stands first in every event."""
        now = self.switch.now()
        self._sequence += 1
        return {
            "Event-Name": name,
            "Core-UUID": self.core,
            "FreeSWITCH-Hostname": HOST,
            "FreeSWITCH-Switchname": HOST,
            "FreeSWITCH-IPv4": "127.0.0.1",
            "FreeSWITCH-IPv6": "::1",
            "Event-Date-Local": now.strftime("%Y-%m-%d %H:%M:%S"),
            "Event-Date-GMT": now.strftime("%a, %d %b %Y %H:%M:%S GMT"),
            "Event-Date-Timestamp": stamp(now),
            "Event-Calling-File": "fake",
            "Event-Calling-Function": "fake",
            "Event-Calling-Line-Number": "0",
            "Event-Sequence": str(self._sequence),
        }
