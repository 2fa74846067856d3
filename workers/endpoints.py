"""What a flow's `webhook` steps ask: the site's endpoints, posted to while the caller waits.

Each is asked beside the dialling loop, which never waits. A question goes out once, signed as
Standard Webhooks says, its id made of the call and the ticket; it is over within the step's own
time, whatever the endpoint does. Only a 2xx with a JSON object of at most 64 KiB is an answer, and
only the fields that the flow's file lists are taken from it, as texts that a variable can hold; if
one of them is missing, the answer counts as none. Redirects are not followed, and a name is
resolved here, to addresses that may be spoken to (`crm_sync.addresses`).
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
from standardwebhooks import Webhook

from campaigns.flow.scene import fitting
from campaigns.flow_effects import AskEndpoint
from crm_sync.addresses import NotAllowed, NotFound, at_address, host_header, resolve
from workers.settings import EndpointSettings

log = logging.getLogger(__name__)

AT_ONCE = 64  # questions on their way; one more is not asked
LONGEST = 65_536  # bytes of an answer
LONGEST_WAIT = 30.0  # seconds, for any part of an exchange; a step waits for less

Got = Mapping[str, str] | None
Answered = Callable[[AskEndpoint, Got], None]


class NoAnswer(Exception):
    """A sentence: why an endpoint has not answered. It holds nothing of what was sent."""


class Endpoints:
    """Of one campaign. `answered` is told once of each question, on the event loop's thread."""

    def __init__(
        self, known: Mapping[str, EndpointSettings], campaign: str, answered: Answered
    ) -> None:
        self._known = known
        self._campaign = campaign
        self._answered = answered
        self._on_their_way: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None

    def ask(self, ask: AskEndpoint) -> None:
        """Ask soon."""
        task = asyncio.get_running_loop().create_task(self._ask(ask))
        self._on_their_way.add(task)
        task.add_done_callback(self._on_their_way.discard)

    async def close(self) -> None:
        """Nothing is asked any more, and nobody is told."""
        for task in list(self._on_their_way):
            task.cancel()
        await asyncio.gather(*self._on_their_way, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    async def _ask(self, ask: AskEndpoint) -> None:
        got: Got = None
        try:
            got = await self._answer(ask)
        except NoAnswer as why:
            about = {"call": ask.call_id}
            log.warning("endpoint '%s' has not answered: %s", ask.endpoint, why, extra=about)
        self._answered(ask, got)

    async def _answer(self, ask: AskEndpoint) -> dict[str, str]:
        known = self._known.get(ask.endpoint)
        if known is None:
            raise NoAnswer(f"there is no [endpoints.{ask.endpoint}] in the settings")
        if len(self._on_their_way) > AT_ONCE:
            raise NoAnswer(f"{AT_ONCE} questions are on their way already")
        try:
            async with asyncio.timeout(ask.timeout):
                return _taken(await self._post(ask, known), ask.into)
        except TimeoutError:
            raise NoAnswer(f"nothing came within {ask.timeout:g} s") from None
        except (NotAllowed, NotFound) as refused:
            raise NoAnswer(str(refused)) from refused
        except (httpx.HTTPError, httpx.InvalidURL) as failed:
            raise NoAnswer(type(failed).__name__) from None

    async def _post(self, ask: AskEndpoint, known: EndpointSettings) -> bytes:
        request = await self._request(ask, known)
        response = await self._http().send(request, stream=True)
        try:
            if not response.is_success:
                raise NoAnswer(f"it answered {response.status_code}")
            return await _body(response)
        finally:
            await response.aclose()

    async def _request(self, ask: AskEndpoint, known: EndpointSettings) -> httpx.Request:
        target = await asyncio.to_thread(resolve, known.url, known.allow_private)
        now, it = datetime.now(UTC), f"{ask.call_id}:{ask.ticket}"
        body = self._question(ask, now)
        signer = Webhook(known.secret.get_secret_value())
        headers = {
            "content-type": "application/json",
            "accept": "application/json",
            "accept-encoding": "identity",  # what is packed may unpack to anything
            "user-agent": "dialplane",
            "host": host_header(known.url, target),
            "webhook-id": it,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signer.sign(it, now, body),
        }
        return self._http().build_request(
            "POST",
            at_address(known.url, target),
            content=body,
            headers=headers,
            extensions={"sni_hostname": target.host},  # the certificate is the name's
        )

    def _question(self, ask: AskEndpoint, now: datetime) -> str:
        about = {"attempt_id": str(ask.call_id), "campaign": self._campaign}
        data = {**about, "endpoint": ask.endpoint, "fields": ask.sent}
        content = {"type": "flow.asked", "timestamp": now.isoformat(), "data": data}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            limits = httpx.Limits(max_connections=AT_ONCE)
            self._client = httpx.AsyncClient(
                timeout=LONGEST_WAIT, follow_redirects=False, trust_env=False, limits=limits
            )
        return self._client


async def _body(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > LONGEST:
            raise NoAnswer(f"its answer is longer than {LONGEST} bytes")
    return body


def _taken(body: bytes, into: Mapping[str, str]) -> dict[str, str]:
    """The wanted fields of an answer, by variable."""
    if not into:
        return {}  # that it has answered is all that matters
    try:
        found: Any = orjson.loads(body)
    except ValueError:
        raise NoAnswer("its answer is no JSON") from None
    if not isinstance(found, dict):
        raise NoAnswer("its answer is no JSON object")
    texts = {name: fitting(found.get(field)) for name, field in into.items()}
    missing = sorted(into[name] for name, text in texts.items() if text is None)
    if missing:
        raise NoAnswer(f"its answer lacks {', '.join(missing)}, or these are no short texts")
    return {name: text for name, text in texts.items() if text is not None}
