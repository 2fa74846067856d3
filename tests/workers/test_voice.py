"""What says the texts of a campaign's flow: in time, once, not too much at a time, and in silence
about what it says."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from campaigns.flow.file import load_alone
from campaigns.flow_effects import SayPrompt
from speech.cache import Cache
from speech.errors import SpeechError
from speech.sounds import WORD, Sounds
from speech.wav import is_playable
from tests.speech.sounds import file_of, tone
from workers import voice as voices
from workers.voice import Voice

Soon = Callable[..., Awaitable[None]]
CALL = UUID(int=7)
FLOW = load_alone(
    """\
name: greet
start: hello
variables: {first_name: "", due: ""}
prompts:
  hello: {say: "Hello {first_name}."}
  owed: {say: "{due}"}
  plain: {say: Good morning.}
steps:
  hello: {play: hello, next: owed}
  owed: {play: owed, next: plain}
  plain: {play: plain, next: bye}
  bye: {hangup: done}
""",
    "greet.yaml",
)
SILENT = load_alone(
    "name: mute\nstart: hello\nprompts: {hello: {say: Hello.}}\n"
    "steps: {hello: {play: hello, next: bye}, bye: {hangup: done}}\n",
    "mute.yaml",
)


@dataclass
class Engine:
    """Says a beep when it may; fails with the very text where it is told to."""

    identity: str = "test"
    fails: bool = False
    may: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)

    def say(self, text: str, language: str, voice: str) -> bytes:
        self.asked.append(text)
        self.may.wait(10)
        if self.fails:
            raise SpeechError(f"cannot say {text}")
        return file_of(tone(), 8000).getvalue()


@dataclass
class Bench:
    voice: Voice
    engine: Engine
    told: list[tuple[str, str]]

    def say(self, ticket: str = "1", **changes: Any) -> None:
        self.voice.say(replace(ASKED, ticket=ticket, **changes))

    async def until_told(self, soon: Soon, count: int = 1) -> list[tuple[str, str]]:
        await soon(lambda: len(self.told) == count)
        return self.told


ASKED = SayPrompt("main", CALL, "greet", "hello", "1", 5.0, {"first_name": "Maria"})


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    told: list[tuple[str, str]] = []
    engine = Engine()
    engine.may.set()
    sounds = Sounds(engine, Cache(tmp_path / "kept"))
    voice = Voice(sounds, 1, "spring", {"greet": FLOW}, lambda it, at: told.append((it.ticket, at)))
    yield Bench(voice, engine, told)
    engine.may.set()
    await voice.close()


async def test_a_text_is_said_with_its_values_and_kept(bench: Bench, soon: Soon) -> None:
    bench.say()
    [(ticket, sound)] = await bench.until_told(soon)
    assert ticket == "1"
    assert is_playable(Path(f"{sound}.wav"))
    bench.say("2")
    assert (await bench.until_told(soon, 2))[1] == ("2", sound)
    assert bench.engine.asked == ["Hello Maria."]
    assert "Maria" not in repr(ASKED)


async def test_what_is_being_made_is_not_made_twice(bench: Bench, soon: Soon) -> None:
    bench.engine.may.clear()
    for ticket in "123":
        bench.say(ticket)
    await soon(lambda: bench.engine.asked)
    bench.engine.may.set()
    told = await bench.until_told(soon, 3)
    assert len({sound for _, sound in told}) == 1
    assert bench.engine.asked == ["Hello Maria."]


async def test_a_voice_that_fails_is_answered_for_and_its_words_are_not_repeated(
    bench: Bench, soon: Soon, caplog: pytest.LogCaptureFixture
) -> None:
    bench.engine.fails = True
    bench.say()
    assert await bench.until_told(soon) == [("1", "")]
    bench.say("2")
    await bench.until_told(soon, 2)
    [said] = caplog.messages  # the second time is no news
    assert "prompt 'hello' of the flow 'greet' was heard without its variables" in said
    assert "Maria" not in caplog.text


async def test_a_text_in_which_there_is_nothing_to_say(
    bench: Bench, soon: Soon, caplog: pytest.LogCaptureFixture
) -> None:
    bench.say(prompt="owed", values={"due": "..."})
    assert await bench.until_told(soon) == [("1", "")]
    assert "no letter and no digit" in caplog.text
    assert bench.engine.asked == []


async def test_what_comes_too_late_is_told_to_nobody_and_kept_for_the_next(
    bench: Bench, soon: Soon, caplog: pytest.LogCaptureFixture
) -> None:
    bench.engine.may.clear()
    bench.say(timeout=0.05)
    await soon(lambda: "no sound came within 0.05 s" in caplog.text)
    bench.engine.may.set()
    bench.say("2")
    [(ticket, sound)] = await bench.until_told(soon)
    assert (ticket, is_playable(Path(f"{sound}.wav"))) == ("2", True)
    assert bench.engine.asked == ["Hello Maria."]


async def test_what_nobody_waits_for_any_more_is_not_begun(bench: Bench, soon: Soon) -> None:
    bench.engine.may.clear()
    bench.say()
    await soon(lambda: bench.engine.asked)
    bench.say("2", timeout=0.05, values={"first_name": "Ben"})
    await asyncio.sleep(0.1)
    bench.engine.may.set()
    bench.say("3", values={"first_name": "Cleo"})
    told = await bench.until_told(soon, 2)
    assert [ticket for ticket, _ in told] == ["1", "3"]
    assert bench.engine.asked == ["Hello Maria.", "Hello Cleo."]


async def test_no_more_texts_wait_than_can(
    bench: Bench, soon: Soon, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(voices, "WAITING", 2)
    bench.engine.may.clear()
    for ticket in "123":
        bench.say(ticket, values={"first_name": f"Number {ticket}"})
    assert bench.told == [("3", "")]
    assert "2 texts are being said already" in caplog.text
    bench.engine.may.set()
    await bench.until_told(soon, 3)


async def test_where_nobody_speaks_it_is_said_once_and_nobody_is_kept_waiting(
    bench: Bench, soon: Soon, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(voices, "RETRY_SECONDS", 0.02)
    bench.engine.fails = True
    trying = asyncio.create_task(bench.voice.keep_trying())
    await soon(lambda: len(bench.engine.asked) > 3)
    assert bench.voice.trouble == f"cannot say {WORD}"
    assert [r.message for r in caplog.records if r.levelname == "WARNING"] == [
        "campaign 'spring': the texts of its flow are heard without their variables, as the voice "
        f"does not speak: cannot say {WORD}"
    ]
    bench.say()
    assert await bench.until_told(soon) == [("1", "")]
    assert {*bench.engine.asked} == {WORD}

    bench.engine.fails = False
    await soon(lambda: not bench.voice.trouble)
    bench.say("2")
    assert (await bench.until_told(soon, 2))[1][1]
    trying.cancel()


async def test_a_failure_has_the_voice_tried_out_again(
    bench: Bench, soon: Soon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices, "RETRY_SECONDS", 0.02)
    trying = asyncio.create_task(bench.voice.keep_trying())
    await soon(lambda: bench.engine.asked == [WORD])
    await asyncio.sleep(0.1)
    assert bench.engine.asked == [WORD]
    bench.engine.fails = True
    bench.say()
    await soon(lambda: bench.voice.trouble)
    trying.cancel()


async def test_a_folder_that_cannot_be_written_is_a_trouble(tmp_path: Path, soon: Soon) -> None:
    (tmp_path / "kept").write_text("a file")
    engine = Engine()
    engine.may.set()
    sounds = Sounds(engine, Cache(tmp_path / "kept"))
    voice = Voice(sounds, 1, "spring", {"greet": FLOW}, lambda *_: None)
    trying = asyncio.create_task(voice.keep_trying())
    await soon(lambda: str(tmp_path / "kept") in voice.trouble)
    trying.cancel()
    await voice.close()


async def test_where_no_text_has_variables_nothing_is_tried_out(tmp_path: Path) -> None:
    engine = Engine()
    sounds = Sounds(engine, Cache(tmp_path / "kept"))
    voice = Voice(sounds, 1, "spring", {"mute": SILENT}, lambda *_: None)
    await voice.keep_trying()
    assert (engine.asked, voice.trouble) == ([], "")
    await voice.close()


async def test_nothing_is_told_after_the_end(bench: Bench, soon: Soon) -> None:
    bench.engine.may.clear()
    bench.say()
    await soon(lambda: bench.engine.asked)
    await bench.voice.close()
    bench.engine.may.set()
    await asyncio.sleep(0.05)
    assert bench.told == []
