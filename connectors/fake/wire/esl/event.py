"""An event as a FreeSWITCH sends it, in each form that a session may ask for."""

from functools import cached_property
from urllib.parse import quote

import orjson

from connectors.fake.wire.esl.codec import Headers, event

SAFE = "/,()$~!*'"


class Event:
    """Its headers in their order, and a body where it has one."""

    def __init__(self, headers: Headers, body: str = "") -> None:
        self.headers = headers
        self.body = body
        self.name = headers["Event-Name"]
        self.subclass = headers.get("Event-Subclass", "")

    @cached_property
    def plain(self) -> bytes:
        """Values are written as in a URL, so that none of them can be two lines."""
        text = encoded(self.headers)
        if self.body:
            text += f"Content-Length: {len(self.body.encode())}\n"
        return event("plain", f"{text}\n{self.body}".encode())

    @cached_property
    def json(self) -> bytes:
        told = dict(self.headers)
        if self.body:
            told |= {"Content-Length": str(len(self.body.encode())), "_body": self.body}
        return event("json", orjson.dumps(told))

    def form(self, form: str) -> bytes:
        return self.json if form == "json" else self.plain


def encoded(headers: Headers) -> str:
    return "".join(f"{key}: {quote(value, SAFE)}\n" for key, value in headers.items())
