"""Whom a dialplan asks who calls: a site that has called somebody, or another in its place."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from campaigns.leads import DialOrder
from storage.candidates import candidates
from storage.claims import claim

PASSWORD = "aPasswordThatNobodyGuesses0123"


def placed(site: Any) -> str:
    """The number that a campaign with the line `opt-out` has called last."""
    spec = site.campaign(leads=1, agents=0, inbound={"lines": ["opt-out"]})
    at = datetime.now(UTC)
    found = candidates(site.store, spec, 1, frozenset(), at)
    orders = [DialOrder(each, "main", "carrier", "+12125550100") for each in found]
    stored = site.stored()
    assert claim(site.store, site.lease(), spec, 1, orders, at, stored.needs()).attempts
    [attempt] = site.attempts()
    return str(attempt.number)


@contextmanager
def somebody(answers: bytes) -> Iterator[str]:
    """Another server at the address, which says this to everybody; nothing: it never answers."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        held: list[socket.socket] = []

        def serve() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = door.accept()
                    held.append(caller)
                    if answers:
                        caller.recv(65536)
                        caller.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + answers)
                        caller.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{door.getsockname()[1]}"
        door.shutdown(socket.SHUT_RDWR)
        for caller in held:
            caller.close()
