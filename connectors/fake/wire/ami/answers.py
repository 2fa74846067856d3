"""The forms of an answer: done, refused, and a list that follows."""

from collections.abc import Iterable

from connectors.fake.wire.ami.codec import Packet

Answers = Iterable[Packet]


def ok(message: str = "", *headers: tuple[str, str]) -> Packet:
    said = (("Message", message),) if message else ()
    return (("Response", "Success"), *said, *headers)


def error(message: str) -> Packet:
    return (("Response", "Error"), ("Message", message))


def list_of(message: str) -> Packet:
    return (("Response", "Success"), ("EventList", "start"), ("Message", message))
