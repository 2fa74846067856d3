"""A logged-in AMI session over one link: opened, asked, heard, and over when its link is."""

import asyncio
import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from connectors.asterisk.arrivals import Naming
from connectors.asterisk.channels import NOBODYS, Channel, channel
from connectors.asterisk.codec import Action, Message
from connectors.asterisk.moving import Moves
from connectors.asterisk.transport import MAX_BACKLOG, Ears, Link
from connectors.linked.patience import ANSWER_SECONDS
from connectors.pbx import LinkDown

log = logging.getLogger(__name__)

MAX_ASKED = 100  # questions without an answer at one time
MAX_LISTED = 100_000  # lines of one answer
ASKED = "ask:"


@dataclass(slots=True)
class Question:
    """An action that waits for its answer, and for the list that the answer may begin."""

    answer: asyncio.Future[list[Message]]
    lines: list[Message] = field(default_factory=list)

    def hear(self, message: Message) -> None:
        self.lines.append(message)
        more = message["EventList"] == "start" or not message.is_response
        done = message["EventList"] == "Complete" or not more
        if (done or len(self.lines) > MAX_LISTED) and not self.answer.done():
            self.answer.set_result(self.lines)


class Session:
    """One connection, from its greeting to its loss. Never reused.

    `hear` gets all messages that answer no question of ours; what it raises is logged and stops
    nothing. `lost` is called once, with this session and the reason.
    """

    def __init__(
        self, hear: Callable[[Message], None], lost: Callable[["Session", str], None]
    ) -> None:
        self.ears = Ears(self._message, self._lost)
        self.booted = asyncio.Event()
        self.over = asyncio.Event()
        self._hear = hear
        self._tell_lost = lost
        self._link: Link | None = None
        self._moves = Moves(self._write_late)
        self._questions: dict[str, Question] = {}
        self._numbers = itertools.count(1)

    def begin(self, link: Link) -> None:
        """The link has been greeted."""
        self._link = link

    def write(self, *actions: Action) -> None:
        """Send actions now, but for a redirect that has to wait a moment: see `Moves`.

        Raises `CommandRefused`, or `LinkDown` with nothing sent.
        """
        if self._link is None or self.over.is_set():
            raise LinkDown("the link to the PBX is down")
        if self._link.backlog() > MAX_BACKLOG:
            raise LinkDown("the PBX does not take what it is sent")
        for action in actions:
            if not self._moves.waits(action):
                self._link.write(action)

    async def ask(
        self, name: str, *headers: tuple[str, str], seconds: float = ANSWER_SECONDS
    ) -> list[Message]:
        """The answer to an action: its response and, if that begins one, the list that follows.

        Raises `LinkDown` when the link goes meanwhile, and `TimeoutError`.
        """
        if len(self._questions) >= MAX_ASKED:
            raise LinkDown(f"{MAX_ASKED} questions to the PBX are without an answer")
        action_id = f"{ASKED}{next(self._numbers)}"
        question = Question(asyncio.get_running_loop().create_future())
        self._questions[action_id] = question
        try:
            self.write((("Action", name), ("ActionID", action_id), *headers))
            async with asyncio.timeout(seconds):
                return await question.answer
        except TimeoutError:
            if not question.answer.cancelled():  # it came as the time was over
                return question.answer.result()
            raise
        finally:
            del self._questions[action_id]

    async def ping(self, seconds: float = ANSWER_SECONDS) -> float:
        """Seconds for one round trip. Raises `LinkDown` or `TimeoutError`."""
        start = perf_counter()
        await self.ask("Ping", seconds=seconds)
        return perf_counter() - start

    async def channels(self, naming: Naming = NOBODYS) -> list[Channel]:
        """All channels of ours. Raises `LinkDown` or `TimeoutError`."""
        lines = await self.ask("CoreShowChannels")
        return [found for line in lines if (found := channel(line, naming)) is not None]

    async def leave(self) -> None:
        """Log off, so that what was sent before is read, and be gone within a second."""
        try:
            await self.ask("Logoff", seconds=1.0)
        except (LinkDown, TimeoutError):
            log.debug("the PBX did not say goodbye")
        self.abort("closed")

    def abort(self, why: str) -> None:
        """Be rid of the link at once, and of all that is unsent."""
        if self._link is not None:
            self._link.abort()
        self._lost(why)

    def _write_late(self, action: Action) -> None:
        """What has waited; lost where the link went meanwhile, as all that was on its way."""
        if self._link is not None and not self.over.is_set():
            self._link.write(action)

    def _message(self, message: Message) -> None:
        self._moves.heard(message)
        try:
            question = self._questions and self._questions.get(message["ActionID"])
            if question:
                question.hear(message)
            elif message.event == "FullyBooted":
                self.booted.set()
            else:
                self._hear(message)
        except Exception:
            log.exception("an AMI message could not be handled: %s", message.event or "a response")

    def _lost(self, why: str) -> None:
        if self.over.is_set():
            return
        self.over.set()
        for question in self._questions.values():
            if not question.answer.done():
                question.answer.set_exception(LinkDown(f"the link to the PBX is down: {why}"))
        self._tell_lost(self, why)
