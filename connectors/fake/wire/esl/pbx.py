"""The fake PBX as a FreeSWITCH: its board behind an event socket."""

import asyncio
from functools import partial
from typing import Self
from urllib.parse import quote

from connectors.fake.wire.esl.board import VERSION, Board
from connectors.fake.wire.esl.happenings import happened
from connectors.fake.wire.esl.session import Session
from connectors.fake.wire.server import Door, Line
from connectors.fake.wire.switch import Switch

HEARTBEAT = 20.0  # seconds


class EslPbx:
    """Serves the event socket to who knows the password. `switch` is this PBX's own."""

    def __init__(self, switch: Switch, password: str) -> None:
        self.switch = switch
        self.door = Door(self._answer)
        self._board = Board(switch)
        self._password = password
        self._beat: asyncio.TimerHandle | None = None
        switch.hear = partial(happened, self._board)

    @property
    def url(self) -> str:
        """Where a connector finds it; the password is as safe as it was chosen to be."""
        return f"esl://:{quote(self._password, '')}@{self.door.address}"

    async def open(self, host: str = "127.0.0.1", port: int = 0) -> Self:
        await self.door.open(host, port)
        self.switch.begin()
        self._beat = asyncio.get_running_loop().call_later(HEARTBEAT, self._beats)
        return self

    async def close(self) -> None:
        if self._beat is not None:
            self._beat.cancel()
        self.switch.close()
        await self.door.close()

    def crash(self) -> None:
        """Die with all calls, as in a power cut, and be there again."""
        self.door.cut()
        self._board.clear()
        self.switch.crash()

    def _answer(self, line: Line) -> Session:
        return Session(self._board, line, self._password)

    def _beats(self) -> None:
        held = str(sum(1 for _ in self._board))
        told = {"Event-Info": "System Ready", "FreeSWITCH-Version": VERSION, "Session-Count": held}
        self._board.say("HEARTBEAT", None, told)
        self._beat = asyncio.get_running_loop().call_later(HEARTBEAT, self._beats)
