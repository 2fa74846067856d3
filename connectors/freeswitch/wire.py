"""One connection of a session: what was asked on it, and the answers, which come in that order."""

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic

from connectors.freeswitch.event import Event
from connectors.freeswitch.transport import MAX_BACKLOG, Ears, Link
from connectors.pbx import LinkDown

MAX_ASKED = 10_000  # commands without an answer at one time

Answer = Callable[[str], None]


class Wire:
    """`hear` gets the events; `lost` is called once, with the reason."""

    def __init__(self, hear: Callable[[Event], None], lost: Callable[[str], None]) -> None:
        self.ears = Ears(self._answer, self._event, lost)
        self._hear = hear
        self._heard_at = 0.0
        self._link: Link | None = None
        self._asked: deque[Answer] = deque()
        self._questions: set[asyncio.Future[str]] = set()

    def begin(self, link: Link) -> None:
        """The link has been made, and we are logged in."""
        self._link = link

    def write(self, command: bytes, answer: Answer) -> None:
        """Send a command now; `answer` gets what it is answered. Raises `LinkDown`."""
        if self._link is None:
            raise LinkDown("the link to the PBX is down")
        if not self.has_room:
            raise LinkDown("the PBX does not take what it is sent")
        self._link.write(command)
        self._asked.append(answer)

    async def ask(self, command: bytes, seconds: float) -> str:
        """The answer to a command. Raises `LinkDown` or `TimeoutError`.

        One that has not come in time keeps its place among the answers that are waited for.
        """
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.write(command, lambda text: None if answer.done() else answer.set_result(text))
        self._questions.add(answer)
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            if not answer.cancelled():  # it came as the time was over
                return answer.result()
            raise
        finally:
            self._questions.discard(answer)

    async def sign_of_life(self, command: bytes, seconds: float) -> None:
        """Its answer, or another, or an event: behind a flood of those it comes late."""
        try:
            await self.ask(command, seconds)
        except TimeoutError:
            if monotonic() - self._heard_at > seconds:
                raise

    @property
    def has_room(self) -> bool:
        """Whether the PBX takes what it is sent."""
        backlog = self._link.backlog() if self._link is not None else 0
        return backlog <= MAX_BACKLOG and len(self._asked) < MAX_ASKED

    @property
    def unanswered(self) -> int:
        return len(self._asked)

    def abort(self, why: str) -> None:
        """Be rid of the link; who waits for an answer waits no longer."""
        link, self._link = self._link, None
        if link is not None:
            link.abort()
        self._asked.clear()
        for answer in self._questions:
            if not answer.done():
                answer.set_exception(LinkDown(f"the link to the PBX is down: {why}"))

    def _event(self, event: Event) -> None:
        self._heard_at = monotonic()
        self._hear(event)

    def _answer(self, text: str) -> None:
        self._heard_at = monotonic()
        if self._asked:
            self._asked.popleft()(text)
