"""`dialplan install` killed at every step, on a real Asterisk: what the calls hear is whole."""

import asyncio
import io
import re
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import pytest

from cli.dialplan_files import PbxKind, installable
from cli.dialplan_install import changed_with
from cli.prompt_sounds import find_sounds
from connectors.asterisk import deployment
from connectors.asterisk.url import read
from dialplan_templates.generations import Folder
from dialplan_templates.render import installer_file
from lab.asterisk import AsteriskNode
from lab.audio import strength, whole
from lab.wait import until
from speech.convert import converted
from tests.cli.killed import FILES, killed_at
from tests.speech.sounds import file_of, tone
from workers.installing import plan

pytestmark = [pytest.mark.asterisk, pytest.mark.slow]
SECRET = "0123456789abcdef"
FLOWS = {
    "told": """\
name: told
start: hello
prompts: {hello: {file: hello.wav}}
steps:
  hello: {play: hello, next: more}
  more: {flow: ending, next: end}
  end: {hangup: done}
""",
    "ending": """\
name: ending
start: bye
prompts: {bye: {file: bye.wav}}
steps:
  bye: {play: bye, next: return}
""",
}
STEPS = (*FILES, (deployment.Deployment, "reload"), (deployment.Deployment, "lines"))
NAMED = re.compile(r"dialplane/(?:told|ending)/(\w+)-([0-9a-f]{12})\b")
FIRST = {"hello": 400.0, "bye": 1900.0}
"""How high they are in the first version, in hertz."""
SECONDS, LOUD = 0.3, 300.0
CALLED = 4
"""Of so many kills two are called after: a call takes a second, and a kill no time."""


def pitch(prompt: str, version: int) -> float:
    """No two versions side by side are alike."""
    return FIRST[prompt] + 30 * (version % 40)


class Told:
    """A flow, and one that it calls, on an Asterisk; the recording of each is made anew."""

    def __init__(self, node: AsteriskNode, home: Path) -> None:
        self._node, self._home, self._calls = node, home, 0
        self.folder = Folder(node.run_dir / "etc")
        self.sounds = node.sounds_dir.parent
        self._url = f"ami://installer:{SECRET}@{node.ami_host}:{node.ami_port}"
        for name, text in FLOWS.items():
            (home / f"{name}.yaml").write_text(text)

    def install(self, version: int) -> None:
        file = self._home / "told.yaml"
        for prompt in FIRST:
            (self._home / f"{prompt}.wav").write_bytes(spoken(pitch(prompt, version)))
        made = installable(file, PbxKind.ASTERISK)

        async def go() -> None:
            async with deployment.deploying("main", read(self._url)) as pbx:
                with self.folder.alone():
                    found = find_sounds(made.flow_files, self.sounds, made.played)
                    planned = plan(self.folder, made.anew(found.names))
                    await changed_with(made, found, self.folder, planned)(pbx)

        asyncio.run(go())

    def read(self, *choices: int) -> int:
        """Which of these versions the Asterisk has read; all sounds that it names are whole."""
        shown = [self.cli(f"dialplan show dialplane-flow-{flow}") for flow in FLOWS]
        named = dict(NAMED.findall("".join(shown)))
        held = {prompt: self._sound(f"{prompt}-{made}") for prompt, made in named.items()}
        [version] = [n for n in choices if held == {p: sound(pitch(p, n)) for p in FIRST}]
        return version

    def played(self, *choices: int) -> int:
        """Which of these versions a call hears, from its first sound to its last."""
        heard = self._call()
        loud = {n: [strength(heard, pitch(p, n)) > LOUD for p in FIRST] for n in choices}
        [version] = [n for n in choices if all(loud[n])]
        assert not any(any(loud[n]) for n in choices if n != version), loud
        return version

    def cli(self, command: str) -> str:
        return self._node.cli(command)

    def _sound(self, name: str) -> bytes:
        [path] = self.sounds.glob(f"dialplane/*/{name}.wav")
        return path.read_bytes()

    def _call(self) -> Path:
        """The recording of a call that goes through it."""
        self._calls += 1
        heard = self._node.run_dir / f"heard/{self._calls}.wav"
        call = {
            "Channel": "Local/s@dialplane-call-told/n",
            "Application": "Record",
            "Data": f"{heard},0,10,qk",
        }
        with self._node.ami() as session:
            answer = session.action("Originate", call)
        assert answer["Response"] == "Success", answer
        assert until(lambda: whole(heard), 5, every=0.02)
        return heard


def spoken(hertz: float) -> bytes:
    return file_of(tone(hertz, SECONDS, 8000), 8000).getvalue()


@cache
def sound(hertz: float) -> bytes:
    """What it is on the PBX."""
    return converted(io.BytesIO(spoken(hertz)), "")


@pytest.fixture
def told(asterisk_prefix: Path, tmp_path: Path) -> Iterator[Told]:
    with AsteriskNode("killed", "pbx", {}) as node:
        permit = f"127.0.0.1,{node.address}"
        node.write({"peers.conf": "; none\n",
                    **installer_file(secret=SECRET, user="installer", permit=permit)})  # fmt: skip
        node.start()
        yield Told(node, tmp_path)


@pytest.mark.timeout(300)
def test_killed_at_every_step_calls_hear_the_old_or_the_new_never_half(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialplan_templates.generations.KEPT", 2)
    told.install(0)
    nth = 1
    while killed_at(2 * nth - 1, partial(told.install, 2 * nth - 1), STEPS):  # after each step
        old_or_new = 2 * nth - 2, 2 * nth - 1
        has = told.read(*old_or_new)
        if nth % CALLED == 0:
            assert told.played(*old_or_new) == has
        told.cli("dialplan reload")
        after = told.read(*old_or_new)
        assert after >= has, "what was new is not taken back"
        if nth % CALLED == CALLED // 2:
            assert told.played(*old_or_new) == after
        told.install(2 * nth)  # whatever was left does not stand in the way
        assert told.read(*old_or_new, 2 * nth) == 2 * nth
        assert not list(told.sounds.glob("dialplane/**/.*.new"))
        nth += 1
    assert nth > 30
