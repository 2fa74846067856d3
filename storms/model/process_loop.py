"""An event loop in the model's time: one for each process, so that one may stand still.

It has no sockets. Whatever its process asks of a thread is answered at once, by `ask`: there the
model lets the database be away, an answer be lost, a process be stopped between two steps.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Any

from storms.model.time import Time

Ask = Callable[[Callable[..., Any], tuple[Any, ...]], Any]


class ProcessLoop(asyncio.AbstractEventLoop):
    """`may_run` is asked before each step: a process that stands still takes none."""

    def __init__(self, time: Time, ask: Ask, may_run: Callable[[], bool]) -> None:
        self.failures: list[str] = []
        self._time = time
        self._ask = ask
        self._may_run = may_run
        self._soon: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._turns = count()

    def wakes_at(self) -> float | None:
        """When there is something to do next, in the model's seconds."""
        while self._timers and self._timers[0][2].cancelled():
            heappop(self._timers)
        if self._soon:
            return self.time()
        return self._timers[0][0] if self._timers else None

    def turn(self) -> bool:
        """Do everything that is due; whether there was anything."""
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        done = False
        try:
            while self._may_run() and (handle := self._next()) is not None:
                handle._run()
                done = True
        finally:
            asyncio._set_running_loop(before)
        return done

    def _next(self) -> asyncio.Handle | None:
        while self._timers and self._timers[0][0] <= self.time():
            self._soon.append(heappop(self._timers)[2])
        while self._soon:
            handle = self._soon.popleft()
            if not handle.cancelled():
                return handle
        return None

    def time(self) -> float:
        return self._time.elapsed

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._soon.append(handle)
        return handle

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heappush(self._timers, (when, next(self._turns), handle))
        return handle

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Any, *, name: str | None = None, context: Context | None = None
    ) -> asyncio.Task[Any]:
        work: Coroutine[Any, Any, Any] = coro
        return asyncio.Task(work, loop=self, name=name, context=context)

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """What it comes to is known at once, and told in the next step: there may be none."""
        answer = self.create_future()
        try:
            told = partial(_tell, answer, self._ask(func, args))
        except Exception as failed:  # noqa: BLE001 - as a thread's: whoever waits is told
            told = partial(_fail, answer, failed)
        self.call_soon(told)
        return answer

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.failures.append(f"{context.get('message')}: {context.get('exception')!r}")

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is passed over when its time comes."""


def _tell(answer: asyncio.Future[Any], result: Any) -> None:
    if not answer.done():
        answer.set_result(result)


def _fail(answer: asyncio.Future[Any], failed: Exception) -> None:
    if not answer.done():
        answer.set_exception(failed)
