"""A site on a real Asterisk, and behind its trunk a second one: carrier, customers and phones."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import lab.postgres
import lab.valkey
from dialplan_templates.render import asterisk_files
from lab.asterisk import AsteriskNode, start_pbx
from lab.carrier import Carrier, start_carrier
from storage import attempts
from storage.errors import StorageError
from storms.site import Site
from storms.tap import Tap
from workers.redis_binary import server_binary


@dataclass(frozen=True, slots=True)
class RealSite:
    """`tap` is on the wire between the site and its PBX."""

    here: Site
    pbx: AsteriskNode
    carrier: Carrier
    tap: Tap


@contextmanager
def real_site(agents: int, talk: float) -> Iterator[RealSite]:
    """With phones for so many agents; people talk `talk` seconds. Nothing is left of it."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dialplane-storm-")))
        postgres = stack.enter_context(lab.postgres.start(durable=True))
        valkey = stack.enter_context(lab.valkey.start(server_binary()))
        carrier = stack.enter_context(start_carrier(talk=talk))
        secret = secrets.token_hex(16)
        by_name = carrier.build.event_filters_by_name
        files = asterisk_files(secret=secret, regex_filters=not by_name)
        pbx = stack.enter_context(start_pbx(carrier, files, agents=agents))
        tap = stack.enter_context(Tap(pbx.ami_host, pbx.ami_port))
        url = f"ami://dialplane:{secret}@{tap.address}"
        site = Site(home, postgres, valkey, url, postgres.fresh())
        stack.callback(site.close)
        yield RealSite(site, pbx, carrier, tap)


def connected(here: Site, name: str) -> int:
    """Calls of a campaign in which customer and agent talk; 0 while the database is away."""
    try:
        held = attempts.open_attempts(here.store, name)
    except StorageError:
        return 0
    return sum(one.connected_at is not None for one in held)
