"""The demo's real Asterisk: Dialplane's own configuration, agents' phones, a carrier behind it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from dialplan_templates.render import asterisk_files
from lab.asterisk import start_pbx
from lab.carrier import start_carrier

TALK, SPREAD = 2.5, 0.3  # seconds; the spread goes by the last but one digit


@contextmanager
def asterisk_url(agents: int) -> Iterator[str]:
    """Where a connector finds it. Raises `LabError` in words when it cannot be had."""
    secret = secrets.token_hex(16)
    with start_carrier(talk=TALK, spread=SPREAD) as carrier:
        by_name = carrier.build.event_filters_by_name
        files = asterisk_files(secret=secret, regex_filters=not by_name)
        with start_pbx(carrier, files, agents=agents) as pbx:
            yield f"ami://dialplane:{secret}@{pbx.ami_host}:{pbx.ami_port}"
