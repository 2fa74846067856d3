"""A voice on the web: `POST {"text", "language", "voice"}`, answered with a WAV file.

The texts hold what a site knows of its customers, so they go over https, or not beyond this
machine. A text has `SECONDS` as a whole: a limit for each read alone would be kept by a server that
sends a byte now and then, for hours.
"""

import asyncio

import httpx

from speech.addresses import host_of
from speech.engine import SECONDS, Chosen
from speech.errors import SpeechError

LARGEST = 20_000_000
SOUNDS = frozenset({"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"})


class OverHttp:
    """A server that says texts. Redirects are not followed, and no proxy is asked."""

    def __init__(self, url: str, secret: str, seconds: float = SECONDS) -> None:
        self._host = host_of(url)
        self._url = url
        self._headers = {"authorization": f"Bearer {secret}"} if secret else {}
        self._seconds = seconds
        self.identity = f"http {url}"

    def say(self, text: str, language: str, voice: str) -> bytes:
        """See `Engine.say`. Not to be called where an event loop runs: take a thread."""
        asked = {"text": text, "language": language, "voice": voice}
        try:
            return asyncio.run(self._asked(asked))
        except TimeoutError:
            raise SpeechError(f"{self._host}: no sound within {self._seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as failed:
            raise SpeechError(f"{self._host}: {type(failed).__name__}: {failed}") from failed

    async def _asked(self, body: dict[str, str]) -> bytes:
        async with (
            asyncio.timeout(self._seconds),
            httpx.AsyncClient(timeout=None, trust_env=False) as client,  # noqa: S113 - see above
            client.stream("POST", self._url, json=body, headers=self._headers) as answer,
        ):
            self._require_sound(answer)
            return await self._read(answer)

    def _require_sound(self, answer: httpx.Response) -> None:
        told = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if answer.is_redirect:
            raise SpeechError(
                f"{self._host}: answered {answer.status_code}; redirects are not followed"
            )
        if answer.status_code != httpx.codes.OK:
            raise SpeechError(f"{self._host}: answered {answer.status_code}")
        if told not in SOUNDS:
            raise SpeechError(f"{self._host}: answered with {told[:40]!a}, and not with audio/wav")

    async def _read(self, answer: httpx.Response) -> bytes:
        sound = bytearray()
        async for chunk in answer.aiter_bytes():
            sound += chunk
            if len(sound) > LARGEST:
                raise SpeechError(f"{self._host}: a sound of more than {LARGEST // 10**6} MB")
        return bytes(sound)


def open_engine(chosen: Chosen) -> OverHttp:
    """See `ENGINES`."""
    return OverHttp(chosen.url, chosen.secret)
