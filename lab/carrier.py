"""The world behind the trunk: a second Asterisk that plays customers and agents' phones.

What a customer does follows from the last digit of the number dialled: 0, 1, 2 answer after
0.2, 2, 5 s, say hello and talk; 3 busy (486); 4 rings on; 5 no such number (404); 6 no circuit
(503); 7 an answering machine; 8 says hello and waits; 9 declined (603). Numbers ...555-7xxx are
for tests on real audio, four-digit extensions are agents' phones: templates/carrier tells them.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from lab.ami import Ami
from lab.asterisk import AsteriskNode
from lab.errors import LabError
from lab.phones import SipServer
from lab.wait import until

NO_LIMIT = 1_000_000
ANSWER_SECONDS = 5.0


@dataclass(frozen=True)
class Arrival:
    """A customer's number was dialled: when (UTC), which (digits), and the caller id shown."""

    at: datetime
    number: str
    caller_id: str


class Carrier(AsteriskNode):
    """Answers on `address`:`sip_port` (UDP)."""

    def heard(self, number: str) -> Path:
        """The recording (WAV, 8 kHz) of what a recording number or phone last heard.

        It is whole once the call has ended.
        """
        return self.run_dir / "heard" / f"{number.lstrip('+')}.wav"

    def arrivals(self) -> list[Arrival]:
        """Every call to a customer that has reached the trunk, refused ones too, in order."""
        path = self.run_dir / "arrivals.log"
        lines = path.read_text().splitlines() if path.exists() else []
        return [_arrival(line) for line in lines]

    def call_in(self, pbx: SipServer, line: str, caller: str) -> str:
        """A customer with the number `caller` calls a line of the pbx, and stays. Its name."""
        name = f"customer-{uuid4()}"
        headers = {
            "Channel": f"PJSIP/anonymous/sip:*{line}@{pbx.address}:{pbx.sip_port}",
            "ChannelId": name,
            "CallerID": caller,
            "Application": "Wait",
            "Data": "300",
            "Async": "true",
        }
        with self.ami() as session:
            session.action("Originate", headers)
        return name

    def press(self, number: str, keys: str) -> None:
        """The customer with this number (...555-75xx, -77xx), who has answered, presses keys.

        Returns when all are pressed: a tenth of a second each. Raises `LabError`.
        """
        with self.ami() as session:
            name = until(lambda: self._channel_of(session, number), ANSWER_SECONDS)
            if not name:
                raise LabError(f"nobody with the number {number} is on the line")
            _press(session, name, keys)

    def caller_presses(self, name: str, keys: str) -> None:
        """The same of a customer who has called in."""
        with self.ami() as session:
            _press(session, name, keys)

    def _channel_of(self, session: Ami, number: str) -> str | None:
        for line in session.command("core show channels concise").splitlines():
            name, context, extension, *_ = line.split("!")
            if (context, extension) == ("tools", number[-3:]):
                return name
        return None

    def give_up(self, name: str) -> None:
        """The customer who has called in hangs up."""
        with self.ami() as session:
            session.action("Hangup", {"Channel": name})

    def talk(self, seconds: float, spread: float = 0.0) -> None:
        """From now on customers talk so long, and `spread` more per last-but-one digit."""
        self._set("TALK", seconds)
        self._set("SPREAD", spread)

    def limit(self, channels: int = NO_LIMIT) -> None:
        """From now on a call beyond so many at once is refused with 503."""
        self._set("LIMIT", channels)

    def _set(self, name: str, value: float) -> None:
        self.cli(f"dialplan set global {name} {value}")


def _press(session: Ami, channel: str, keys: str) -> None:
    for key in keys:
        session.action("PlayDTMF", {"Channel": channel, "Digit": key, "Duration": "60"})
        time.sleep(0.05)  # as phones do: two keys without a gap are one


def start_carrier(
    *,
    talk: float = 5.0,
    spread: float = 0.0,
    channels: int = NO_LIMIT,
    name: str = "carrier",
) -> Carrier:
    """A carrier whose customers talk `talk` seconds, with at most `channels` calls at once."""
    settings = {"TALK": str(talk), "SPREAD": str(spread), "LIMIT": str(channels), "SILENCE": "yes"}
    carrier = Carrier(name, "carrier", settings)
    carrier.start()
    return carrier


def _arrival(line: str) -> Arrival:
    at, number, *caller = line.split(" ")
    return Arrival(datetime.fromtimestamp(float(at), UTC), number, "".join(caller))
