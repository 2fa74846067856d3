"""One event socket session: challenged, let in, answered, told, until it goes."""

from collections import deque
from collections.abc import Callable
from functools import partial
from uuid import uuid4

from connectors.fake.wire.esl.api import run
from connectors.fake.wire.esl.board import Board
from connectors.fake.wire.esl.codec import (
    GOODBYE,
    GREETING,
    UNKNOWN,
    Command,
    Reader,
    TooLarge,
    reply,
    response,
)
from connectors.fake.wire.esl.event import Event
from connectors.fake.wire.esl.messages import job_told, sendevent, sendmsg
from connectors.fake.wire.esl.wants import Wants
from connectors.fake.wire.server import Line, same

FORMS = ("plain", "json")


class Session:
    """See `server.Talk`. While an `api` runs, later commands wait and nothing more is read."""

    def __init__(self, board: Board, line: Line, password: str) -> None:
        self.known = False
        self.wants = Wants()
        self._board = board
        self._line = line
        self._password = password
        self._reader = Reader()
        self._waiting: deque[Command] = deque()
        self._busy = False
        self._verbs: dict[str, Callable[[Command], str]] = {
            "event": self._event,
            "events": self._event,  # a FreeSWITCH looks at the first five letters only
            "nixevent": self._nixevent,
            "noevents": self._noevents,
            "filter": self._filter,
            "myevents": self._myevents,
            "sendevent": partial(sendevent, board),
            "sendmsg": partial(sendmsg, board),
            "divert_events": lambda _: "-ERR not controlling a session.",
            "linger": lambda _: "-ERR not controlling a session",
            "nolinger": lambda _: "-ERR not controlling a session",
            "log": lambda asked: f"+OK log level {asked.rest[:10]} [{asked.rest[:10]}]",
            "nolog": lambda _: "+OK no longer logging",
        }

    def begin(self) -> None:
        self._line.write(GREETING)

    def hear(self, data: bytes) -> None:
        try:
            self._waiting.extend(self._reader.feed(data))
        except TooLarge:
            self._leave(reply("-ERR invalid" if not self.known else UNKNOWN))
            return
        self._work()

    def end(self) -> None:
        self._board.listeners.discard(self)
        self._waiting.clear()

    def told(self, event: Event) -> None:
        if self.wants.fits(event):
            self._line.write(event.form(self.wants.form))

    def _work(self) -> None:
        while self._waiting and not self._busy:
            self._answer(self._waiting.popleft())

    def _answer(self, asked: Command) -> None:
        verb = asked.verb
        if not self.known:
            self._log_in(asked)
        elif verb == "api" and asked.rest:
            self._busy = True
            self._line.pause()
            run(self._board, asked.rest, self._answered)
        elif verb == "bgapi" and asked.rest:
            self._background(asked)
        elif verb in ("exit", "quit"):
            self._leave(reply("+OK bye"))
        elif verb in self._verbs:
            self._line.write(reply(self._verbs[verb](asked)))
        else:
            self._line.write(reply(UNKNOWN))

    def _log_in(self, asked: Command) -> None:
        if asked.verb != "auth":
            self._line.write(reply(UNKNOWN))
        elif same(asked.rest, self._password):
            self.known = True
            self._board.listeners.add(self)
            self._line.write(reply("+OK accepted"))
        else:
            self._leave(reply("-ERR invalid"))

    def _leave(self, last: bytes) -> None:
        self._waiting.clear()
        self._line.write(last + GOODBYE)
        self._line.close()

    def _answered(self, text: str) -> None:
        self._busy = False
        self._line.write(response(text))
        self._line.resume()
        self._board.switch.soon(self._work)

    def _background(self, asked: Command) -> None:
        job = asked.headers.get("job-uuid") or str(uuid4())
        self._line.write(reply(f"+OK Job-UUID: {job}", Job_UUID=job))
        told = partial(job_told, self._board, job, asked.rest)
        self._board.switch.soon(partial(run, self._board, asked.rest, told))

    # --- events ------------------------------------------------------------------------------

    def _event(self, asked: Command) -> str:
        form, *words = asked.rest.split() or [""]
        if form.lower() not in FORMS:
            form = "plain"
        if not self.wants.add(words):
            return "-ERR no keywords supplied"
        self.wants.form = form.lower()
        return f"+OK event listener enabled {self.wants.form}"

    def _nixevent(self, asked: Command) -> str:
        dropped = self.wants.drop(asked.rest.split())
        return "+OK events nixed" if dropped else "-ERR no keywords supplied"

    def _noevents(self, _: Command) -> str:
        self.wants.clear()
        return "+OK no longer listening for events"

    def _filter(self, asked: Command) -> str:
        first, *rest = asked.rest.split(" ", 2) if asked.rest else [""]
        if first == "delete" and rest:
            header, value = rest[0], " ".join(rest[1:])
            self.wants.unfilter(header, value)
            return f"+OK filter deleted. [{header}][{value}]"
        header, _, value = asked.rest.partition(" ")
        if not (header and value):
            return "-ERR invalid syntax" if header else UNKNOWN
        self.wants.filter(header, value)
        return f"+OK filter added. [{header}]=[{value}]"

    def _myevents(self, asked: Command) -> str:
        uuid, *form = asked.rest.split() or [""]
        if self._board.find(uuid) is None:
            return "-ERR invalid uuid"
        self.wants.add(["ALL"])
        self.wants.filter("Unique-ID", uuid)
        self.wants.form = "json" if form == ["json"] else "plain"
        return "+OK Events Enabled"
