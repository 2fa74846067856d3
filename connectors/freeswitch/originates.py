"""Originates on their way to the PBX: few that it has not taken yet, while the others wait.

Not for long: a call is placed for agents who are free now. One that the PBX does not take in time
is taken back, and so are all when we leave. A call is told of as never sent only where it never is.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from time import monotonic
from uuid import UUID

from connectors.freeswitch.codec import Action
from connectors.freeswitch.pace import Pace
from connectors.pbx import LinkDown

log = logging.getLogger(__name__)

MAX_WAITING = 1_000
WAIT_SECONDS = 3.0
TAKEN_BACK = "-ERR taken back before it was sent"
TOO_LATE = f"-ERR not sent: the PBX was not ready for it within {WAIT_SECONDS:g} s"

Answer = Callable[[str], None]


class Originates:
    """`send` sends one now and calls back with its answer; `answered` is told each answer."""

    def __init__(
        self, send: Callable[[Action, Answer], None], answered: Callable[[Action, str], None]
    ) -> None:
        self._send, self._answered = send, answered
        self._pace = Pace()
        self._waiting: OrderedDict[UUID, Action] = OrderedDict()

    @property
    def has_room(self) -> bool:
        return len(self._waiting) < MAX_WAITING

    def add(self, action: Action) -> None:
        """Send it as soon as the PBX is ready for it. Raises `LinkDown`."""
        self._waiting[action.call_id] = action
        try:
            self._send_on()
        except LinkDown:
            self._waiting.pop(action.call_id, None)
            raise
        if action.call_id in self._waiting:
            asyncio.get_running_loop().call_later(WAIT_SECONDS, self._give_up, action)

    def take_back(self, call_id: UUID) -> bool:
        """Whether a call's originate has not been sent yet; then it never is."""
        found = self._waiting.pop(call_id, None)
        if found is not None:
            asyncio.get_running_loop().call_soon(self._answered, found, TAKEN_BACK)
        return found is not None

    def take_all_back(self) -> None:
        """None that waits is ever sent, as is told at once."""
        while self._waiting:
            self._answered(self._waiting.popitem(last=False)[1], TAKEN_BACK)

    def forget(self) -> None:
        """The link is down."""
        self._waiting.clear()

    def _send_on(self) -> None:
        """Send those for which there is room now. Raises `LinkDown`, and the others wait on."""
        while self._waiting and self._pace.room:
            action = next(iter(self._waiting.values()))
            self._send(action, partial(self._taken, action, monotonic()))
            del self._waiting[action.call_id]
            self._pace.sent()

    def _give_up(self, action: Action) -> None:
        if self._waiting.pop(action.call_id, None) is not None:
            self._answered(action, TOO_LATE)

    def _taken(self, action: Action, sent: float, text: str) -> None:
        self._pace.acknowledged(sent, monotonic())
        self._answered(action, text)
        try:
            self._send_on()
        except LinkDown as error:
            log.warning("originates that wait are not sent yet: %s", error)
