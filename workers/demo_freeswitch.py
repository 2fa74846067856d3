"""The demo's real FreeSWITCH: one that somebody runs, with the lab's world in its dialplan."""

import asyncio
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from campaigns.flow.flow import Flow
from connectors.freeswitch.deployment import deploying
from connectors.freeswitch.url import read
from connectors.pbx import PbxError
from dialplan_templates.freeswitch_flows import freeswitch_flow_files
from dialplan_templates.lines import Contexts, Line, differences
from lab.errors import LabError
from lab.esl import Esl
from speech.prompts import DIGITS
from workers.dialects import FREESWITCH

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
        if asyncio.run(_differs(url, flow)):
            raise LabError(
                f"the FreeSWITCH has not the flow '{name}' as its file has it; put it there by "
                "'dialplane dialplan install FILE --pbx freeswitch'"
            )


async def _differs(url: str, flow: Flow) -> bool:
    """Whether it has read something else than the flow, whatever the sounds are called there."""
    held = FREESWITCH.contexts_of(freeswitch_flow_files(flow).values())
    try:
        async with deploying("demo", read(url)) as pbx:
            has = await pbx.lines(held)
    except PbxError as wrong:
        raise LabError(str(wrong)) from wrong
    return any(differences(held, without_hashes(has, flow.prompts)))


def without_hashes(contexts: Contexts, prompts: Iterable[str]) -> Contexts:
    """With the sounds of these prompts called as where nobody has named them."""
    names = "|".join(map(re.escape, prompts))
    hashed = re.compile(rf"(?<![\w-])({names})-[0-9a-f]{{{DIGITS}}}(?![\w-])", re.ASCII)

    def plain(line: Line) -> Line:
        place, element, text = line
        return place, element, hashed.sub(r"\1", text)

    return {
        name: {at: [plain(line) for line in lines] for at, lines in context.items()}
        for name, context in contexts.items()
    }


def _talk(at: tuple[str, int, str], milliseconds: int) -> None:
    try:
        with Esl(*at) as session:
            session.api(f"global_setvar talk_ms={milliseconds}")
    except OSError as error:
        raise LabError(
            f"no FreeSWITCH answers at {at[0]}:{at[1]}: {error.strerror or error}"
        ) from None
