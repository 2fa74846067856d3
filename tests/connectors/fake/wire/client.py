"""Bytes to and from a served PBX, without any of our codecs."""

import asyncio
from typing import Self
from urllib.parse import unquote

SECRET = "served-secret"
SECONDS = 10.0
Message = dict[str, str]


class Client:
    """One connection; `seen` keeps what was read and not asked for."""

    end: bytes

    def __init__(self, port: int) -> None:
        self.port = port
        self.seen: list[Message] = []
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def connect(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def read(self) -> Message:
        raise NotImplementedError

    async def until(self, **wanted: str) -> Message:
        """The next message with these headers; an underscore is a dash. Others are kept."""
        asked = {key.replace("_", "-"): value for key, value in wanted.items()}
        async with asyncio.timeout(SECONDS):
            while True:
                message = await self.read()
                self.seen.append(message)
                if asked.items() <= message.items():
                    return message

    async def is_closed(self) -> bool:
        """Whether the other side closes, whatever it still says."""
        async with asyncio.timeout(SECONDS):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionError:
                pass
        return True

    def close(self) -> None:
        self.writer.transport.abort()


class AmiClient(Client):
    async def log_in(self, secret: str = SECRET) -> Message:
        await self.reader.readuntil(b"\r\n")
        return await self.action("Login", Username="dialplane", Secret=secret)

    async def action(self, name: str, **headers: str) -> Message:
        """The answer to an action."""
        lines = [f"Action: {name}", *(f"{key}: {value}" for key, value in headers.items())]
        self.send("\r\n".join([*lines, "", ""]).encode())
        while "Response" not in (message := await self.read()) or "Event" in message:
            self.seen.append(message)
        return message

    async def read(self) -> Message:
        block = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        lines = (line.partition(": ") for line in block.strip().split("\r\n"))
        return {key.rstrip(":"): value for key, _, value in lines}


class EslClient(Client):
    async def log_in(self, password: str = SECRET) -> Message:
        await self.read()
        return await self.ask(f"auth {password}")

    async def ask(self, command: str) -> Message:
        """The answer to a command: its head, and its body as `_body`."""
        self.send(f"{command}\n\n".encode())
        while (message := await self.read())["Content-Type"] not in ANSWERS:
            self.seen.append(message)
        return message

    async def api(self, command: str) -> str:
        return (await self.ask(f"api {command}"))["_body"].strip()

    async def read(self) -> Message:
        head = _headers((await self.reader.readuntil(b"\n\n")).decode())
        body = (await self.reader.readexactly(int(head.get("Content-Length", 0)))).decode()
        if head["Content-Type"] != "text/event-plain":
            return head | {"_body": body}
        told, _, rest = body.partition("\n\n")
        values = {key: unquote(value) for key, value in _headers(told).items()}
        return head | values | {"_body": rest}


ANSWERS = ("command/reply", "api/response")


def _headers(block: str) -> Message:
    lines = (line.partition(":") for line in block.strip().split("\n"))
    return {key: value.strip() for key, _, value in lines}
