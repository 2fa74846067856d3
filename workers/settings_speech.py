"""The part `[speech]` of the settings: the voice that says the texts of flows."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints, ValidationInfo, field_validator

from speech.addresses import PLAYED_FROM, TAKES, host_of
from speech.cache import LIFE, MOST
from speech.engine import ENGINES, Chosen
from speech.errors import SpeechError
from workers.settings_part import Part

DAY = 86_400.0  # seconds
EXPECTED_OF_SPEECH: dict[str, str] = {
    "speech.engine": f"one of {', '.join(sorted(ENGINES))}",
    "speech.voice": "a name of letters, digits and _ . : -",
    "speech.program": "a program, by its name or its path",
    "speech.url": TAKES,
    "speech.secret": "one word without spaces",
    "speech.cache": "a folder",
    "speech.played_from": "a folder as the PBX sees it (/srv/dialplane/speech), or an http:// or "
    "https:// URL, of letters, digits and _ . : - /",
    "speech.megabytes": "a whole number from 1 to 1000000",
    "speech.days": "a number of days from 0.01 to 3650",
    "speech.at_once": "a whole number from 1 to 64",
}


class SpeechSettings(Part):
    """The voice, and where what it has said is kept.

    `cache`: a folder; none: `speech` in the site's. `played_from`: what the PBX calls that folder;
    empty: as it is called here. `megabytes`, `days`: how much stays there, and for how long after
    it was last wanted. `at_once`: so many texts a campaign has said at the same time.
    """

    engine: str = "espeak"
    voice: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9][A-Za-z0-9_.:-]{0,79})?$")] = ""
    program: Annotated[str, StringConstraints(min_length=1, max_length=1000)] = "espeak-ng"
    url: Annotated[str, StringConstraints(max_length=2000)] = Field("", validate_default=True)
    secret: SecretStr | None = None
    cache: Path | None = None
    played_from: Annotated[str, StringConstraints(max_length=400)] = ""
    megabytes: int = Field(default=MOST // 10**6, ge=1, le=1_000_000)
    days: float = Field(default=LIFE / DAY, ge=0.01, le=3650)
    at_once: int = Field(default=4, ge=1, le=64)

    @field_validator("engine")
    @classmethod
    def _known(cls, engine: str) -> str:
        if engine not in ENGINES:
            raise ValueError("engine")
        return engine

    @field_validator("url")
    @classmethod
    def _for_texts(cls, url: str, info: ValidationInfo) -> str:
        """Only an engine on the web needs one."""
        if url or info.data.get("engine") == "http":
            try:
                host_of(url)
            except SpeechError as wrong:
                raise ValueError("url") from wrong
        return url

    @field_validator("secret")
    @classmethod
    def _of_one_word(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret and not re.fullmatch(r"[!-~]+", secret.get_secret_value()):  # it is a header's
            raise ValueError("secret")
        return secret

    @field_validator("played_from")
    @classmethod
    def _playable(cls, place: str) -> str:
        if place and not PLAYED_FROM.fullmatch(place):
            raise ValueError("played_from")
        return place

    @property
    def chosen(self) -> Chosen:
        """What `speech.engine.open_engine` is given."""
        secret = self.secret.get_secret_value() if self.secret else ""
        return Chosen(self.engine, self.voice, self.program, self.url, secret)
