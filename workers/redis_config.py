"""The address and the configuration of a Redis server that we start ourselves."""

import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

SOCKET_PATH_LIMIT = 100  # sun_path holds 108 bytes, 104 on macOS
# What nobody in a site needs, so that a leaked password costs less. No scripts either: who
# may load one and name it (EVALSHA) may run any.
FORBIDDEN = "-@scripting -config -module -flushall -flushdb -debug -keys -replicaof -slaveof -save"


@dataclass(frozen=True, slots=True)
class Where:
    """Where the site's Redis is, or was. A unix socket, or a loopback port (`port` not 0)."""

    password: str
    socket: str
    port: int

    @property
    def url(self) -> str:
        if self.port:
            return f"redis://:{self.password}@127.0.0.1:{self.port}/0"
        return f"unix://:{self.password}@{quote(self.socket)}"


def new_address(folder: Path) -> Where:
    """A socket in `folder`; a loopback port where that path is too long for a socket."""
    password = secrets.token_urlsafe(32)
    path = str(folder / "redis.sock")
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return Where(password, path, 0)
    return Where(password, "", _free_port())


def still_usable(where: Where, folder: Path) -> bool:
    """Whether a server may start there again: other processes know it under this address."""
    if where.port:
        return _is_free(where.port)
    return where.socket == str(folder / "redis.sock")


def config(folder: Path, where: Where) -> str:
    """What the server is told on its standard input: no password in an argument or a file."""
    lines = [
        "bind 127.0.0.1",
        f"port {where.port}",
        f"dir {_quoted(str(folder))}",
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        "maxmemory-policy noeviction",
        f"user default on >{where.password} ~* &* +@all {FORBIDDEN}",
    ]
    if where.socket:
        lines += [f"unixsocket {_quoted(where.socket)}", "unixsocketperm 700"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    """Whether nobody listens there. Connections of a server that was killed linger for a minute;
    the server itself does not mind them, and neither do we."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
