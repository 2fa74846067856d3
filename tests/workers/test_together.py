import asyncio
import contextlib

import pytest

from workers import together as module
from workers.together import together


async def forever() -> None:
    await asyncio.Event().wait()


async def test_the_end_of_the_main_part_ends_the_others() -> None:
    async def main() -> str:
        return "done"

    assert await together(main(), [forever(), forever()]) == "done"
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_part_may_end_by_itself() -> None:
    ended = asyncio.Event()

    async def part() -> None:
        ended.set()

    async def main() -> str:
        await ended.wait()
        await asyncio.sleep(0.01)
        return "done"

    assert await together(main(), [part()]) == "done"


async def test_the_first_failure_ends_all_and_is_raised() -> None:
    async def part() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await together(forever(), [part(), forever()])
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_part_that_swallows_a_cancellation_gets_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "CANCEL_SECONDS", 0.01)

    async def deaf() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await forever()
        await forever()

    async def main() -> str:
        await asyncio.sleep(0.01)
        return "done"

    async with asyncio.timeout(5):
        assert await together(main(), [deaf()]) == "done"
