"""What says texts: the one form that all engines have, and the table that opens one by its name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol

from speech.errors import SpeechError

SECONDS = 20.0
"""A text is said within so long, or not at all."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a site has chosen. `voice`: a name that the engine knows; empty: its own choice.

    `program` is of engines that are programs, `url` and `secret` are of those on the web.
    """

    engine: str = "espeak"
    voice: str = ""
    program: str = "espeak-ng"
    url: str = ""
    secret: str = field(default="", repr=False)


class Engine(Protocol):
    """Says texts. It may be asked by several threads at once."""

    identity: str
    """Another one means that the same text sounds otherwise: sounds are kept by it."""

    def say(self, text: str, language: str, voice: str) -> bytes:
        """The text as a sound: WAV of any rate, which the caller converts.

        `text` is `speakable`; `language` such as `en` or `es-MX`; `voice` as in `Chosen`. Takes
        `SECONDS` at most. Raises `SpeechError`.
        """


ENGINES: Mapping[str, str] = {
    "espeak": "speech.espeak:open_engine",
    "http": "speech.over_http:open_engine",
}


def open_engine(chosen: Chosen) -> Engine:
    """The engine that was chosen. Raises `SpeechError` with a sentence that names those there are.

    Nothing is run and nobody is asked before the first text.
    """
    target = ENGINES.get(chosen.engine)
    if target is None:
        raise SpeechError(
            f"there is no engine '{chosen.engine}'; use one of {', '.join(sorted(ENGINES))}"
        )
    module, function = target.split(":")
    engine: Engine = getattr(import_module(module), function)(chosen)
    return engine
