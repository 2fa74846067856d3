"""The demo's real FreeSWITCH: one that somebody runs, with the lab's world in its dialplan."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from campaigns.flow.flow import Flow
from connectors.freeswitch.deployment import deploying
from connectors.freeswitch.url import read
from connectors.pbx import PbxError
from dialplan_templates.freeswitch_flows import freeswitch_flow_files
from dialplan_templates.generations import Generation
from lab.errors import LabError
from lab.esl import Esl
from workers.dialects import FREESWITCH
from workers.installing import not_read

VARIABLE = "DIALPLANE_TEST_FREESWITCH"
WORLD = "trunk_technology=loopback&phone_technology=loopback"
TALK, USUAL = 4500, 5000  # milliseconds that a customer talks


@contextmanager
def freeswitch_url(flows: Mapping[str, Flow] | None = None) -> Iterator[str]:
    """Where a connector finds it. `flows`, by name, have to be installed there.

    Raises `LabError` in words when there is none, or it has not these flows; `ValueError` for a
    flow that no dialplan can play.
    """
    url = os.environ.get(VARIABLE, "")
    where = urlsplit(url)
    if not (where.hostname and where.password):
        raise LabError(
            f"no FreeSWITCH to dial over: let {VARIABLE} be esl://:PASSWORD@HOST:PORT of one whose "
            "dialplan includes lab/templates/freeswitch/world.xml"
        )
    at = where.hostname, where.port or 8021, where.password
    _talk(at, TALK)
    try:
        _require(url, flows or {})
        yield url if where.query else f"{url}?{WORLD}"
    finally:
        _talk(at, USUAL)


def _require(url: str, flows: Mapping[str, Flow]) -> None:
    for name, flow in flows.items():
        files = Generation(0, freeswitch_flow_files(flow))
        if asyncio.run(_not_read(url, files)):
            raise LabError(
                f"the FreeSWITCH has not the flow '{name}' as its file has it; put it there by "
                "'dialplane dialplan install FILE --pbx freeswitch'"
            )


async def _not_read(url: str, files: Generation) -> list[str]:
    try:
        async with deploying("demo", read(url)) as pbx:
            return await not_read(pbx, files, FREESWITCH)
    except PbxError as wrong:
        raise LabError(str(wrong)) from wrong


def _talk(at: tuple[str, int, str], milliseconds: int) -> None:
    try:
        with Esl(*at) as session:
            session.api(f"global_setvar talk_ms={milliseconds}")
    except OSError as error:
        raise LabError(
            f"no FreeSWITCH answers at {at[0]}:{at[1]}: {error.strerror or error}"
        ) from None
