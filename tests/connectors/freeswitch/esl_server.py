"""An event socket that reads as mod_event_socket does, and does what a test tells it to.

The rule: a command is its lines up to an empty one, each ended by a bare LF; whatever has a colon
in a further line is a header of it. What a lead's name could smuggle into a command would be seen
here as it would be by a FreeSWITCH.
"""

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Self
from urllib.parse import quote

import orjson

PASSWORD = "mock-password"
MODULES = (
    "mod_dptools",
    "mod_sofia",
    "mod_loopback",
    "mod_sndfile",
    "mod_avmd",
    "mod_tone_stream",
    "mod_dialplan_xml",
)


class LineRule:
    """Bytes to commands, each the list of its lines, as a FreeSWITCH would read them."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterable[list[str]]:
        *whole, self._rest = (self._rest + data).split(b"\n\n")
        yield from (one.decode().split("\n") for one in whole)


class EslServer:
    """Listens on a loopback port. `commands` is all that arrived, over all connections."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.channels: dict[str, dict[str, str]] = {}  # id -> what uuid_dump tells
        self.listed = True  # or the list of channels is not written yet
        self.logins = 0
        self.password = PASSWORD
        self.version = "FreeSWITCH Version 1.11.3-dev git cc93a68 (git cc93a68 64bit)"
        self.greeting = b"Content-Type: auth/request\n\n"
        self.modules = list(MODULES)
        self.profiles = "external\tprofile\tsip:mod_sofia@127.0.0.1:5080\tRUNNING (0)\n"
        self.port = 0
        self.mute: set[str] = set()  # commands that hang, and their connection with them
        self.errors: dict[str, str] = {}  # command -> what it answers
        self.slow: dict[str, float] = {}  # command -> seconds until it is answered
        self.chop = 0  # bytes a write; 0 is all at once
        self.format = "json"  # of events, as it was last asked for
        self.listeners: set[asyncio.StreamWriter] = set()  # those that asked for events
        self.late: Counter[str] = Counter()  # late answers, by command
        self._busy: dict[asyncio.StreamWriter, float] = {}  # until when each is
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._stuck: set[asyncio.StreamWriter] = set()
        self._reading = asyncio.Event()
        self._reading.set()
        self._arrived = asyncio.Event()

    async def listen(self) -> Self:
        door = socket.create_server(("127.0.0.1", self.port))
        door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # what is unread stays unsent
        self.port = door.getsockname()[1]
        self._server = await asyncio.start_server(self._serve, sock=door, limit=4096)
        return self

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()
        self._reading.set()
        await asyncio.gather(*self._serving, return_exceptions=True)  # or its loss is a complaint

    def cut(self) -> None:
        """Break all connections."""
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    def hang_up(self) -> None:
        """Close all connections in good order."""
        for writer in self._open:
            writer.close()

    def freeze(self) -> None:
        """Read nothing and say nothing any more; the connections stay."""
        self._reading.clear()

    def thaw(self) -> None:
        self._reading.set()

    def say(self, data: bytes) -> None:
        """Send these bytes to whoever asked for events."""
        for writer in self.listeners:
            size = self.chop or len(data)
            for at in range(0, len(data), size):
                writer.write(data[at : at + size])

    def event(self, name: str, call_id: object = "", **headers: str) -> None:
        """Tell an event. An underscore in a header's name is a dash: Hangup_Cause.

        Not so in a channel variable's, which begins with `variable_`.
        """
        custom = {"Event-Name": "CUSTOM", "Event-Subclass": name}
        base = custom if "::" in name else {"Event-Name": name}
        fields = {_header(key): value for key, value in headers.items()}
        self.say(self.told({**base, "Unique-ID": str(call_id), **fields}))

    def job(self, call_id: object, body: str) -> None:
        """Tell what came of an originate."""
        told = next((lines[0] for lines in self.commands if str(call_id) in str(lines[1:])), "")
        fields = {
            "Event-Name": "BACKGROUND_JOB",
            "Job-UUID": f"originate:{call_id}",
            "Job-Command-Arg": told.removeprefix("bgapi originate "),
        }
        self.say(self.told({**fields, "_body": f"{body}\n"}))

    def told(self, headers: dict[str, str]) -> bytes:
        """An event in the format that was asked for."""
        return json_event(headers) if self.format == "json" else plain_event(headers)

    def call_in(self, call_id: object, line: str, caller: str) -> None:
        """Somebody calls in: there is a channel, and the PBX's dialplan tells of it."""
        told = {
            "Unique-ID": str(call_id),
            "Channel-Name": f"sofia/external/{caller}@203.0.113.7",
            "Channel-State": "CS_EXECUTE",
            "Answer-State": "answered",
            "Caller-Caller-ID-Number": caller,
            ACCOUNT: f"dialplane-line-{line}",
        }
        self.channels[str(call_id)] = told
        custom = {"Event-Name": "CUSTOM", "Event-Subclass": "dialplane::arrived"}
        self.say(self.told({**told, **custom}))

    def named(self, word: str) -> list[str]:
        """The API commands of one name, with their words."""
        texts = [" ".join(first.split(" ")[1:]) for first, *_ in self.commands if " " in first]
        return [text for text in texts if text.split(" ")[0] == word]

    async def until(self, condition: Callable[[], object], seconds: float = 5.0) -> None:
        """Wait until what has arrived makes `condition` true."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._arrived.clear()
                await self._arrived.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        if (task := asyncio.current_task()) is not None:
            self._serving.add(task)
        rule = LineRule()
        with contextlib.suppress(OSError):
            writer.write(self.greeting)
            while data := await reader.read(4096):
                await self._reading.wait()
                for lines in rule.feed(data):
                    self._answer(lines, writer)
        self._open.discard(writer)
        self.listeners.discard(writer)
        writer.close()

    def _answer(self, lines: list[str], writer: asyncio.StreamWriter) -> None:
        self.commands.append(lines)
        self._arrived.set()
        verb, _, rest = lines[0].partition(" ")
        name = rest.split(" ")[0] if verb in ("api", "bgapi") else verb
        if name in self.mute:
            self._stuck.add(writer)
        if writer in self._stuck:
            return
        if verb == "event":
            self.listeners.add(writer)
            self.format = rest.split(" ")[0]
        self._write(name, writer, self._reply(verb, name, rest, lines))
        if verb == "auth" and rest != self.password:
            writer.write(frame("text/disconnect-notice", b"Disconnected, goodbye.\n"))
            writer.close()

    def _write(self, name: str, writer: asyncio.StreamWriter, reply: bytes) -> None:
        """At once, or when a PBX that has much to do gets to it; always in the order asked."""
        loop = asyncio.get_running_loop()
        behind = self._busy.get(writer, 0.0) + 1e-6
        at = max(behind, loop.time() + self.slow.get(name, 0.0))
        if name in self.slow or behind > loop.time():
            self._busy[writer] = at
            loop.call_at(at, self._write_late, name, writer, reply)
        else:
            writer.write(reply)

    def _write_late(self, name: str, writer: asyncio.StreamWriter, reply: bytes) -> None:
        self.late[name] += 1
        self._arrived.set()
        writer.write(reply)

    def _reply(self, verb: str, name: str, rest: str, lines: list[str]) -> bytes:
        error = self.errors.get(name, "")
        if verb == "api":
            return frame("api/response", (error or self._told(name, rest)).encode())
        if verb == "bgapi":
            return frame("command/reply", reply=error or f"+OK {lines[1]}")
        if verb == "auth":
            self.logins += 1
            right = rest == self.password
            return frame("command/reply", reply="+OK accepted" if right else "-ERR invalid")
        if verb == "event":
            return frame(
                "command/reply", reply=error or f"+OK event listener enabled {self.format}"
            )
        return frame("command/reply", reply=error or "-ERR command not found")

    def _told(self, name: str, rest: str) -> str:
        match name:
            case "version":
                return self.version
            case "module_exists":
                return "true" if rest.split(" ")[1] in self.modules else "false"
            case "sofia":
                return self.profiles
            case "show":
                rows = [
                    {"uuid": one, "name": told["Channel-Name"], "accountcode": told[ACCOUNT]}
                    for one, told in self.channels.items()
                    if self.listed
                ]
                return orjson.dumps({"row_count": len(rows), "rows": rows}).decode()
            case "uuid_dump":
                found = self.channels.get(rest.split(" ")[1])
                return orjson.dumps(found).decode() if found else "-ERR No such channel!\n"
        return "+OK\n"


ACCOUNT = "variable_accountcode"


def _header(key: str) -> str:
    return key if key.startswith("variable_") else key.replace("_", "-")


def frame(kind: str, body: bytes | None = None, reply: str = "") -> bytes:
    """What a FreeSWITCH sends at one time."""
    head = f"Content-Type: {kind}\n"
    head += f"Reply-Text: {reply}\n" if reply else ""
    head += f"Content-Length: {len(body)}\n" if body is not None else ""
    return head.encode() + b"\n" + (body or b"")


def json_event(headers: dict[str, str]) -> bytes:
    body = orjson.dumps(headers)
    return f"Content-Length: {len(body)}\nContent-Type: text/event-json\n\n".encode() + body


def plain_event(headers: dict[str, str]) -> bytes:
    """The same, as a FreeSWITCH tells it to who asks for plain events."""
    fields = {key: value for key, value in headers.items() if key != "_body"}
    lines = [f"{key}: {quote(value, safe=UNTOUCHED)}\n" for key, value in fields.items()]
    rest = headers.get("_body", "").encode()
    length = f"Content-Length: {len(rest)}\n" if rest else ""
    body = f"{''.join(lines)}{length}\n".encode() + rest
    return f"Content-Length: {len(body)}\nContent-Type: text/event-plain\n\n".encode() + body


UNTOUCHED = "!$'()*,-./_~"  # FreeSWITCH leaves these as they are
