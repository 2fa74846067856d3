"""A real Asterisk, started from templates in a folder of its own.

Each server has a loopback address to itself (127.x.y.z), so any number of them run side by side
and `identify` by address never takes an agent's packet for the trunk's.
"""

import contextlib
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lab.ami import Ami
from lab.build import find_build
from lab.errors import LabError
from lab.loopback import free_port, own_address
from lab.phones import SipServer, peers
from lab.server import Running
from lab.wait import until

TEMPLATES = Path(__file__).parent / "templates"
FOLDERS = (
    "etc", "lib/keys", "db", "spool/monitor", "spool/recording", "spool/outgoing", "spool/tmp",
    "run", "log", "cache", "agi-bin", "heard", "data/sounds/dialplane",
)  # fmt: skip
# Asterisk complains at start about each of these that does not exist.
EMPTY = (
    "acl", "amd", "ccss", "cdr", "cel", "codecs", "confbridge", "features", "http", "pjproject",
    "stasis", "udptl",
)  # fmt: skip
SILENT_SECONDS = 5.0


class AsteriskNode(Running):
    """A server; stopped as an operator would, its calls are hung up."""

    def __init__(self, name: str, templates: str, settings: Mapping[str, str]) -> None:
        self.name = name
        self.build = find_build()
        self.address = own_address()
        self.ami_host = self.address
        self.ami_port = free_port(self.address)
        self.sip_port = free_port(self.address)
        self.run_dir = Path(tempfile.mkdtemp(prefix=f"dialplane-{name}-"))
        self.monitor_dir = self.run_dir / "spool/monitor"
        self.sounds_dir = self.run_dir / "data/sounds/dialplane"
        self._secret = secrets.token_hex(16)
        try:
            self._lay_out(templates, settings)
        except BaseException:
            self.close()
            raise

    def write(self, files: Mapping[str, str]) -> None:
        """Put configuration files, named relative to etc/, in their place."""
        for name, text in files.items():
            path = self.run_dir / "etc" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def record(self, message: str, prompt: str) -> None:
        """Give the server Dialplane's recorded `message`, with the words of a stock prompt."""
        stock = next(self.build.voices.glob(f"{prompt}.*"))
        (self.sounds_dir / f"{message}{stock.suffix}").symlink_to(stock)

    def ami(self) -> Ami:
        """A session under the lab's own account, which may do everything."""
        return Ami(self.ami_host, self.ami_port, "lab", self._secret)

    @property
    def ami_url(self) -> str:
        """Where a session under that account is had."""
        return f"ami://lab:{self._secret}@{self.ami_host}:{self.ami_port}"

    def cli(self, command: str) -> str:
        """What `asterisk -rx COMMAND` would print."""
        with self.ami() as session:
            return session.command(command)

    def hang_up_all(self) -> bool:
        """End every call. Returns whether none is left."""
        self.cli("channel request hangup all")
        return bool(until(self._is_silent, SILENT_SECONDS, every=0.05))

    def complaints(self) -> str:
        """What it logged: notices, warnings, errors."""
        path = self.run_dir / "log/messages"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def _called(self) -> str:
        return f"Asterisk '{self.name}'"

    @property
    def _log(self) -> Path:
        return self.run_dir / "log/output"

    def _command(self) -> list[str | Path]:
        return [self.build.program, "-f", "-C", self.run_dir / "etc/asterisk.conf"]

    def _lay_out(self, templates: str, settings: Mapping[str, str]) -> None:
        for folder in FOLDERS:
            (self.run_dir / folder).mkdir(parents=True)
        self._lend_data()
        self.write({f"{name}.conf": "; empty\n" for name in EMPTY})
        values = {**self._settings(), **settings}
        for folder in ("base", templates):
            for path in sorted((TEMPLATES / folder).glob("*.conf")):
                self.write({path.name: _filled(path.read_text(), values)})

    def _lend_data(self) -> None:
        """The build's data, in a folder where sounds of our own can be put beside its own."""
        (self.run_dir / "data/documentation").symlink_to(self.build.data / "documentation")
        for path in (self.build.data / "sounds").iterdir():
            (self.run_dir / "data/sounds" / path.name).symlink_to(path)

    def _settings(self) -> dict[str, str]:
        return {
            "RUN": str(self.run_dir),
            "MODULES": str(self.build.modules),
            "DATA": str(self.run_dir / "data"),
            "NAME": self.name,
            "ADDRESS": self.address,
            "AMI_PORT": str(self.ami_port),
            "SIP_PORT": str(self.sip_port),
            "SECRET": self._secret,
            "SILENCE": "no",
        }

    def _ready(self) -> bool:
        """Whether it is fully booted."""
        with contextlib.suppress(OSError, LabError), self.ami() as session:
            session.event(lambda event: event.get("Event") == "FullyBooted")
            # some of the command line is registered only a moment after that event
            return session.command("core show version").startswith("Asterisk ")
        return False

    def _is_silent(self) -> bool:
        return self.cli("core show channels count").startswith("0 active channels")

    def _last_words(self) -> str:
        """The first error that it logged."""
        told = self.complaints().splitlines()
        errors = [line for line in told if " ERROR[" in line]
        return (errors or told[-1:] or ["it logged nothing"])[0]


def start_pbx(
    carrier: SipServer,
    extra_files: Mapping[str, str] | None = None,
    *,
    agents: int = 20,
    name: str = "pbx",
    trunks: Mapping[str, SipServer] | None = None,
) -> AsteriskNode:
    """A pbx with a trunk named "carrier", further `trunks`, and agents' phones.

    `extra_files` (path below etc/ -> text) go over or beside the lab's own; the base reads
    extensions.d, manager.d, confbridge.d and modules.d. Phones are PJSIP/1001 and on
    (`lab.phones.phone_of`), up to the number of `agents`, and those of `lab.phones.SPECIAL`.
    The message "safe-harbour" is recorded; `record` adds more.
    """
    node = AsteriskNode(name, "pbx", {})
    node.write({"peers.conf": peers({"carrier": carrier, **(trunks or {})}, carrier, agents)})
    node.write(extra_files or {})
    node.record("safe-harbour", "vm-nobodyavail")
    node.start()
    return node


def _filled(text: str, values: Mapping[str, str]) -> str:
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text
