"""A program: python-ESL places a call, and prints what it is told, one JSON object a line.

python python_esl_client.py PORT PASSWORD
"""

import json
import sys

import ESL

CALL = "0190c0de-0000-7000-8000-000000000001"
DIAL = f"{{origination_uuid={CALL}}}sofia/gateway/carrier/4930000008 &park()"


def main(port: str, password: str) -> None:
    session = ESL.ESLconnection("127.0.0.1", port, password)
    if not session.connected():
        raise SystemExit("not let in")
    session.events("json", "CHANNEL_ANSWER CHANNEL_PARK CHANNEL_HANGUP_COMPLETE BACKGROUND_JOB")
    session.bgapi("originate", DIAL, "job-1")
    while event := session.recvEventTimed(10_000):
        told = json.loads(event.serialize("json"))
        sys.stdout.write(json.dumps(told) + "\n")
        if told.get("Event-Name") == "CHANNEL_PARK":
            session.bgapi("uuid_kill", CALL)
        if told.get("Event-Name") == "CHANNEL_HANGUP_COMPLETE":
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
