"""Names that must be tokens, looked at before anything is done with them."""

from cli.errors import InputError
from connectors.calls import TOKEN

EXPECTED = "letters, digits, '-' and '_', at most 64, a letter or digit first"


def token(given: str, field: str) -> str:
    """`given`, the value of `field`, which is a token. Raises `InputError`."""
    if not TOKEN.fullmatch(given):
        raise InputError(f"{field}: expected {EXPECTED} (got {given!r:.40})")
    return given
