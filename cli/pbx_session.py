"""A short visit to a PBX node: in, look, out."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from cli import nodes
from cli.errors import InputError
from connectors.calls import Event
from connectors.linked.patience import ENTER_SECONDS
from connectors.pbx import Pbx, PbxError, PbxUnreachable, open_pbx
from workers.settings import Settings


@asynccontextmanager
async def visit(
    settings: Settings, name: str, on_event: Callable[[Event], None] | None = None
) -> AsyncIterator[Pbx]:
    """An open PBX node. Raises `PbxError`; `StateError` and `InputError` about the settings."""
    pbx = _of_settings(settings, name)
    try:
        await _enter(pbx, on_event or _nobody)
        yield pbx
    finally:
        await pbx.close()


def _of_settings(settings: Settings, name: str) -> Pbx:
    url = nodes.url_of(name, settings)
    try:
        return open_pbx(name, url)
    except PbxError as wrong:  # nothing has been asked yet: it is about the URL
        raise InputError(str(wrong)) from wrong


async def _enter(pbx: Pbx, on_event: Callable[[Event], None]) -> None:
    try:
        async with asyncio.timeout(ENTER_SECONDS):
            await pbx.open(on_event)
    except TimeoutError:
        raise PbxUnreachable(
            f"PBX '{pbx.name}' does not let us in within {ENTER_SECONDS:g} s; is it overloaded?"
        ) from None


def named(event: Event) -> dict[str, Any]:
    """An event as plain JSON types, with its kind."""
    return {"event": type(event).__name__, **asdict(event)}


def _nobody(event: Event) -> None:
    del event
