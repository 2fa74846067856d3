"""What a call with values is told, and which sound that is."""

from pathlib import Path

import pytest

from campaigns.flow.file import load_alone
from campaigns.flow.scene import Call, Scene
from speech.cache import Cache
from speech.errors import BadText, SpeechError
from speech.said import Saying, saying, without_values
from speech.sounds import Sounds
from tests.campaigns.flow.around import GOOD, NAMES, example
from tests.speech.conftest import Beep

FLOW = load_alone(GOOD, "good.yaml")
OWED = Saying("You owe 12.50. Press 1 or 2.", "en")


def test_a_prompt_says_its_values_in_the_flow_s_language() -> None:
    assert saying(FLOW, "question", {"due": "12.50", "other": "x"}) == OWED
    assert without_values(FLOW, "question").text == "You owe . Press 1 or 2."


def test_what_a_value_holds_is_not_looked_at_again() -> None:
    assert saying(FLOW, "question", {"due": "{due}"}).text == "You owe {due}. Press 1 or 2."


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_is_what_the_walk_says(name: str) -> None:
    flow = example(name)
    assert not isinstance(flow, str)
    values = {"first_name": "Zoë", "due": "7", "when": "soon", "offer": "0930"}
    for prompt in flow.prompts:
        played = Scene(flow, Call(), values).play(prompt)
        assert saying(flow, prompt, values) == Saying(played.say, played.language)


@pytest.mark.parametrize("prompt", ["nosuch", "hello", "", "../question"])
def test_a_prompt_that_is_not_said_is_told(prompt: str) -> None:
    source = GOOD.replace("thanks: {say: Thank you.}", "thanks: {say: a}\n  hello: {file: a.wav}")
    with pytest.raises(BadText, match="has no prompt"):
        saying(load_alone(source, "f.yaml"), prompt, {})


def test_a_secret_is_never_said() -> None:
    asked = "{collect: due, prompt: thanks, secret: true, next: bye, no_input: bye, too_many: bye}"
    source = GOOD.replace("  bye: {hangup: done}", f"  pin: {asked}\n  bye: {{hangup: done}}")
    with pytest.raises(BadText, match="is to stay secret"):
        saying(load_alone(source, "f.yaml"), "question", {"due": "1234"})


def test_a_sound_is_made_once_and_named_for_a_pbx(sounds: Sounds, beep: Beep) -> None:
    path = sounds.made(OWED)
    assert sounds.made(OWED) == path
    assert beep.said == [("You owe 12.50. Press 1 or 2.", "en", "")]
    assert sounds.played(OWED) == str(path).removesuffix(".wav")


@pytest.mark.parametrize(
    "other",
    [
        Saying(OWED.text + "!", "en"), Saying(OWED.text, "en-US"),
    ],
)  # fmt: skip
def test_another_text_or_language_is_another_sound(sounds: Sounds, other: Saying) -> None:
    assert sounds.made(other) != sounds.made(OWED)


def test_so_is_another_voice_or_engine(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    engines = [Sounds(Beep(), cache), Sounds(Beep(), cache, "f2"), Sounds(Beep("b"), cache)]
    assert len({each.key(OWED) for each in engines}) == 3


@pytest.mark.parametrize(
    ("played_from", "told"),
    [
        ("/srv/dialplane/speech", "/srv/dialplane/speech/{key}"),
        ("http://10.0.0.5:8080/said", "http://10.0.0.5:8080/said/{key}.wav"),
    ],
)
def test_a_pbx_elsewhere_is_told_its_own_name_of_the_folder(
    tmp_path: Path, played_from: str, told: str
) -> None:
    made = Sounds(Beep(), Cache(tmp_path), "", played_from)
    assert made.played(OWED) == told.format(key=made.key(OWED))


def test_a_folder_that_no_dialplan_lets_through_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match="choose a cache under"):
        Sounds(Beep(), Cache(tmp_path / "a b")).played(OWED)


def test_a_hostile_value_reaches_no_voice(sounds: Sounds, beep: Beep) -> None:
    with pytest.raises(BadText, match="control character"):
        sounds.made(Saying("You owe \x01+9v.", "en"))
    assert beep.said == []
