"""The demo's real FreeSWITCH: one that somebody runs, with the lab's world in its dialplan."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from lab.errors import LabError
from lab.esl import Esl

VARIABLE = "DIALPLANE_TEST_FREESWITCH"
WORLD = "trunk_technology=loopback&phone_technology=loopback"
TALK, USUAL = 4500, 5000  # milliseconds that a customer talks


@contextmanager
def freeswitch_url() -> Iterator[str]:
    """Where a connector finds it. Raises `LabError` in words when there is none."""
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
        yield url if where.query else f"{url}?{WORLD}"
    finally:
        _talk(at, USUAL)


def _talk(at: tuple[str, int, str], milliseconds: int) -> None:
    try:
        with Esl(*at) as session:
            session.api(f"global_setvar talk_ms={milliseconds}")
    except OSError as error:
        raise LabError(
            f"no FreeSWITCH answers at {at[0]}:{at[1]}: {error.strerror or error}"
        ) from None
