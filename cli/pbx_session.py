"""A short visit to a PBX node: in, look, out."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from connectors.calls import Event
from connectors.pbx import Pbx, PbxUnreachable, open_pbx
from workers.settings import Settings

ENTERED_WITHIN = 15.0  # seconds until a node that lets us wait counts as unreachable


@asynccontextmanager
async def visit(
    settings: Settings, name: str, on_event: Callable[[Event], None] | None = None
) -> AsyncIterator[Pbx]:
    """An open PBX node. Raises `PbxError`, `SettingsError`."""
    pbx = open_pbx(name, settings.pbx_url(name))
    try:
        await _enter(pbx, on_event or _nobody)
        yield pbx
    finally:
        await pbx.close()


async def _enter(pbx: Pbx, on_event: Callable[[Event], None]) -> None:
    try:
        async with asyncio.timeout(ENTERED_WITHIN):
            await pbx.open(on_event)
    except TimeoutError:
        raise PbxUnreachable(
            f"PBX '{pbx.name}' does not let us in within {ENTERED_WITHIN:g} s; is it overloaded?"
        ) from None


def named(event: Event) -> dict[str, Any]:
    """An event as plain JSON types, with its kind."""
    return {"event": type(event).__name__, **asdict(event)}


def _nobody(event: Event) -> None:
    del event
