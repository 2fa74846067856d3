"""The demo's real Asterisk: Dialplane's own configuration, agents' phones, a carrier behind it."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from campaigns.flow.flow import Flow, Recorded
from dialplan_templates.flows import asterisk_flow_files
from dialplan_templates.render import asterisk_files
from lab.asterisk import start_pbx
from lab.carrier import start_carrier

SECOND_OF_SILENCE = bytes(16_000)  # signed linear, 8 kHz, 16 bit
TALK, SPREAD = 2.5, 0.3  # seconds; the spread goes by the last but one digit


@contextmanager
def asterisk_url(agents: int, flows: Mapping[str, Flow] | None = None) -> Iterator[str]:
    """Where a connector finds it. `flows`, by name, are rendered for it.

    Raises `LabError` in words when it cannot be had, `ValueError` for a flow that no dialplan can
    play.
    """
    secret = secrets.token_hex(16)
    with start_carrier(talk=TALK, spread=SPREAD) as carrier:
        by_name = carrier.build.event_filters_by_name
        spoken = [_recorded(flow) for flow in (flows or {}).values()]
        files = asterisk_files(secret=secret, regex_filters=not by_name)
        for flow in spoken:
            files |= asterisk_flow_files(flow)
        with start_pbx(carrier, files, agents=agents) as pbx:
            for flow in spoken:
                _record(flow, pbx.sounds_dir)
            yield f"ami://dialplane:{secret}@{pbx.ami_host}:{pbx.ami_port}"


def _recorded(flow: Flow) -> Flow:
    """The flow with a file for each prompt: texts are not spoken here."""
    files = {name: Recorded(file=f"{name}.sln") for name in flow.prompts}
    return flow.model_copy(update={"prompts": files})


def _record(flow: Flow, sounds: Path) -> None:
    """A second of silence for each prompt."""
    folder = sounds / flow.name
    folder.mkdir(exist_ok=True)
    for name in flow.prompts:
        (folder / f"{name}.sln").write_bytes(SECOND_OF_SILENCE)
