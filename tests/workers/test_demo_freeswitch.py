"""The demo on a FreeSWITCH says what it needs before anything is set up."""

import pytest

from lab.errors import LabError
from lab.loopback import free_port
from workers.demo_freeswitch import VARIABLE, freeswitch_url


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
