"""eSpeak NG, a program: small, quick, of a hundred languages, and heard to be a machine.

What is said goes in by standard input: on the command line it could be an option, and everybody on
the machine could read it there. Without `-m` the program takes `<...>` for text. It would take
`[[...]]` for phonemes whatever it is told, so that is broken up.
"""

import re
import subprocess
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from speech.engine import SECONDS, Chosen
from speech.errors import SpeechError

VOICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", re.ASCII)
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?", re.ASCII)
NO_SUCH_VOICE = "voice does not exist"
INSTALL = (
    "install it (apt-get install espeak-ng), name the program under [speech] in dialplane.toml "
    "(program), or take another engine there"
)


class Espeak:
    """`voice` is a variant of the language's voice: `f2`, `m3`, `whisper`, ..."""

    identity = "espeak"

    def __init__(self, program: str) -> None:
        self._program = program

    def say(self, text: str, language: str, voice: str) -> bytes:
        """See `Engine.say`. A language without a voice for its region has the language's."""
        if not LANGUAGE.fullmatch(language):
            raise SpeechError(f"{language!a} is no language; expected one such as en or es-MX")
        variant = f"+{self._known(voice)}" if voice else ""
        tried = list(dict.fromkeys((language.lower(), language.partition("-")[0])))
        for each in tried:
            if (sound := self._said(text, f"{each}{variant}")) is not None:
                return sound
        raise SpeechError(f"espeak-ng has no voice for the language '{language}'")

    def _known(self, voice: str) -> str:
        """A variant that there is: the program passes over others in silence."""
        if VOICE.fullmatch(voice) and voice in self._variants:
            return voice
        raise SpeechError(
            f"espeak-ng knows no voice {voice!a}; those there are: "
            f"{', '.join(sorted(self._variants))}"
        )

    @cached_property
    def _variants(self) -> frozenset[str]:
        listed = self._run(["--voices=variant"], "").stdout.decode(errors="replace")
        return frozenset(re.findall(r"!v/(\S+)", listed))

    def _said(self, text: str, voice: str) -> bytes | None:
        """The sound; None where there is no such voice."""
        with TemporaryDirectory(prefix="dialplane-speech-") as folder:
            sound = Path(folder) / "said.wav"
            done = self._run(["--stdin", "-b", "1", "-v", voice, "-w", str(sound)], text)
            if done.returncode == 0 and sound.exists():
                return sound.read_bytes()
        complaint = done.stderr.decode(errors="replace").strip()
        if NO_SUCH_VOICE in complaint:
            return None
        raise SpeechError(
            f"espeak-ng has not said a text: {complaint[:200] or 'it gave no reason'}"
        )

    def _run(self, words: list[str], text: str) -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(  # noqa: S603 - what is said is no part of the command line
                [self._program, *words],
                input=text.replace("[[", "[ [").encode(),
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise SpeechError(f"'{self._program}' is not on this machine: {INSTALL}") from None
        except PermissionError:
            raise SpeechError(f"'{self._program}' may not be run: {INSTALL}") from None
        except subprocess.TimeoutExpired:
            raise SpeechError(f"espeak-ng has not said a text within {SECONDS:g} s") from None


def open_engine(chosen: Chosen) -> Espeak:
    """See `ENGINES`."""
    return Espeak(chosen.program)
