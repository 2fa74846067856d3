"""What an Asterisk has made of its dialplan files, as it says itself."""

import asyncio
from collections.abc import Iterable

from connectors.asterisk.deployment import Line, deploying
from connectors.asterisk.url import read
from lab.ami import Ami
from lab.asterisk import AsteriskNode


def loaded(node: AsteriskNode, contexts: Iterable[str]) -> dict[str, dict[str, list[Line]]]:
    """Of each context the lines of its extensions, in their order; of one that is not there,
    nothing. Raises `PbxError`."""

    async def look() -> dict[str, dict[str, list[Line]]]:
        async with deploying(node.name, read(node.ami_url)) as pbx:
            return await pbx.lines(contexts)

    return asyncio.run(look())


def unknown(session: Ami, applications: set[str]) -> list[str]:
    """Those that the server has not loaded."""
    told = {name: session.command(f"core show application {name}") for name in applications}
    return sorted(name for name, text in told.items() if "not registered" in text.lower())
