"""A service on the web that checks numbers: JSON over HTTP, its keys and words as the settings say.

The name is resolved for each batch, to addresses that may be spoken to (`crm_sync.addresses`);
redirects are not followed, and an answer is read to 1 MiB at most. Numbers are known again by
their digits, however it writes them; what it says of others is passed over, but an answer about
nothing that was asked, or that tells of an error, is none: numbers would not be asked about again.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from campaigns.crm.validity import Verdict
from crm_sync.addresses import NotAllowed, NotFound, Target, at_address, host_header, resolve
from crm_sync.checker import CheckFailed

LONGEST_ANSWER = 1 << 20
_ERRORS = ("error", "errors")


class HttpChecker:
    """See `crm_sync.checker.Checker`."""

    name = "number_check"

    def __init__(
        self,
        url: str,
        token: str | None,
        timeout: float,
        at_most: int,
        allow_private: bool,
        keys: Mapping[str, str],
        words: Mapping[str, Verdict],
    ) -> None:
        """`keys`: what the answer calls `results`, `number` and `verdict`; `words`: its words,
        folded, and what they mean."""
        self.at_most = at_most
        self._url = url
        self._token = token
        self._allow_private = allow_private
        self._keys = keys
        self._words = words
        self._client = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False)

    def check(self, numbers: Sequence[str]) -> Mapping[str, Verdict]:
        """See `Checker.check`."""
        try:
            target = resolve(self._url, self._allow_private)
        except (NotAllowed, NotFound) as refused:
            raise CheckFailed(str(refused)) from refused
        try:
            body = self._post(numbers, target)
        except (httpx.HTTPError, httpx.InvalidURL) as failed:
            raise CheckFailed(f"{target.host}: {type(failed).__name__}") from None
        return self._read(body, {_digits(number): number for number in numbers}, target.host)

    def close(self) -> None:
        """See `Checker.close`."""
        self._client.close()

    def _post(self, numbers: Sequence[str], target: Target) -> bytes:
        headers = {
            "content-type": "application/json",
            "accept": "application/json",
            "accept-encoding": "identity",  # what is packed may unpack to anything
            "user-agent": "dialplane",
            "host": host_header(self._url, target),
            **({"authorization": f"Bearer {self._token}"} if self._token else {}),
        }
        with self._client.stream(
            "POST",
            at_address(self._url, target),
            content=json.dumps({"numbers": list(numbers)}),
            headers=headers,
            extensions={"sni_hostname": target.host},  # the certificate is the name's
        ) as response:
            if not response.is_success:
                raise CheckFailed(f"{target.host}: it answered {response.status_code}")
            return _short(response, target.host)

    def _read(self, body: bytes, asked: Mapping[str, str], host: str) -> dict[str, Verdict]:
        """`asked`: the numbers by their digits."""
        try:
            answer = json.loads(body)
            results = answer[self._keys["results"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise CheckFailed(f"{host}: its answer has no '{self._keys['results']}'") from None
        if not isinstance(results, list):
            raise CheckFailed(f"{host}: '{self._keys['results']}' of its answer is no list")
        if not results and any(answer.get(key) for key in _ERRORS):
            raise CheckFailed(f"{host}: its answer tells of an error")
        told = [self._one(each) for each in results if isinstance(each, dict)]
        named = [(asked[digits], verdict) for digits, verdict in told if digits in asked]
        if results and not named:
            raise CheckFailed(f"{host}: its answer names no number that was asked about")
        return {number: verdict for number, verdict in named if verdict}

    def _one(self, each: Mapping[str, Any]) -> tuple[str, Verdict | None]:
        number, word = each.get(self._keys["number"]), each.get(self._keys["verdict"])
        return _digits(str(number)), self._words.get(str(word).casefold())


def open_checker(
    url: str,
    token: str | None,
    timeout: float,
    batch: int,
    allow_private: bool,
    results: str,
    number: str,
    verdict: str,
    valid: Sequence[str],
    invalid: Sequence[str],
    unreachable: Sequence[str],
    **_: Any,
) -> HttpChecker:
    """The checker for the section `[number_check]` of the settings."""
    meant = ((Verdict.VALID, valid), (Verdict.INVALID, invalid), (Verdict.UNREACHABLE, unreachable))
    words = {word.casefold(): which for which, those in meant for word in those}
    keys = {"results": results, "number": number, "verdict": verdict}
    return HttpChecker(url, token, timeout, batch, allow_private, keys, words)


def _digits(number: str) -> str:
    """An E.164 number without its plus, also of `0086 139...`."""
    return "".join(char for char in number if char in "0123456789").lstrip("0")


def _short(response: httpx.Response, host: str) -> bytes:
    body = b""
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > LONGEST_ANSWER:
            raise CheckFailed(f"{host}: its answer is longer than {LONGEST_ANSWER} bytes")
    return body
