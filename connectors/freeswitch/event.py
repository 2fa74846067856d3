"""One event of a FreeSWITCH, from the JSON body of a frame.

A body is decoded whole, so a UTF-8 character cannot be cut by a read; and JSON is taken apart by
its own rules, so a value can never become a header, whatever line ends are encoded in it. In a
plain event, which is what libraries read, the values are URL-encoded for the same end: they must
be decoded after the lines have been told apart, each by itself (`Encoded`).
"""

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import unquote

import orjson

from connectors.freeswitch.codec import EslProtocolError

KIND = "text/event-json"  # of the frames whose bodies are events
PLAIN = "text/event-plain"  # the same, where plain ones were asked for
BODY = "_body"  # under which a JSON event has what came behind its headers


class Headers(Protocol):
    """What an event is made of; a dictionary will do."""

    def get(self, key: str, default: str, /) -> Any: ...


class Event:
    """One event. A header that is absent reads as the empty string."""

    __slots__ = ("_headers", "name")

    def __init__(self, headers: Headers) -> None:
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


class Encoded:
    """The headers of a plain event, each decoded as it is asked for, and its body."""

    __slots__ = ("_body", "_values")

    def __init__(self, values: Mapping[str, str], body: str) -> None:
        self._values = values
        self._body = body

    def get(self, key: str, default: str, /) -> str:
        if key == BODY:
            return self._body
        value = self._values.get(key, default)
        return unquote(value) if "%" in value else value


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
