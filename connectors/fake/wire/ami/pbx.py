"""The fake PBX as an Asterisk: its board behind a manager's port."""

from functools import partial
from typing import Self
from urllib.parse import quote

from connectors.fake.wire.ami.board import Board
from connectors.fake.wire.ami.happenings import happened
from connectors.fake.wire.ami.session import Session
from connectors.fake.wire.server import Door, Line
from connectors.fake.wire.switch import Switch

USER = "dialplane"


class AmiPbx:
    """Serves AMI to the one user there is. `switch` is this PBX's own."""

    def __init__(self, switch: Switch, secret: str, user: str = USER) -> None:
        self.switch = switch
        self.door = Door(self._answer)
        self._board = Board(switch)
        self._user, self._secret = user, secret
        switch.hear = partial(happened, self._board)

    @property
    def url(self) -> str:
        """Where a connector finds it; the secret is as safe as it was chosen to be."""
        return f"ami://{quote(self._user, '')}:{quote(self._secret, '')}@{self.door.address}"

    async def open(self, host: str = "127.0.0.1", port: int = 0) -> Self:
        await self.door.open(host, port)
        self.switch.begin()
        return self

    async def close(self) -> None:
        self.switch.close()
        await self.door.close()

    def crash(self) -> None:
        """Die with all calls, as in a power cut, and be there again."""
        self.door.cut()
        self._board.clear()
        self.switch.crash()

    def _answer(self, line: Line) -> Session:
        return Session(self._board, line, self._user, self._secret)
