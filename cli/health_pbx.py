"""Checks of the PBX nodes: reachable, let us in, and let us do neither too little nor too much."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from cli.errors import InputError
from cli.health import Finding, Verdict
from cli.pbx_session import visit
from connectors.asterisk.login import TRANSPORTS, log_in
from connectors.asterisk.session import Session
from connectors.asterisk.url import read as read_address
from connectors.pbx import PbxError
from workers.settings import Settings

DANGEROUS = ("Command", "UpdateConfig", "GetConfig", "ModuleLoad", "Reload", "Filter", "AGI", "Agi")
"""Manager actions that a dialler has no use for, and whose right is a right to the machine."""


def pbx_findings(settings: Settings) -> list[Finding]:
    """Each node of the settings."""
    return [found for name in sorted(settings.pbx) for found in _node(settings, name)]


def _node(settings: Settings, name: str) -> list[Finding]:
    part = f"pbx {name}"
    try:
        with _warnings() as warned:
            took = asyncio.run(_ping(settings, name))
    except (PbxError, InputError) as wrong:
        mend = "see the sentence; after that: dialplane pbx ping " + name
        return [Finding(part, Verdict.WRONG, str(wrong), mend)]
    found = [Finding(part, Verdict.OK, f"lets us in, {took * 1000:.1f} ms")]
    is_asterisk = urlsplit(settings.pbx_url(name)).scheme in TRANSPORTS
    mend = "update Asterisk" if is_asterisk else "see docs/freeswitch.md"
    found += [Finding(part, Verdict.WARNING, words, mend) for words in warned]
    if is_asterisk:
        found.append(_rights(part, asyncio.run(_allowed(settings, name))))
    return found


async def _ping(settings: Settings, name: str) -> float:
    async with visit(settings, name) as pbx:
        return await pbx.ping()


async def _allowed(settings: Settings, name: str) -> set[str]:
    """The manager actions that this user may use."""
    session = Session(lambda _: None, lambda _, __: None)
    await log_in(name, read_address(settings.pbx_url(name)), session)
    try:
        [listed, *_] = await session.ask("ListCommands")
        return set(listed.headers)
    finally:
        await session.leave()


def _rights(part: str, allowed: set[str]) -> Finding:
    too_much = sorted(allowed.intersection(DANGEROUS))
    if too_much:
        words = f"the AMI user may do what a dialler must not: {', '.join(too_much)}"
        mend = "give it only the rights of: dialplane pbx config"
        return Finding(part, Verdict.WARNING, words, mend)
    return Finding(part, Verdict.OK, "the AMI user has the rights it needs, and no dangerous ones")


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """What connectors warn of meanwhile."""
    heard: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("connectors")
    logger.addHandler(handler)
    try:
        yield heard
    finally:
        logger.removeHandler(handler)
