"""The sounds of a flow's prompts, and those that a PBX lacks."""

import re
from pathlib import Path

import pytest

from campaigns.flow.file import load_alone
from campaigns.flow.flow import Flow
from speech.errors import BadSound, BadText, SpeechError
from speech.prompts import Made, missing, own_sounds, path_of, sound_of
from speech.sounds import Sounds
from speech.wav import is_playable, silence
from tests.speech.conftest import Beep
from tests.speech.sounds import file_of, heard, tone

FLOW = load_alone(
    """\
name: greet
start: hello
language: es-MX
variables: {name: Ana, due: "7"}
prompts:
  hello: {file: prompts/hello.mp3}
  old: {file: prompts/old.gsm}
  said: {say: "Hola {name}.", language: es}
  only: {say: "{name}"}
steps:
  hello: {play: hello, next: bye}
  bye: {hangup: done}
""",
    "greet.yaml",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the flow file lies, with its recordings."""
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/hello.mp3").write_bytes(file_of(tone(), 44_100, "MP3").getvalue())
    (tmp_path / "prompts/old.gsm").write_bytes(b"\xd8" * 33)
    return tmp_path


def made(prompt: str, folder: Path, sounds: Sounds) -> Made:
    return sound_of(FLOW, prompt, folder, sounds)


def test_a_recording_is_converted_and_one_of_the_pbx_s_own_copied(
    folder: Path, sounds: Sounds
) -> None:
    hello = made("hello", folder, sounds)
    assert re.fullmatch(r"dialplane/greet/hello-[0-9a-f]{12}\.wav", str(hello.path))
    assert heard(hello.data)[1] == 8000
    old = made("old", folder, sounds)
    assert (old.path.suffix, old.data) == (".gsm", b"\xd8" * 33)


def test_a_sound_has_another_name_when_it_is_made_from_something_else(
    folder: Path, sounds: Sounds, beep: Beep
) -> None:
    def name(prompt: str, flow: Flow = FLOW) -> Path:
        return path_of(flow, prompt, folder, sounds)

    before = [name(prompt) for prompt in FLOW.prompts]
    assert [name(prompt) for prompt in FLOW.prompts] == before
    assert beep.said == []
    for file in ("prompts/hello.mp3", "prompts/old.gsm"):
        (folder / file).write_bytes(b"\xff" * 33)
    prompts = FLOW.prompts | {
        "said": FLOW.prompts["said"].model_copy(update={"say": "Adios {name}."})
    }
    other = FLOW.model_copy(update={"prompts": prompts})
    after = [name(prompt, other) for prompt in FLOW.prompts]
    assert [a == b for a, b in zip(before, after, strict=True)] == [False, False, False, True]
    english = FLOW.prompts["said"].model_copy(update={"language": "en"})
    assert name("said", FLOW.model_copy(update={"prompts": {"said": english}})) != before[2]


def test_a_text_is_said_without_what_only_a_call_knows(
    folder: Path, sounds: Sounds, beep: Beep
) -> None:
    assert made("said", folder, sounds).path.name.startswith("said-")
    assert made("only", folder, sounds).data == silence(0.5)
    assert beep.said == [("Hola .", "es", "")]


def test_what_cannot_be_made_is_told_by_name(folder: Path, sounds: Sounds) -> None:
    (folder / "prompts/hello.mp3").write_text("no sound\n" * 99)
    (folder / "prompts/old.gsm").write_text("")
    with pytest.raises(BadSound, match=r"prompts/hello\.mp3: it is no sound"):
        made("hello", folder, sounds)
    with pytest.raises(BadSound, match=r"prompts/old\.gsm: it is empty"):
        made("old", folder, sounds)
    (folder / "prompts/old.gsm").unlink()
    with pytest.raises(FileNotFoundError):
        made("old", folder, sounds)
    dots = FLOW.prompts["said"].model_copy(update={"say": "..."})
    silent = FLOW.model_copy(update={"prompts": {"p": dots}})
    with pytest.raises(BadText, match=r"^the prompt 'p' of the flow 'greet': .* nothing to say"):
        sound_of(silent, "p", folder, sounds)


def test_an_engine_that_fails_is_told_with_the_prompt(
    folder: Path, sounds: Sounds, beep: Beep, monkeypatch: pytest.MonkeyPatch
) -> None:
    def say(*_: str) -> bytes:
        raise SpeechError("no voice today")

    monkeypatch.setattr(beep, "say", say)
    with pytest.raises(SpeechError, match="the prompt 'said' of the flow 'greet': no voice today"):
        made("said", folder, sounds)


def test_what_a_pbx_lacks_or_cannot_play_is_found(folder: Path, sounds: Sounds) -> None:
    pbx = folder / "sounds"
    paths = {}
    for prompt in FLOW.prompts:
        each = made(prompt, folder, sounds)
        paths[prompt] = pbx / each.path
        paths[prompt].parent.mkdir(parents=True, exist_ok=True)
        paths[prompt].write_bytes(each.data)
    assert list(missing(FLOW, folder, pbx, sounds)) == []

    greet = pbx / "dialplane/greet"
    paths["hello"].write_bytes(file_of(tone(), 44_100).getvalue())
    paths["old"].write_bytes(b"")
    paths["only"].rename(greet / "only.mp3")
    (pbx / "es/dialplane/greet").mkdir(parents=True)
    paths["said"].rename(pbx / "es/dialplane/greet/said.wav")
    assert is_playable(pbx / "es/dialplane/greet/said.wav")
    assert dict(missing(FLOW, folder, pbx, sounds)) == {
        "hello": f"{paths['hello']} is no sound that an Asterisk plays: "
        "8 kHz, one channel, 16 bits",
        "old": f"{paths['old']} is empty",
        "only": f"there is no dialplane/greet/only.wav in {pbx}",
        "said": f"there is no dialplane/greet/said.wav in {pbx}",  # who hears no Spanish
    }
    own = greet / "hello.wav"
    own.write_bytes(silence(1.0))
    assert own_sounds(FLOW, "hello", pbx) == [own]
    own.rename(own.with_suffix(".ulaw"))
    assert own_sounds(FLOW, "hello", pbx, (".wav",)) == []
    own.with_suffix(".ulaw").rename(own)
    assert "hello" not in dict(missing(FLOW, folder, pbx, sounds))
