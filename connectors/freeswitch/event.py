"""One event of a FreeSWITCH, from the JSON body of a frame.

A body is decoded whole, so a UTF-8 character cannot be cut by a read; and JSON is taken apart by
its own rules, so a value can never become a header, whatever line ends are encoded in it.
"""

from typing import Any

import orjson

from connectors.freeswitch.codec import EslProtocolError

KIND = "text/event-json"  # of the frames whose bodies are events


class Event:
    """One event. A header that is absent reads as the empty string."""

    __slots__ = ("_headers", "name")

    def __init__(self, headers: dict[str, Any]) -> None:
        self._headers = headers
        self.name = self["Event-Subclass"] or self["Event-Name"]

    def __getitem__(self, key: str) -> str:
        value = self._headers.get(key, "")
        return value if isinstance(value, str) else ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Event) and self._headers == other._headers

    def __hash__(self) -> int:
        return hash((self.name, self["Unique-ID"], self["Event-Sequence"]))

    def __repr__(self) -> str:
        return f"Event({self.name}, {self['Unique-ID']})"


def event(body: bytes) -> Event:
    """The event that a JSON body holds. Raises `EslProtocolError`.

    A FreeSWITCH passes on what it was sent; bytes that are no UTF-8 are replaced.
    """
    try:
        headers = orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            headers = orjson.loads(body.decode("utf-8", "replace"))
        except orjson.JSONDecodeError:
            raise EslProtocolError("an event is not JSON") from None
    if not isinstance(headers, dict):
        raise EslProtocolError("an event is no JSON object")
    return Event(headers)
