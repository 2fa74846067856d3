"""What every part of the settings has in common."""

from base64 import b64decode

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationInfo

from crm_sync.addresses import NotAllowed, parts_of


class Part(BaseModel):
    """A part of the settings: frozen, and closed to keys nobody declared."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True
    )


def whsec(secret: SecretStr) -> SecretStr:
    """Standard Webhooks' own form, and long enough."""
    kind, _, key = secret.get_secret_value().partition("_")
    if kind != "whsec" or len(b64decode(key, validate=True)) < 24:
        raise ValueError("whsec_")
    return secret


def encrypted(url: str, info: ValidationInfo) -> str:
    """An address that may be asked: by https, but for one that `allow_private` speaks of."""
    if url.startswith("http://") and not info.data.get("allow_private"):
        raise ValueError("https")
    try:
        parts_of(url)
    except NotAllowed as wrong:
        raise ValueError("https") from wrong
    return url
