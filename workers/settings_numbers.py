"""Who checks numbers for us, as the settings say: `[number_check]`."""

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints, ValidationInfo, field_validator

from workers.settings_part import Part, encrypted

EXPECTED_OF_NUMBERS = {
    "number_check.url": "an https:// URL (http:// only together with allow_private = true)",
    "number_check.token": "a word of printable characters without spaces",
    "number_check.allow_private": "true or false",
    "number_check.timeout": "a number of seconds from 1 to 60",
    "number_check.batch": "a whole number from 1 to 1000",
    "number_check.days": "a whole number of days from 1 to 3650",
    "number_check.results": "the name of a key of the answer",
    "number_check.number": "the name of a key of each result",
    "number_check.verdict": "the name of a key of each result",
    "number_check.valid": "words for a number where somebody can be reached",
    "number_check.invalid": "words for a number that does not exist",
    "number_check.unreachable": "words for a number where nobody can be reached",
}
Key = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Words = Annotated[tuple[Key, ...], Field(max_length=50)]


class NumberCheckSettings(Part):
    """A service that is posted `{"numbers": [...]}` and answers `{"results": [{"number": ...,
    "status": ...}]}`; the names of the keys and the words can be others. `days`: so old may what
    it has said be before it is asked again."""

    allow_private: bool = False
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=2000)]
    token: SecretStr | None = None
    timeout: float = Field(default=10, ge=1, le=60)
    batch: int = Field(default=100, ge=1, le=1000)
    days: int = Field(default=180, ge=1, le=3650)
    results: Key = "results"
    number: Key = "number"
    verdict: Key = "status"
    valid: Words = ("valid", "active", "reachable", "ok")
    invalid: Words = ("invalid", "unallocated", "nonexistent")
    unreachable: Words = ("unreachable", "absent", "inactive", "disconnected")

    @field_validator("url")
    @classmethod
    def _encrypted(cls, url: str, info: ValidationInfo) -> str:
        return encrypted(url, info)

    @field_validator("token")
    @classmethod
    def _of_one_word(cls, token: SecretStr | None) -> SecretStr | None:
        """It is to be part of a header."""
        text = token.get_secret_value() if token else "-"
        if not text or any(not "!" <= c <= "~" for c in text):
            raise ValueError("word")
        return token
