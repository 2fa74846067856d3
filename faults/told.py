"""The messages in what an AMI or an ESL server says, and which of them nobody has asked for.

As far as pieces hold whole messages, which a server on a loopback address writes; what is left
over at the end of a piece is told once.
"""

import re

_LENGTH = re.compile(rb"Content-Length: *([0-9]+)")


def ami(data: bytes) -> list[tuple[bytes, bool]]:
    """Each message, and whether it is an event that is part of no answer."""
    found = [part + b"\r\n\r\n" for part in data.split(b"\r\n\r\n")]
    *whole, rest = found
    rest = rest.removesuffix(b"\r\n\r\n")
    told = [(message, _is_own(message)) for message in whole]
    return [*told, (rest, False)] if rest else told


def _is_own(message: bytes) -> bool:
    return message.startswith(b"Event: ") and b"\r\nActionID:" not in message


def esl(data: bytes) -> list[tuple[bytes, bool]]:
    """Each frame, and whether it is an event."""
    told: list[tuple[bytes, bool]] = []
    while data:
        head, end, _ = data.partition(b"\n\n")
        if not end:
            return [*told, (data, False)]
        length = _LENGTH.search(head)
        size = len(head) + 2 + (int(length[1]) if length else 0)
        whole = len(data) >= size
        told.append((data[:size], whole and b"Content-Type: text/event-" in head))
        data = data[size:]
    return told
