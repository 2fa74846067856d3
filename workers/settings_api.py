"""Who may use the REST API, as the settings say: `[api.keys]` NAME = 'KEY'."""

import hmac
import re
from hashlib import sha256
from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints, field_validator

from connectors.calls import TOKEN
from workers.settings_part import Part

EXPECTED_OF_API = {
    "api.keys": "a table of NAME = 'KEY': 32 to 200 characters without spaces, or sha256: and the "
    "64 hexadecimal digits of its SHA-256",
}
_KEY = re.compile(r"[!-~]{32,200}", re.ASCII)
_HASHED = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_SHA = "sha256:"
Name = Annotated[str, StringConstraints(pattern=rf"^{TOKEN.pattern}$")]


class ApiSettings(Part):
    """Keys by the name of whose they are, which is also the source of what it tells. Without any
    nobody gets in."""

    keys: dict[Name, SecretStr] = Field(default_factory=dict)

    @field_validator("keys")
    @classmethod
    def _long_enough(cls, keys: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for key in keys.values():
            text = key.get_secret_value()
            if not (_HASHED if text.startswith(_SHA) else _KEY).fullmatch(text):
                raise ValueError("key")
        return keys

    def caller(self, shown: str) -> str | None:
        """Whose key was shown. Every key is compared, whichever it is."""
        digest = sha256(shown.encode("utf-8", "surrogateescape")).hexdigest()
        fits = [name for name, key in self.keys.items() if _fits(key, digest)]
        return fits[0] if fits else None


def _fits(key: SecretStr, digest: str) -> bool:
    text = key.get_secret_value()
    if text.startswith(_SHA):
        return hmac.compare_digest(text.removeprefix(_SHA), digest)
    return hmac.compare_digest(sha256(text.encode()).hexdigest(), digest)
