"""What somebody posts: who it is from, and no more of it than is read."""

import asyncio
import hmac
from base64 import b64decode
from binascii import Error as NoBase64
from json import JSONDecodeError

from pydantic import SecretStr
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.requests import Request

from workers.settings import HookSettings

LONGEST = 65_536  # bytes; a detail record of mod_json_cdr is some 15,000
SECONDS = 5.0
SIGNATURE = "webhook-signature"
ID = "webhook-id"


class NotTaken(Exception):
    """A sentence, and the status that it is told with."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


NOT_SIGNED = NotTaken(401, "The signature fits none of hooks.secrets, or is older than 5 minutes")


async def body_of(request: Request) -> bytes:
    """All of it. Raises `NotTaken` where that is more than `LONGEST`, or too slow."""
    try:
        async with asyncio.timeout(SECONDS):
            return await _all_of(request)
    except TimeoutError:
        raise NotTaken(408, f"A post must be here within {SECONDS:g} s") from None


async def _all_of(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST:
            raise NotTaken(413, f"A post may have {LONGEST} bytes")
    return body


def check(request: Request, body: bytes, settings: HookSettings) -> None:
    """That it is from a PBX: signed with one of the secrets within the last five minutes, or with
    the password. Raises `NotTaken`."""
    if SIGNATURE in request.headers:
        if not any(is_signed(request, body, secret) for secret in settings.secrets):
            raise NOT_SIGNED
    elif not shows_password(request, settings):
        raise NotTaken(401, "Neither signed nor with the password of the node")


def shows_password(request: Request, settings: HookSettings) -> bool:
    """Whether the request says by HTTP Basic that it is from the node of its path."""
    scheme, _, told = request.headers.get("authorization", "").partition(" ")
    if settings.password is None or scheme.lower() != "basic":
        return False
    try:
        shown = b64decode(told.strip(), validate=True)
    except (NoBase64, ValueError):
        return False
    node = request.url.path.split("/")[2]
    wanted = f"{node}:{settings.password.get_secret_value()}".encode()
    return hmac.compare_digest(shown, wanted)


def is_signed(request: Request, body: bytes, secret: SecretStr) -> bool:
    """Whether a body is signed with a secret, as Standard Webhooks says, lately."""
    try:
        Webhook(secret.get_secret_value()).verify(body, dict(request.headers))
    except (JSONDecodeError, RecursionError):
        # it reads the body once the signature has been found right
        return True
    except (WebhookVerificationError, ValueError):
        return False
    return True
