"""Posts each result to a URL, signed as Standard Webhooks (standardwebhooks.com) says.

The body is `{"type": ..., "timestamp": ..., "data": {...}}`. `webhook-id` and `Idempotency-Key`
are the id of the message in our outbox: the same however often it is sent. A 2xx is an arrival.
Of the rest, 400, 410, 413 and 422 speak of the message itself, which stays as it is: it is given
up. All others may get better: a wrong secret (401, 403) or path (404, 405) is mended by people, a
conflict (409) or a rate limit (429) passes.

A message has its `timeout` as a whole, whatever the receiver does with it: a limit for each read
alone would be kept by one that sends a byte now and then, for hours.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

import httpx
from standardwebhooks import Webhook

from crm_sync.adapter import Failed
from crm_sync.addresses import NotAllowed, NotFound, Target, at_address, host_header, resolve
from storage.outbox import Taken

AT_ONCE = 8
LONGEST_ANSWER = 65_536
DEADLINE = 50.0  # a batch is dealt with before the outbox gives it to somebody else
ASKS_TO_WAIT = frozenset({429, 503})
ABOUT_THE_MESSAGE = frozenset({400, 410, 413, 422})  # 410: the receiver wants no more of it


@dataclass(slots=True)
class _Trip:
    """One batch on its way. `away`: nobody answers; the rest of the batch is not tried."""

    target: Target
    away: Failed | None = None
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))


class WebhookAdapter:
    """A receiver on the web. Up to eight messages are on their way at once."""

    name = "webhook"

    def __init__(
        self, url: str, secret: str, timeout: float = 10.0, allow_private: bool = False
    ) -> None:
        """`secret`: `whsec_...`; `timeout` in seconds, for each message."""
        self._timeout = min(timeout, DEADLINE)
        self.at_most = AT_ONCE * max(1, int(DEADLINE / self._timeout))
        self._url = url
        self._signer = Webhook(secret)
        self._allow_private = allow_private
        self._runner = asyncio.Runner()
        limits = httpx.Limits(max_connections=AT_ONCE)
        self._client = httpx.AsyncClient(
            timeout=self._timeout, follow_redirects=False, trust_env=False, limits=limits
        )

    def push(self, batch: Sequence[Taken]) -> dict[UUID, Failed]:
        """See `Adapter.push`. The name is resolved once for the batch."""
        try:
            target = resolve(self._url, self._allow_private)
        except NotAllowed as refused:
            return {message.id: Failed(str(refused), for_good=True) for message in batch}
        except NotFound as unknown:
            return {message.id: Failed(str(unknown)) for message in batch}
        verdicts = self._runner.run(self._post_all(batch, target))
        return {m.id: failed for m, failed in zip(batch, verdicts, strict=True) if failed}

    def close(self) -> None:
        """See `Adapter.close`."""
        if not self._client.is_closed:
            self._runner.run(self._client.aclose())
        self._runner.close()

    async def _post_all(self, batch: Sequence[Taken], target: Target) -> list[Failed | None]:
        trip = _Trip(target)
        return await asyncio.gather(*(self._post(message, trip) for message in batch))

    async def _post(self, message: Taken, trip: _Trip) -> Failed | None:
        host = trip.target.host
        async with trip.gate:
            if trip.away is not None:
                return trip.away
            try:
                return _judge(await self._send(message, trip.target), host)
            except TimeoutError:
                trip.away = Failed(f"{host}: no answer within {self._timeout:g} s")
            except httpx.HTTPError as failed:
                trip.away = Failed(f"{host}: {type(failed).__name__}: {failed}")
            except (httpx.InvalidURL, ValueError) as wrong:
                return Failed(f"{host}: it cannot be put into a request: {wrong}")
            return trip.away

    async def _send(self, message: Taken, target: Target) -> httpx.Response:
        """The answer. Its first line counts, whatever becomes of the rest."""
        response: httpx.Response | None = None
        try:
            async with asyncio.timeout(self._timeout):
                request = self._request(message, target)
                response = await self._client.send(request, stream=True)
                await _skip_body(response)
        except (TimeoutError, httpx.HTTPError):
            if response is None:
                raise
        finally:
            if response is not None:
                await response.aclose()
        return response

    def _request(self, message: Taken, target: Target) -> httpx.Request:
        now = datetime.now(UTC)
        body = _body(message, now)
        headers = {
            "content-type": "application/json",
            "user-agent": "dialplane",
            "host": host_header(self._url, target),
            "idempotency-key": str(message.id),
            "webhook-id": str(message.id),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(str(message.id), now, body),
        }
        return self._client.build_request(
            "POST",
            at_address(self._url, target),
            content=body,
            headers=headers,
            extensions={"sni_hostname": target.host},  # the certificate is the name's
        )


def open_adapter(
    url: str, secret: str, timeout: float = 10.0, allow_private: bool = False
) -> WebhookAdapter:
    """The adapter for the section `[webhook]` of the settings."""
    return WebhookAdapter(url, secret, timeout, allow_private)


def _body(message: Taken, now: datetime) -> str:
    content: dict[str, Any] = {
        "type": message.kind,
        "timestamp": now.isoformat(),
        "data": {**message.payload, "idempotency_key": message.idempotency_key},
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


async def _skip_body(response: httpx.Response) -> None:
    """Read a short answer to its end, so that the connection can be used again; no long one."""
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > LONGEST_ANSWER:
            return


def _judge(response: httpx.Response, host: str) -> Failed | None:
    status = response.status_code
    if response.is_success:
        return None
    if response.is_redirect:
        return Failed(f"{host}: answered {status}; redirects are not followed")
    wait = retry_after(response) if status in ASKS_TO_WAIT else 0.0
    return Failed(f"{host}: answered {status}", status in ABOUT_THE_MESSAGE, wait)


def retry_after(response: httpx.Response) -> float:
    """Seconds that a receiver asks to be left alone; 0: it does not say, or says a date of ours
    that is over."""
    raw = response.headers.get("retry-after", "").strip()
    if raw.isascii() and raw.isdigit():
        return float(raw[:6])
    try:
        at = parsedate_to_datetime(raw)
    except (TypeError, ValueError):
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
