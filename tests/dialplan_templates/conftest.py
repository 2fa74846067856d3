"""A flow on the PBX whose sounds can be told apart from those that are made for a call."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.asterisk import AsteriskNode
from speech.cache import Cache
from speech.sounds import Sounds
from tests.dialplan_templates.calling import install
from tests.dialplan_templates.dialplane import Dialplane
from tests.dialplan_templates.flow_files import RENDERED, SPOKEN, flow
from tests.dialplan_templates.speakers import FIXED, Tone, beep


@pytest.fixture
def dialplane(ami_url: str) -> Iterator[Dialplane]:
    """Dialplane itself, which speaks in the tests' flows and the examples."""
    with Dialplane(ami_url, {name: flow(name) for name in RENDERED}) as there:
        yield there


@pytest.fixture
def tones(asterisk: AsteriskNode, tmp_path: Path) -> Sounds:
    """The flow `spoken` with sounds that can be told apart."""
    install(asterisk, [flow(SPOKEN)])
    for prompt in flow(SPOKEN).prompts:
        (asterisk.sounds_dir / SPOKEN / f"{prompt}.wav").write_bytes(beep(FIXED))
    return Sounds(Tone(), Cache(tmp_path / "said"))
