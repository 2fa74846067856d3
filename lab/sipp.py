"""A carrier for load: SIPp takes every call, at a tenth of the processor time of an Asterisk.

Whoever is dialled rings a while, answers, and hangs up after its talk unless the caller does so
first; or rings for a random while and is busy then. No audio is sent. It stands in for
`lab.carrier.Carrier` wherever an address and a SIP port are asked for.
"""

import socket
import tempfile
from pathlib import Path

from lab.loopback import free_port, own_address
from lab.parts import ASTERISK, installed
from lab.server import Running

SCENARIOS = Path(__file__).parent / "templates/sipp"
PING = (
    "OPTIONS sip:lab@{there} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK-lab\r\n"
    "From: <sip:lab@{here}>;tag=1\r\nTo: <sip:lab@{there}>\r\nCall-ID: lab\r\n"
    "CSeq: 1 OPTIONS\r\nMax-Forwards: 1\r\nContent-Length: 0\r\n\r\n"
)


class SippCarrier(Running):
    """Answers on `address`:`sip_port` (UDP)."""

    START_SECONDS = 10.0

    def __init__(self, *, ring: float, talk: float, busy: bool) -> None:
        self.address = own_address()
        self.sip_port = free_port(self.address, socket.SOCK_DGRAM)
        self._program = installed(ASTERISK) / "usr/bin/sipp"
        self.run_dir = Path(tempfile.mkdtemp(prefix="dialplane-sipp-"))
        text = (SCENARIOS / ("busy.xml" if busy else "answer.xml")).read_text()
        times = {"RING": ring, "HALF": ring / 2, "STEP": ring / 16, "TALK": talk}
        for name, seconds in times.items():
            text = text.replace(f"@{name}@", str(round(seconds * 1000)))
        self._scenario = self.run_dir / "scenario.xml"
        self._scenario.write_text(text)

    @property
    def _called(self) -> str:
        return "SIPp"

    def _command(self) -> list[str | Path]:
        where = ["-i", self.address, "-p", str(self.sip_port), "-mi", self.address]
        return [self._program, "-sf", self._scenario, *where, "-aa", "-nostdin"]

    def _ready(self) -> bool:
        """Whether it answers."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
            link.settimeout(0.1)
            link.connect((self.address, self.sip_port))
            host, port = link.getsockname()
            there = f"{self.address}:{self.sip_port}"
            try:
                link.send(PING.format(here=f"{host}:{port}", there=there).encode())
                return link.recv(2000).startswith(b"SIP/2.0 200")
            except OSError:
                return False


def start_sipp(*, ring: float = 0.2, talk: float = 60.0, busy: bool = False) -> SippCarrier:
    """A carrier whose customers answer after `ring` seconds and talk `talk` seconds.

    With `busy` they all turn out to be busy, after `ring` seconds in the mean.
    """
    carrier = SippCarrier(ring=ring, talk=talk, busy=busy)
    carrier.start()
    return carrier
