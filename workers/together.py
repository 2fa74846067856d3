"""Running parts beside a main part: the first to fail ends all, and the main one's end does too."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")

CANCEL_SECONDS = 1.0


async def together(main: Coroutine[Any, Any, T], parts: Iterable[Coroutine[Any, Any, None]]) -> T:
    """What `main` returns. Raises what the first of them raises, after all have ended.

    A part may end by itself, and the others go on; a TaskGroup would raise a group instead of
    the one exception, and wait for the parts at the end of the main one.
    """
    leading = asyncio.ensure_future(main)
    tasks: set[asyncio.Future[Any]] = {leading, *(asyncio.ensure_future(part) for part in parts)}
    try:
        waiting = tasks
        while not leading.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        return leading.result()
    finally:
        await _end(tasks)


async def _end(tasks: set[asyncio.Future[Any]]) -> None:
    """Cancel until they have ended: one that swallows a cancellation gets another."""
    pending = tasks
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_SECONDS)
