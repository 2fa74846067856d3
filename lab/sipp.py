"""A carrier for load: SIPp takes every call, at a tenth of the processor time of an Asterisk.

Whoever is dialled rings a while, answers, and hangs up after its talk unless the caller does so
first; or rings for a random while and is busy then. No audio is sent. It stands in for
`lab.carrier.Carrier` wherever an address and a SIP port are asked for.
"""

import shutil
import socket
import tempfile
from pathlib import Path

from lab.child import Child
from lab.closing import Closing
from lab.errors import LabError
from lab.loopback import free_port, own_address
from lab.parts import ASTERISK, installed
from lab.wait import until

SCENARIOS = Path(__file__).parent / "templates/sipp"
START_SECONDS = 10.0
PING = (
    "OPTIONS sip:lab@{there} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK-lab\r\n"
    "From: <sip:lab@{here}>;tag=1\r\nTo: <sip:lab@{there}>\r\nCall-ID: lab\r\n"
    "CSeq: 1 OPTIONS\r\nMax-Forwards: 1\r\nContent-Length: 0\r\n\r\n"
)


class SippCarrier(Closing):
    """Answers on `address`:`sip_port` (UDP)."""

    def __init__(self, *, ring: float, talk: float, busy: bool) -> None:
        self.address = own_address()
        self.sip_port = free_port(self.address, socket.SOCK_DGRAM)
        self._program = installed(ASTERISK) / "usr/bin/sipp"
        self.run_dir = Path(tempfile.mkdtemp(prefix="dialplane-sipp-"))
        self._child: Child | None = None
        text = (SCENARIOS / ("busy.xml" if busy else "answer.xml")).read_text()
        times = {"RING": ring, "HALF": ring / 2, "STEP": ring / 16, "TALK": talk}
        for name, seconds in times.items():
            text = text.replace(f"@{name}@", str(round(seconds * 1000)))
        self._scenario = self.run_dir / "scenario.xml"
        self._scenario.write_text(text)

    def start(self) -> None:
        """Start it and wait until it answers. Raises `LabError` when it does not."""
        where = ["-i", self.address, "-p", str(self.sip_port), "-mi", self.address]
        log = self.run_dir / "output"
        self._child = Child(
            [self._program, "-sf", self._scenario, *where, "-aa", "-nostdin"],
            log=log,
            sweep=self.run_dir,
        )
        if not until(self._answers_or_gone, START_SECONDS) or not self._child.running:
            told = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
            self.close()
            raise LabError(f"SIPp did not start: {(told or ['it said nothing'])[-1]}")

    def close(self) -> None:
        """End it and remove its folder. Safe to call twice."""
        if self._child:
            self._child.kill()
        shutil.rmtree(self.run_dir, ignore_errors=True)

    def _answers_or_gone(self) -> bool:
        if self._child is None or not self._child.running:
            return True
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
