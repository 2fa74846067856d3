"""A Redis or Valkey server with a folder and an address of its own, for tests."""

import secrets
import shutil
import socket
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from lab.loopback import free_port, own_address
from lab.server import Running


@dataclass(frozen=True)
class Given:
    """A configuration to run as it is, `users.acl` beside it, and the user to log in as."""

    conf: Path
    user: str
    secret: str = field(repr=False)


class Valkey(Running):
    """A server of its own; where no configuration is given, it keeps nothing unless it `keeps`.

    `url` is for `redis.from_url`.
    """

    START_SECONDS = 10.0

    def __init__(
        self, program: str | Path, given: Given | None = None, *, keeps: bool = False
    ) -> None:
        self._program = program
        self._keeps = keeps
        self._given = given
        self._address = own_address()
        self._port = free_port(self._address)
        self._user = given.user if given else "default"
        self._secret = given.secret if given else secrets.token_hex(16)
        self.run_dir = Path(tempfile.mkdtemp(prefix="dialplane-valkey-"))
        self.url = f"redis://{self._user}:{self._secret}@{self._address}:{self._port}/0"

    def wipe(self) -> None:
        """Remove what a killed server has kept."""
        shutil.rmtree(self.run_dir / "appendonlydir", ignore_errors=True)

    @property
    def _called(self) -> str:
        return f"'{self._program}'"

    def _command(self) -> list[str | Path]:
        words = self._words(self._given) if self._given else [self._conf()]
        return [self._program, *words]

    def _conf(self) -> Path:
        conf = self.run_dir / "valkey.conf"
        conf.write_text(
            f"bind {self._address}\nport {self._port}\nrequirepass {self._secret}\n"
            f'save ""\nappendonly {"yes" if self._keeps else "no"}\ndir {self.run_dir}\n'
        )
        return conf

    def _words(self, given: Given) -> list[str | Path]:
        """The configuration, and over it nothing but where it runs here."""
        acl = given.conf.with_name("users.acl")
        here = ["--bind", self._address, "--port", str(self._port)]
        return [given.conf, *here, "--aclfile", acl]

    def _ready(self) -> bool:
        """Whether it answers."""
        try:
            with socket.create_connection((self._address, self._port), 1.0) as link:
                link.sendall(f"AUTH {self._user} {self._secret}\r\nPING\r\n".encode())
                replies = link.makefile("rb")
                return [replies.readline(), replies.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        except OSError:
            return False


def start(program: str | Path, given: Given | None = None, *, keeps: bool = False) -> Valkey:
    """A running server of `program`, a valkey-server or redis-server."""
    server = Valkey(program, given, keeps=keeps)
    server.start()
    return server
