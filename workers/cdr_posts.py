"""Posts the records of an Asterisk's calls to a site, signed as it asks for (docs/hooks.md)."""

import json
from datetime import UTC, datetime

import httpx
from standardwebhooks import Webhook

from connectors.detail import CallDetail

PATIENCE = 5.0  # seconds


class NotReached(Exception):
    """A sentence: the site does not take it now; it may later."""


class NotTaken(Exception):
    """A sentence: the site will not take it, however often it is posted."""


class BadSecret(Exception):
    """A sentence: what is not right with the secret."""


class Poster:
    """A connection to a site's `POST /pbx/NODE/hooks`."""

    def __init__(self, url: str, secret: str) -> None:
        """Raises `BadSecret`."""
        try:
            self._signer = Webhook(secret)
        except ValueError:
            raise BadSecret("the secret is none: it is whsec_ and base64") from None
        self._url, self._client = url, httpx.Client(timeout=PATIENCE)

    def post(self, detail: CallDetail) -> None:
        """The same record has the same id, and counts once. Raises `NotReached`, `NotTaken`."""
        told_id = f"cdr-{detail.call_id}-{int(detail.ended_at.timestamp())}"
        now = datetime.now(UTC)
        body = json.dumps(_told(detail, now))
        head = {
            "content-type": "application/json",
            "webhook-id": told_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(told_id, now, body),
        }
        try:
            answer = self._client.post(self._url, content=body, headers=head)
        except httpx.HTTPError as wrong:
            raise NotReached(f"{self._url} does not answer ({type(wrong).__name__})") from None
        self._require_taken(answer)

    def close(self) -> None:
        self._client.close()

    def _require_taken(self, answer: httpx.Response) -> None:
        if answer.is_success:
            return
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise BadSecret(
                f"{self._url} does not know the secret; it is one of [hooks] secrets in the site's "
                "settings, and both clocks must be right"
            )
        told = f"{self._url} answers {answer.status_code}"
        raise (NotReached if answer.status_code >= 500 else NotTaken)(told)


def _told(detail: CallDetail, now: datetime) -> dict[str, object]:
    answered = detail.answered_at.isoformat() if detail.answered_at is not None else None
    data = {
        "call_id": str(detail.call_id),
        "ended_at": detail.ended_at.isoformat(),
        "answered_at": answered,
        "cause": detail.cause,
    }
    return {"type": "call.ended", "timestamp": now.isoformat(), "data": data}
