"""A manager that reads as main/manager.c does, byte for byte, and does what a test tells it to.

The rule: a line ends at CR LF or at a bare LF; an empty line ends the message; a line of 1,024
bytes or a message of 128 lines is an error. What a lead's name could smuggle into an action
would be seen here as it would be by an Asterisk.
"""

import asyncio
import contextlib
import hashlib
import socket
import ssl
from collections.abc import Callable, Iterable
from typing import Self

SECRET = "mock-secret"
MAX_LINE, MAX_LINES = 1023, 128
Headers = dict[str, str]


class LineRule:
    """Bytes to actions, as an Asterisk would read them."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[str] = []

    def feed(self, data: bytes) -> Iterable[list[str]]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        assert len(self._rest) <= MAX_LINE, "Failed to parse message: line too long"
        for line in lines:
            text = line.removesuffix(b"\r").decode()
            assert len(text) <= MAX_LINE, "Failed to parse message: line too long"
            if text:
                self._lines.append(text)
                assert len(self._lines) < MAX_LINES, "too many lines in message"
            elif self._lines:
                whole, self._lines = self._lines, []
                yield whole


def headers(lines: list[str]) -> Headers:
    return {key: value.lstrip() for key, _, value in (line.partition(":") for line in lines)}


class AmiServer:
    """Listens on a loopback port. `actions` is all that arrived, over all connections."""

    def __init__(self) -> None:
        self.actions: list[Headers] = []
        self.channels: list[Headers] = []
        self.commands = ["ConfbridgeList", "StopMixMonitor"]  # that modules bring along
        self.logins = 0
        self.boots = True  # has booted by the time somebody logs in
        self.secret = SECRET
        self.version = "22.10.1"
        self.greeting = b"Asterisk Call Manager/11.0.0\r\n"
        self.port = 0
        self.mute: set[str] = set()  # actions that are read and not answered
        self.errors: dict[str, str] = {}  # action -> the message of its refusal
        self.cut_at = ""  # the action at whose arrival all connections break, once
        self.chop = 0  # bytes a write; 0 is all at once
        self._writing = asyncio.Lock()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._reading = asyncio.Event()
        self._reading.set()
        self._arrived = asyncio.Event()

    async def listen(self, tls: ssl.SSLContext | None = None) -> Self:
        door = socket.create_server(("127.0.0.1", self.port))
        door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # what is unread stays unsent
        self.port = door.getsockname()[1]
        self._server = await asyncio.start_server(self._serve, sock=door, limit=4096, ssl=tls)
        return self

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()
        self.thaw()
        await asyncio.gather(*self._serving, return_exceptions=True)  # or its loss is a complaint

    def cut(self) -> None:
        """Break all connections."""
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    def freeze(self) -> None:
        """Read nothing and say nothing any more; the connections stay."""
        self._reading.clear()

    def thaw(self) -> None:
        self._reading.set()

    def say(self, data: bytes) -> None:
        """Send these bytes to everybody."""
        for writer in self._open:
            writer.write(data)

    async def dribble(self, data: bytes) -> None:
        """Send these bytes to everybody, `chop` at a time, and each by itself."""
        for writer in self._open:
            await self._write(writer, data)

    def event(self, name: str, **fields: str) -> None:
        self.say(packet(Event=name, **fields))

    def named(self, action: str) -> list[Headers]:
        return [given for given in self.actions if given["Action"] == action]

    async def until(self, condition: Callable[[], object], seconds: float = 5.0) -> None:
        """Wait until what has arrived makes `condition` true."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._arrived.clear()
                await self._arrived.wait()

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        size = self.chop or len(data)
        async with self._writing:
            for at in range(0, len(data), size):
                writer.write(data[at : at + size])
                await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open.add(writer)
        if (task := asyncio.current_task()) is not None:
            self._serving.add(task)
        rule = LineRule()
        with contextlib.suppress(OSError):
            writer.write(self.greeting)
            while data := await reader.read(4096):
                for lines in rule.feed(data):
                    await self._answer(headers(lines), writer)
                await self._reading.wait()
        self._open.discard(writer)
        writer.close()

    async def _answer(self, action: Headers, writer: asyncio.StreamWriter) -> None:
        self.actions.append(action)
        self._arrived.set()
        name = action["Action"]
        if name == self.cut_at:
            self.cut_at = ""
            self.cut()
            return
        if not self._reading.is_set() or name in self.mute:
            return
        if name in self.errors:
            reply = packet(Response="Error", ActionID=action["ActionID"], Message=self.errors[name])
        else:
            reply = ANSWERS.get(name, done)(self, action)
        await self._write(writer, reply)
        if b"Message: Authentication failed" in reply or name == "Logoff":
            writer.close()


def packet(**fields: str) -> bytes:
    """A message. An underscore in a field's name is a dash: Cause_txt."""
    lines = [f"{key.replace('_', '-')}: {value}\r\n" for key, value in fields.items()]
    return ("".join(lines) + "\r\n").encode()


def done(_: AmiServer, action: Headers) -> bytes:
    return packet(Response="Success", ActionID=action["ActionID"], Message="done")


def challenge(_: AmiServer, action: Headers) -> bytes:
    return packet(Response="Success", ActionID=action["ActionID"], Challenge="424242")


def login(server: AmiServer, action: Headers) -> bytes:
    server.logins += 1
    key = hashlib.md5(f"424242{server.secret}".encode(), usedforsecurity=False).hexdigest()
    if action.get("Key") != key or action["Username"] != "dialplane":
        return packet(
            Response="Error", ActionID=action["ActionID"], Message="Authentication failed"
        )
    booted = packet(Event="FullyBooted", Status="Fully Booted") if server.boots else b""
    return done(server, action) + booted


def settings(server: AmiServer, action: Headers) -> bytes:
    return packet(
        Response="Success",
        ActionID=action["ActionID"],
        AsteriskVersion=server.version,
        AMIversion="11",
    )


def list_channels(server: AmiServer, action: Headers) -> bytes:
    begin = packet(Response="Success", ActionID=action["ActionID"], EventList="start")
    lines = [
        packet(Event="CoreShowChannel", ActionID=action["ActionID"], **channel)
        for channel in server.channels
    ]
    end = packet(
        Event="CoreShowChannelsComplete", ActionID=action["ActionID"], EventList="Complete"
    )
    return begin + b"".join(lines) + end


def list_commands(server: AmiServer, action: Headers) -> bytes:
    known = dict.fromkeys(server.commands, "What it does.  (Priv: call,all)")
    return packet(Response="Success", ActionID=action["ActionID"], **known)


ANSWERS: dict[str, Callable[[AmiServer, Headers], bytes]] = {
    "Challenge": challenge,
    "Login": login,
    "CoreSettings": settings,
    "CoreShowChannels": list_channels,
    "ListCommands": list_commands,
}
