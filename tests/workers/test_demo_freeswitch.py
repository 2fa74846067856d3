"""The demo on a FreeSWITCH says what it needs before anything is set up."""

import pytest

from campaigns.flow.flow import Flow
from dialplan_templates.freeswitch_flows import freeswitch_flow_files
from dialplan_templates.lines import differences
from lab.errors import LabError
from lab.loopback import free_port
from tests.campaigns.flow.around import example
from workers.demo_freeswitch import VARIABLE, freeswitch_url, without_hashes
from workers.dialects import FREESWITCH


@pytest.mark.parametrize("url", ["", "esl://127.0.0.1:8021", "nonsense"])
def test_without_one_it_says_how_to_name_it(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv(VARIABLE, url)
    with pytest.raises(LabError, match="esl://:PASSWORD@HOST:PORT"), freeswitch_url():
        pass


def test_one_that_does_not_answer_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"esl://:s3cr3t@127.0.0.1:{free_port('127.0.0.1')}")
    with pytest.raises(LabError, match="no FreeSWITCH answers") as told, freeswitch_url():
        pass
    assert "s3cr3t" not in str(told.value)


@pytest.mark.parametrize("name", ["survey", "appointment", "payment"])
def test_a_flow_that_was_installed_is_found_whatever_its_sounds_are_called(name: str) -> None:
    flow = example(name)
    assert isinstance(flow, Flow)
    hashed = {name: {prompt: f"{prompt}-0123456789ab" for prompt in flow.prompts}}
    here = FREESWITCH.contexts_of(freeswitch_flow_files(flow).values())
    there = FREESWITCH.contexts_of(freeswitch_flow_files(flow, names=hashed).values())
    assert list(differences(here, there))
    assert list(differences(here, without_hashes(there, flow.prompts))) == []
    prompt = next(iter(flow.prompts))
    others = {name: {prompt: "another-0123456789ab"}}
    changed = FREESWITCH.contexts_of(freeswitch_flow_files(flow, names=others).values())
    assert list(differences(here, without_hashes(changed, flow.prompts)))
