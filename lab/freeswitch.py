"""A real FreeSWITCH of our own: it reads an XML dialplan, and tells what it has read."""

import asyncio
import contextlib
import json
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from connectors.freeswitch.deployment import deploying
from connectors.freeswitch.dialplan import Line
from connectors.freeswitch.url import read
from lab.errors import LabError
from lab.esl import Esl
from lab.loopback import free_port
from lab.server import Running

HOST = "127.0.0.1"
USUAL = ("/usr/bin/freeswitch", "/usr/local/freeswitch/bin/freeswitch")
FOLDERS = (
    "conf", "log", "db", "run", "scripts", "recordings", "storage", "cache", "temp", "certs",
    "sounds",
)  # fmt: skip
TEMPLATES = Path(__file__).parent / "templates/freeswitch"
LAST_MODULE = "mod_tone_stream"  # of those that the templates load


def find_program() -> Path:
    """The program that DIALPLANE_FREESWITCH names, else one of this machine's.

    Raises `LabError` where there is none; unlike an Asterisk, none is fetched.
    """
    if named := os.environ.get("DIALPLANE_FREESWITCH"):
        if not os.access(named, os.X_OK):
            raise LabError(f"DIALPLANE_FREESWITCH names '{named}', which is not a program")
        return Path(named)
    found = next(filter(None, map(shutil.which, ("freeswitch", *USUAL))), None)
    if found is None:
        raise LabError(
            "no FreeSWITCH is on this machine; name its program with DIALPLANE_FREESWITCH, or look "
            "at what 'dialplane dialplan render' writes"
        )
    return Path(found)


class FreeswitchReader(Running):
    """A server in a folder of its own, removed by `close`. It has no SIP, takes no calls, and
    has no port but its event socket's, for this machine and whoever knows the password."""

    LOOK_SECONDS = 0.05
    configuration = "reader.xml"

    def __init__(self) -> None:
        self._program = find_program()
        self.run_dir = Path(tempfile.mkdtemp(prefix="dialplane-freeswitch-"))
        self._port, self._password = free_port(HOST), secrets.token_hex(16)
        self.conf, self.sounds = self.run_dir / "conf", self.run_dir / "sounds"
        for folder in FOLDERS:
            (self.run_dir / folder).mkdir()
        text = (TEMPLATES / self.configuration).read_text()
        for key, value in self._settings().items():
            text = text.replace(f"@{key}@", value)
        self.write({"freeswitch.xml": text})

    def write(self, files: Mapping[str, str]) -> None:
        """Put configuration files, named relative to its folder of them, in their place."""
        for name, text in files.items():
            path = self.conf / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    @property
    def version(self) -> str:
        """As in `1.10.12`."""
        told = self.api("version")
        found = re.search(r"\d+\.\d+\.\d+", told)
        return found[0] if found else told[:40]

    @property
    def url(self) -> str:
        """Where a session that may do everything is had."""
        return f"esl://:{self._password}@{HOST}:{self._port}"

    def loaded(self, contexts: Iterable[str]) -> dict[str, dict[str, list[Line]]]:
        """Of each context the lines of its extensions. Raises `PbxError`."""

        async def look() -> dict[str, dict[str, list[Line]]]:
            async with deploying("check", read(self.url)) as pbx:
                return await pbx.lines(contexts)

        return asyncio.run(look())

    def unknown(self, applications: Iterable[str]) -> list[str]:
        """Those that the server has not loaded."""
        return sorted({*applications} - {row["name"] for row in self.rows("application")})

    def rows(self, what: str) -> list[dict[str, str]]:
        """What `show WHAT` tells."""
        rows: list[dict[str, str]] = json.loads(self.api(f"show {what} as json")).get("rows", [])
        return rows

    def api(self, command: str) -> str:
        """What an API command answers."""
        with Esl(HOST, self._port, self._password) as session:
            return session.api(command)

    @property
    def _called(self) -> str:
        return f"FreeSWITCH '{self._program}'"

    @property
    def _log(self) -> Path:
        return self.run_dir / "log/output"

    def _command(self) -> list[str | Path]:
        folders = (word for name in FOLDERS for word in (f"-{name}", self.run_dir / name))
        return [self._program, "-nf", "-nc", "-nonat", "-np", *folders]

    def _last_words(self) -> str:
        return super()._last_words()[:200]

    def _settings(self) -> dict[str, str]:
        return {"PORT": str(self._port), "PASSWORD": self._password}

    def _ready(self) -> bool:
        """Whether it takes calls, and `rows` tells all that it has loaded: a thread of the server's
        own writes that down, one module after the other."""
        with contextlib.suppress(OSError, LabError):
            if " is ready" in self.api("status"):
                return any(row["ikey"] == LAST_MODULE for row in self.rows("file"))
        return False


class FreeswitchCalled(FreeswitchReader):
    """One that takes calls: over SIP from this machine, in its profile `external`, whose folder of
    gateways and whose context `public` are where a stock FreeSWITCH has them."""

    configuration = "called.xml"

    def __init__(self) -> None:
        self.sip_port = free_port(HOST)
        super().__init__()

    def _settings(self) -> dict[str, str]:
        return {**super()._settings(), "SIP_PORT": str(self.sip_port)}
