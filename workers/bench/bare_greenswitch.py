"""greenswitch with nothing around it: its own connection, its own queue, one handler that counts.

Imported only where greenswitch is there.
"""

import threading
import time
from typing import Any

import gevent
from gevent.event import Event as Flag
from greenswitch import InboundESL

LOOKED_AT = ("Event-Name", "Unique-ID", "Hangup-Cause")  # of each event
PATIENCE = 120.0  # seconds


def seconds_of_processor(port: int, events: int) -> float:
    """What it takes to hear so many events, on a hub in a thread of its own."""
    taken: list[float] = []
    thread = threading.Thread(target=lambda: taken.append(_listen(port, events)), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if not taken:
        raise TimeoutError
    return taken[0]


def _listen(port: int, events: int) -> float:
    client, left, over = InboundESL("127.0.0.1", port, "bench"), events, Flag()

    def count(event: Any) -> None:
        nonlocal left
        for name in LOOKED_AT:
            event.headers.get(name)
        left -= 1
        if not left:
            over.set()

    client.register_handle("*", count)
    client.connect()
    started = time.process_time()
    client.send("event plain ALL")
    over.wait()
    taken = time.process_time() - started
    gevent.killall([client._receive_events_greenlet, client._process_events_greenlet])
    client.sock_file.close()
    client.sock.close()
    gevent.get_hub().destroy(destroy_loop=True)
    return taken
