"""`dialplane dialplan` on a real FreeSWITCH of the tests' own, which takes no calls.

DIALPLANE_FREESWITCH names its program.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dialplan_templates.generations import Folder
from lab.freeswitch import FreeswitchReader
from tests.campaigns.flow.around import EXAMPLES

PROGRAM = os.environ.get("DIALPLANE_FREESWITCH", "")
pytestmark = [
    pytest.mark.freeswitch,
    pytest.mark.skipif(not PROGRAM, reason="DIALPLANE_FREESWITCH names no FreeSWITCH"),
]
FLOWS = sorted(EXAMPLES.glob("*.yaml"))


@pytest.fixture(autouse=True)
def named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program, in an environment that `home` has cleared."""
    monkeypatch.setenv("DIALPLANE_FREESWITCH", PROGRAM)


@pytest.fixture
def node() -> Iterator[FreeswitchReader]:
    with FreeswitchReader() as made:
        (made.conf / "dialplan").mkdir()
        made.start()
        yield made


@pytest.fixture
def dialplan(run: Any, node: FreeswitchReader) -> Any:
    where = ("--pbx", "freeswitch", "--into", node.conf, "--as", node.url)
    return lambda what, *more: run("dialplan", what, *more, *where)


def started(node: FreeswitchReader, name: str) -> bool:
    """Whether it has the context of that flow."""
    return bool(node.loaded([f"dialplane-flow-{name}"])[f"dialplane-flow-{name}"])


def test_once_it_has_started_it_tells_all_that_it_has_loaded(node: FreeswitchReader) -> None:
    assert node.unknown(["execute_extension", "nonsuch", "playback", "read"]) == ["nonsuch"]


@pytest.mark.parametrize("file", FLOWS, ids=[path.stem for path in FLOWS])
def test_it_reads_every_example_as_it_was_written(run: Any, file: Path) -> None:
    ran = run("dialplan", "check", file, "--pbx", "freeswitch", "--json")
    assert (ran.code, ran.err) == (0, "")
    told = json.loads(ran.out)
    assert (told["ok"], told["problems"]) == (True, [])
    assert told["version"].startswith("1.")


def test_a_flow_is_installed_with_its_sounds_and_taken_back(
    dialplan: Any, espeak: Path, node: FreeswitchReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALPLANE_SPEECH_PROGRAM", str(espeak))
    opt_out, survey = EXAMPLES / "opt-out.yaml", EXAMPLES / "survey.yaml"
    for file in (opt_out, survey):
        ran = dialplan("install", file)
        assert (ran.code, ran.err) == (0, "")
        assert dialplan("diff", file, "--exit-code").code == 0
    assert started(node, "opt-out")
    assert started(node, "survey")
    assert any((node.sounds / "dialplane/survey").glob("*.wav"))
    assert dialplan("rollback").code == 0
    assert not started(node, "survey")
    assert dialplan("remove", "opt-out").code == 0
    assert not started(node, "opt-out")


def test_with_xml_that_it_cannot_read_all_stays_as_it_was(
    dialplan: Any, node: FreeswitchReader
) -> None:
    assert dialplan("install", EXAMPLES / "opt-out.yaml", "--no-sounds").code == 0
    theirs = node.conf / "dialplan/theirs.xml"
    theirs.write_text("<context name='half'>\n")
    ran = dialplan("install", EXAMPLES / "survey.yaml", "--no-sounds")
    assert ran.code == 3
    assert "cannot read its XML, and goes on with what it had" in ran.err
    assert "what is wrong is not in the new ones" in ran.err
    assert (started(node, "opt-out"), started(node, "survey")) == (True, False)
    current = Folder(node.conf).current()
    assert current is not None
    assert list(current.files) == ["dialplane-flow-opt-out.xml"]
