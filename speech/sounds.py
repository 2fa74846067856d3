"""What an engine says, converted and kept, and what a PBX calls it."""

import io
from dataclasses import dataclass
from pathlib import Path

from connectors.allowed import is_sound
from speech.cache import Cache, key_of
from speech.engine import Chosen, Engine, open_engine
from speech.errors import SpeechError
from speech.files import write_whole
from speech.said import Saying
from speech.texts import speakable

FORM = "1"
"""Raise it when the same text would be converted otherwise."""
WORD = "1"
"""Of every language."""


@dataclass(frozen=True, slots=True)
class Sounds:
    """`voice` as in `Chosen`. `played_from`: what a PBX calls the cache's folder."""

    engine: Engine
    cache: Cache
    voice: str = ""
    played_from: str = ""

    def key(self, said: Saying) -> str:
        """Nothing is asked for it. Raises `BadText`."""
        text = speakable(said.text)
        return key_of(FORM, self.engine.identity, self.voice, said.language, text)

    def made(self, said: Saying) -> Path:
        """The file: WAV, 8 kHz. It may take as long as `Engine.say`, when it is not kept.

        Raises `SpeechError`, and `OSError` where the folder cannot be written.
        """
        return self.cache.get(self.key(said), lambda: self._said(said))

    def played(self, said: Saying) -> str:
        """What a PBX is told to play, once it is made: a path without its ending, or a URL.

        Raises `SpeechError` where a dialplan would not let the path through.
        """
        base = self.played_from or str(self.cache.folder.absolute())
        ending = ".wav" if base.startswith("http") else ""
        told = f"{base}/{self.key(said)}{ending}"
        if not is_sound(told):
            raise SpeechError(
                f"no PBX can be told of sounds in {base!a}; choose a cache under [speech] in "
                "dialplane.toml whose path is of letters, digits and _ . - /, and not too long"
            )
        return told

    def try_out(self, language: str, *, keep: bool = True) -> None:
        """Say a word of that language now, though it may be kept; and keep it.

        Raises as `made` and `played` do; then nothing that is not kept can be said either.
        """
        said = Saying(WORD, language)
        self.played(said)
        sound = self._said(said)
        if keep:
            write_whole(self.cache.path(self.key(said)), sound)

    def _said(self, said: Saying) -> bytes:
        sound = self.engine.say(speakable(said.text), said.language, self.voice)
        from speech.convert import converted  # noqa: PLC0415 - NumPy, and most is kept already

        return converted(io.BytesIO(sound), "what the voice has said")


def open_sounds(chosen: Chosen, cache: Cache, played_from: str = "") -> Sounds:
    """What a site has chosen. Raises `SpeechError`; nothing is run, and nobody asked."""
    return Sounds(open_engine(chosen), cache, chosen.voice, played_from)
