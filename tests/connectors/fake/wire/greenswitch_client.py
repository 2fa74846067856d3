"""A program: greenswitch places a call, and prints what it is told, one JSON object a line.

python greenswitch_client.py PORT PASSWORD
"""

import json
import sys
from typing import Any

import gevent
from greenswitch import InboundESL

CALL = "0190c0de-0000-7000-8000-000000000001"
DIAL = f"bgapi originate {{origination_uuid={CALL}}}sofia/gateway/carrier/4930000008 &park()"


def main(port: str, password: str) -> None:
    over = gevent.event.Event()
    session = InboundESL(host="127.0.0.1", port=int(port), password=password)

    def hear(event: Any) -> None:
        told = dict(event.headers)
        sys.stdout.write(json.dumps(told) + "\n")
        if told["Event-Name"] == "CHANNEL_PARK":
            session.send(f"bgapi uuid_kill {CALL}")
        if told["Event-Name"] == "CHANNEL_HANGUP_COMPLETE":
            over.set()

    session.connect()
    session.register_handle("*", hear)
    session.send("EVENTS PLAIN ALL")
    gevent.spawn(session.process_events)
    session.send(DIAL)
    over.wait(timeout=10)
    session.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
