"""A campaign whose flow says customers' names: a real Asterisk, a real eSpeak NG, a real worker.

From the list to the ear: what each customer's phone has recorded is the sound of his own text.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from campaigns.flow.file import load_alone
from campaigns.orders import CampaignState
from campaigns.spec.campaign import Campaign
from dialplan_templates.flows import asterisk_flow_files
from lab.asterisk import AsteriskNode
from lab.audio import whole
from lab.carrier import Carrier
from lab.wait import until
from speech.cache import Cache
from speech.engine import Chosen, open_engine
from speech.said import Saying, without_values
from speech.sounds import Sounds
from storage import campaigns, imports
from storage.lead_rows import NewLead
from tests.speech.sounds import heard
from tests.system.conftest import PLAN

SiteOf = Callable[[int], Any]
TEXT = """\
name: greet
start: hello
variables: {first_name: there, due: nothing}
prompts: {hello: {say: "Hello {first_name}. You owe {due}."}}
steps: {hello: {play: hello, next: bye}, bye: {hangup: done}}
"""
FLOW = load_alone(TEXT, "greet.yaml")
IVR: dict[str, Any] = {
    **{key: value for key, value in PLAN.items() if key not in {"agents", "amd"}},
    "mode": "ivr",
    "flow": "greet",
    "dispositions": [{"name": "done", "success": True}],
    "default_disposition": "done",
}
CUSTOMERS: Mapping[str, Mapping[str, str]] = {
    "+49305557061": {"first_name": "Maria", "due": "twelve dollars and 50 cents"},
    "+49305557062": {"first_name": "Zoë (x), ${EPOCH}", "due": "7"},
    "+49305557063": {},
}
SAYS = {
    "+49305557061": "Hello Maria. You owe twelve dollars and 50 cents.",
    "+49305557062": "Hello Zoë (x), ${EPOCH}. You owe 7.",
    "+49305557063": "Hello there. You owe nothing.",
}
WITHOUT = without_values(FLOW, "hello").text


def alike(recording: Path, sound: Path) -> float:
    """How much of a sound is in a recording, wherever it begins: from 0 to 1."""
    (long, _), (short, _) = heard(recording), heard(sound)
    size = len(long) + len(short)
    product = np.fft.rfft(long, size) * np.conj(np.fft.rfft(short, size))
    return float(np.fft.irfft(product, size).max() / np.sqrt((long**2).sum() * (short**2).sum()))


def install(node: AsteriskNode, sound: Path) -> None:
    """The rendering, and the sound of the text without variables, as on any PBX."""
    place = node.sounds_dir / "greet" / "hello.wav"
    place.parent.mkdir()
    place.write_bytes(sound.read_bytes())
    node.write(asterisk_flow_files(FLOW))
    node.cli("dialplan reload")


def dial(site: Any, campaign: Campaign) -> None:
    """Until everybody has been called."""
    now = datetime.now(UTC)
    leads = [NewLead(number, fields=fields) for number, fields in CUSTOMERS.items()]
    imports.import_leads(site.store, "real", leads, now)
    campaigns.apply(site.store, campaign, "name: real", now, {"greet": TEXT})
    campaigns.set_wanted(site.store, "real", CampaignState.RUNNING, now)
    site.worker()
    site.until_over(60)
    assert {row.outcome for row in site.attempts()} == {"heard"}


def heard_by(carrier: Carrier) -> dict[str, Path]:
    recordings = {number: carrier.heard(number) for number in CUSTOMERS}
    assert until(lambda: all(map(whole, recordings.values())), 5)
    return recordings


@pytest.fixture
def sounds(espeak: Path, tmp_path: Path) -> Sounds:
    """A voice as the site's, that keeps what it says elsewhere."""
    return Sounds(open_engine(Chosen(program=str(espeak))), Cache(tmp_path / "ours"))


@pytest.mark.slow
def test_each_customer_hears_his_own_name(
    site_of: SiteOf,
    pbx: tuple[AsteriskNode, str],
    carrier: Carrier,
    espeak: Path,
    sounds: Sounds,
) -> None:
    texts = {text: sounds.made(Saying(text, "en")) for text in (*SAYS.values(), WITHOUT)}
    install(pbx[0], texts[WITHOUT])
    site = site_of(0)
    site.environ["DIALPLANE_SPEECH_PROGRAM"] = str(espeak)
    dial(site, Campaign.model_validate(IVR))
    for number, recording in heard_by(carrier).items():
        found = {text: alike(recording, sound) for text, sound in texts.items()}
        assert max(found, key=lambda text: found[text]) == SAYS[number], found
        assert found[SAYS[number]] > 0.8, found
    kept = [path.name for path in (site.home / "speech").iterdir()]
    assert {texts[text].name for text in SAYS.values()} < {*kept}
    assert not [text for text in ("Maria", "Zo", "twelve") if text in site.words()]


@pytest.mark.slow
def test_where_no_voice_is_installed_they_hear_it_without_and_it_is_said_once(
    site_of: SiteOf, pbx: tuple[AsteriskNode, str], carrier: Carrier, sounds: Sounds
) -> None:
    without = sounds.made(Saying(WITHOUT, "en"))
    install(pbx[0], without)
    site = site_of(0)
    site.environ["DIALPLANE_SPEECH_PROGRAM"] = "/nowhere/espeak-ng"
    dial(site, Campaign.model_validate(IVR))
    for recording in heard_by(carrier).values():
        assert alike(recording, without) > 0.8
    assert site.words().count("the voice does not speak") == 1
    assert "install it (apt-get install espeak-ng)" in site.words()
