"""What flows say with the values of a call: made by the site's voice while the caller waits.

A text is made beside the dialling loop, by a few threads, and told to the PBX in time or not at
all: it waits for some seconds, and then plays the text without its variables. What is kept is not
made again, nor what is being made already. No more than `WAITING` texts are taken at once, and one
whose turn comes too late is not begun, so that a voice that stands still leaves no queue behind.

Whether the voice speaks is tried out when the campaign begins, and again after a failure. While it
does not, nobody waits for it. What is logged names flow and prompt, and nothing that is a
customer's: an engine's own words are repeated of what is tried out alone.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

from campaigns.flow.flow import Flow, Spoken
from campaigns.flow_effects import SayPrompt
from speech.errors import BadText, SpeechError
from speech.said import Saying, saying
from speech.sounds import Sounds

log = logging.getLogger(__name__)

WAITING = 64
RETRY_SECONDS = 15.0
QUIET_SECONDS = 60.0  # for so long the same complaint is not made again

Said: TypeAlias = Callable[[SayPrompt, str], None]


class TooLate(Exception):
    """A text's turn has come when nobody waits for it any more."""


class Voice:
    """Of one campaign, whose `flows` are given by name; `at_once`: threads.

    `said` is told once of each text, with what the PBX is to play (empty: nothing), or never, where
    it would come too late; on the event loop's thread.
    """

    def __init__(
        self,
        sounds: Sounds,
        at_once: int,
        campaign: str,
        flows: Mapping[str, Flow],
        said: Said,
    ) -> None:
        self._sounds = sounds
        self._campaign = campaign
        self._flows = flows
        self._said = said
        self._languages = sorted(set().union(*map(languages_of, flows.values())))
        self._mute: dict[str, str] = {}  # languages that cannot be spoken now, with the reason
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix=f"voice-{campaign}")
        self._trial = ThreadPoolExecutor(1, thread_name_prefix=f"trial-{campaign}")
        self._on_their_way: set[asyncio.Task[None]] = set()
        self._making: dict[str, asyncio.Future[Path]] = {}
        self._complained: dict[tuple[str, str, str], float] = {}
        self._failed = asyncio.Event()

    @property
    def trouble(self) -> str:
        """Why some texts cannot be said now; nothing where all can."""
        return "; ".join(sorted(set(self._mute.values())))

    def say(self, say: SayPrompt) -> None:
        """Have it said soon."""
        if max(len(self._on_their_way), len(self._making)) >= WAITING:
            self._complain(say, f"{WAITING} texts are being said already")
            self._said(say, "")
            return
        task = asyncio.get_running_loop().create_task(self._say(say))
        self._on_their_way.add(task)
        task.add_done_callback(self._on_their_way.discard)

    async def keep_trying(self) -> None:
        """Find out whether the voice speaks, and say so once. Ends where nothing is to be said."""
        loop = asyncio.get_running_loop()
        while self._languages:
            self._found(await loop.run_in_executor(self._trial, self._tried))
            await asyncio.sleep(RETRY_SECONDS)
            if not self._mute:
                await self._failed.wait()
            self._failed.clear()

    async def close(self) -> None:
        """Nothing is said any more, and nobody is told."""
        for task in list(self._on_their_way):
            task.cancel()
        await asyncio.gather(*self._on_their_way, return_exceptions=True)
        for threads in (self._threads, self._trial):
            threads.shutdown(wait=False, cancel_futures=True)

    # --- a text --------------------------------------------------------------------------------

    async def _say(self, say: SayPrompt) -> None:
        sound = ""
        try:
            async with asyncio.timeout(say.timeout):
                sound = await self._sound(say)
        except TimeoutError:
            self._complain(say, f"no sound came within {say.timeout:g} s")
            return
        except BadText as why:
            self._complain(say, str(why))
        except TooLate:
            self._complain(say, "too many texts are being said")
        except (SpeechError, OSError) as failed:
            self._complain(say, f"the voice has failed ({type(failed).__name__})")
        self._said(say, sound)

    async def _sound(self, say: SayPrompt) -> str:
        """What the PBX is to play; nothing where nobody speaks. Raises what keeps it from it."""
        said = saying(self._flows[say.flow], say.prompt, say.values)
        if said.language in self._mute:
            return ""
        played = self._sounds.played(said)
        await asyncio.shield(self._made(said, time.monotonic() + say.timeout))
        return played

    def _made(self, said: Saying, until: float) -> "asyncio.Future[Path]":
        """The sound, which somebody else may be waiting for already."""
        key = self._sounds.key(said)
        if (made := self._making.get(key)) is not None:
            return made
        loop = asyncio.get_running_loop()
        made = loop.run_in_executor(self._threads, self._make, said, until)
        self._making[key] = made
        made.add_done_callback(lambda _: self._over(key))
        return made

    def _make(self, said: Saying, until: float) -> Path:
        """In a thread."""
        if time.monotonic() > until:
            raise TooLate
        return self._sounds.made(said)

    def _over(self, key: str) -> None:
        made = self._making.pop(key)
        if not made.cancelled():
            made.exception()  # seen, also where nobody waits for it any more

    def _complain(self, say: SayPrompt, why: str) -> None:
        """The voice is tried out, and whoever runs the site is told."""
        self._failed.set()
        about, now = (say.flow, say.prompt, why), time.monotonic()
        if now - self._complained.get(about, -QUIET_SECONDS) < QUIET_SECONDS:
            return
        self._complained[about] = now
        log.warning(
            "the prompt '%s' of the flow '%s' was heard without its variables: %s",
            say.prompt,
            say.flow,
            why,
            extra={"call": say.call_id},
        )

    # --- the voice -----------------------------------------------------------------------------

    def _tried(self) -> dict[str, str]:
        """The languages that cannot be spoken, each with the reason. In a thread."""
        found: dict[str, str] = {}
        for language in self._languages:
            try:
                self._sounds.try_out(language)
            except (SpeechError, OSError) as wrong:
                found[language] = str(wrong)
        return found

    def _found(self, mute: dict[str, str]) -> None:
        before, self._mute = self.trouble, mute
        if self.trouble and self.trouble != before:
            log.warning(
                "campaign '%s': the texts of its flow are heard without their variables, as the "
                "voice does not speak: %s",
                self._campaign,
                self.trouble,
            )
        elif before and not self.trouble:
            log.info("campaign '%s': the voice speaks", self._campaign)


def languages_of(flow: Flow) -> set[str]:
    """Those of its texts with variables."""
    said = [flow.prompts[name] for name in flow.prompts if flow.spoken(name)]
    return {each.language or flow.language for each in said if isinstance(each, Spoken)}
