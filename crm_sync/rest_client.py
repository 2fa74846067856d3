"""Requests to a REST CRM, and what its answers are worth.

The name is resolved once for each request, to an address that may be spoken to
(`crm_sync.addresses`); no redirect is followed, and a link to the next page stays on the same host.
An answer has a time and a size. What a CRM says of an error is cut short, and may hold values of a
customer's: it is for the operator, and stays in the database.
"""

import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus, urlencode, urljoin, urlsplit

import httpx
import orjson

from crm_sync.adapter import AdapterError, Failed
from crm_sync.addresses import NotAllowed, NotFound, at_address, host_header, resolve
from crm_sync.rest_map import Request, RestMap, Wrong
from crm_sync.rest_paths import decoded, get
from crm_sync.rest_template import filled, path, text
from crm_sync.webhook import ABOUT_THE_MESSAGE, ASKS_TO_WAIT, retry_after

LONGEST = 16 * 1024 * 1024
LOOKED_AT, SHOWN = 65_536, 200
NO_SECRETS = ("secret.database", "secret.user", "secret.client_id")
SHORTEST_SECRET = 4
NO_JSON = object()
TOO_MANY, NOT_LET_IN = 429, 401
BUSY = 10.0  # seconds to leave one alone that answers 429 and does not say for how long
_TYPES = {False: "application/json", True: "application/x-www-form-urlencoded"}


class Refused(AdapterError):
    """A request that came to nothing. `failed`: for which reason; `away`: nobody answers, so that
    nothing else is worth trying now; `status`: of the answer, if there was one."""

    def __init__(self, failed: Failed, away: bool = False, status: int = 0) -> None:
        super().__init__(failed.why)
        self.failed, self.away, self.status = failed, away, status
        self.wait = failed.wait


class RestClient:
    """One CRM's address."""

    def __init__(
        self,
        url: str,
        mapped: RestMap,
        secrets: Mapping[str, str],
        timeout: float,
        allow_private: bool,
    ) -> None:
        self._url = url.rstrip("/")
        self._map = mapped
        self._secrets = {f"secret.{name}": value for name, value in secrets.items()}
        self._timeout = timeout
        self._allow_private = allow_private
        self._login: dict[str, Any] | None = None
        self._next_at = 0.0
        self._client = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False)

    def ask(self, request: Request, given: Mapping[str, Any], link: str = "") -> Any:
        """The answer, as JSON. `link`: asked in place of the request's path. Where a login of
        before has run out, it logs in anew and asks once more. Raises `Refused`."""
        may_be_old = self._login is not None
        try:
            return self._ask(request, given, link)
        except Refused as refused:
            if not (may_be_old and refused.status == NOT_LET_IN):
                raise
        return self._ask(request, given, link)

    def close(self) -> None:
        self._client.close()

    def _ask(self, request: Request, given: Mapping[str, Any], link: str) -> Any:
        login = self._logged_in()
        known = {**given, **self._secrets, **login}
        url = self._linked(link) if link else self._full(request, known)
        try:
            return self._answer(request, url, known, self._auth(known))
        except Refused as refused:
            if login and not refused.away:
                self._login = None  # it may have run out: the next one logs in anew
            raise

    def _logged_in(self) -> dict[str, Any]:
        if self._map.login is None:
            return {}
        if self._login is None:
            told = self._map.login
            url = self._full(told.request, self._secrets)
            try:
                answer = self._answer(told.request, url, self._secrets, {})
            except Refused as refused:  # which is about no message, whatever its status
                raise Refused(replace(refused.failed, for_good=False), away=True) from refused
            taken = {f"login.{name}": get(answer, at) for name, at in told.take.items()}
            if not all(taken.values()):
                raise Refused(Failed(f"{self._host()}: it did not let us in"), away=True)
            self._login = taken
        return self._login

    def _full(self, request: Request, known: Mapping[str, Any]) -> str:
        query = {name: text(value, known) for name, value in request.query.items()}
        return self._url + path(request.path, known) + (f"?{urlencode(query)}" if query else "")

    def _linked(self, link: str) -> str:
        full, ours = urlsplit(urljoin(self._url + "/", link)), urlsplit(self._url)
        if (full.scheme, full.netloc) != (ours.scheme, ours.netloc):
            raise Refused(Failed(f"{self._host()}: its next page is on another host: refused"))
        return full.geturl()

    def _auth(self, known: Mapping[str, Any]) -> dict[str, str]:
        auth = self._map.auth
        if auth is None:
            return {}
        shown = text(auth.text, known)
        shown = b64encode(shown.encode()).decode() if auth.base64 else shown
        return {auth.header: f"{auth.scheme} {shown}".strip()}

    def _answer(
        self, request: Request, url: str, known: Mapping[str, Any], auth: Mapping[str, str]
    ) -> Any:
        host = self._host()
        try:
            target = resolve(url, self._allow_private)
            built = self._client.build_request(
                request.method,
                at_address(url, target),
                content=_body(request, known),
                headers={
                    "accept": "application/json",
                    "accept-encoding": "identity",  # what is packed may unpack to anything
                    "content-type": _TYPES[request.form is not None],
                    "user-agent": "dialplane",
                    **{name: text(value, known) for name, value in request.headers.items()},
                    **auth,
                    "host": host_header(url, target),
                },
                extensions={"sni_hostname": target.host},  # the certificate is the name's
            )
            self._wait_for_turn()
            return self._judged(*self._send(built))
        except NotAllowed as refused:
            raise Refused(Failed(str(refused)), away=True) from refused
        except NotFound as unknown:
            raise Refused(Failed(str(unknown)), away=True) from unknown
        except (httpx.InvalidURL, UnicodeEncodeError, ValueError) as wrong:
            why = f"{host}: it cannot be put into a request: {type(wrong).__name__}"
            raise Refused(Failed(why, for_good=True)) from None
        except httpx.HTTPError as failed:
            why = f"{host}: {type(failed).__name__}: {self._hidden(str(failed))}"
            raise Refused(Failed(why), away=True) from None

    def _send(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        until, body = time.monotonic() + self._timeout, bytearray()
        response = self._client.send(request, stream=True)
        try:
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > LONGEST:
                    raise Refused(
                        Failed(f"{self._host()}: its answer is longer than {LONGEST} bytes")
                    )
                if time.monotonic() > until:
                    raise httpx.ReadTimeout("its answer does not come to an end", request=request)
        finally:
            response.close()
        return response, bytes(body)

    def _judged(self, response: httpx.Response, body: bytes) -> Any:
        answer = _json(body)
        signs = (sign for sign in self._map.errors if sign.is_so(get(answer, sign.at)))
        sign = next(signs, None)
        if sign is not None or not response.is_success:
            raise self._refused(response, body, answer, sign)
        if answer is NO_JSON:
            raise Refused(Failed(f"{self._host()}: its answer is no JSON"))
        return decoded(answer) if self._map.times == "tryton" else answer

    def _refused(
        self, response: httpx.Response, body: bytes, answer: Any, sign: Wrong | None
    ) -> Refused:
        status = response.status_code
        wait = retry_after(response) if status in ASKS_TO_WAIT else 0.0
        wait = wait or (BUSY if status == TOO_MANY else 0.0)
        said, for_good = self._said(body), status in ABOUT_THE_MESSAGE
        if sign is None:
            return _refused(f"{self._host()}: answered {status}{said}", for_good, wait, status)
        said = f": {self._hidden(_worded(get(answer, sign.says)))[:SHOWN]}" if sign.says else ""
        why = f"{self._host()}: answered {status} with an error{said}"
        over = for_good or sign.for_good or sign.gone
        return _refused(why, over, max(wait, sign.wait), status, sign.gone)

    def _said(self, body: bytes) -> str:
        """The beginning of what a CRM says of an error, for people."""
        words = " ".join(body[:LOOKED_AT].decode("utf-8", "replace").split())
        return f": {self._hidden(words)[:SHOWN]}" if words else ""

    def _hidden(self, words: str) -> str:
        """Some CRMs repeat what they were sent: no secret is shown or logged for that."""
        known = {**self._secrets, **(self._login or {})}
        told = [str(value) for name, value in known.items() if name not in NO_SECRETS]
        told += [value.split()[-1] for value in self._auth(known).values() if value]
        for secret in sorted(set(told), key=len, reverse=True):
            if len(secret) >= SHORTEST_SECRET:
                for form in (secret, quote(secret, safe=""), quote_plus(secret)):
                    words = words.replace(form, "***")
        return words

    def _wait_for_turn(self) -> None:
        if not self._map.rate:
            return
        pause = self._next_at - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        self._next_at = max(time.monotonic(), self._next_at) + 1 / self._map.rate

    def _host(self) -> str:
        return urlsplit(self._url).hostname or "?"


def _refused(why: str, over: bool, wait: float, status: int, gone: bool = False) -> Refused:
    return Refused(Failed(why, over, wait, gone), wait > 0, status)


def _body(request: Request, known: Mapping[str, Any]) -> bytes | None:
    if request.form is not None:
        return urlencode({n: text(v, known) for n, v in request.form.items()}).encode()
    if request.json_ is None:
        return None
    return orjson.dumps(filled(request.json_, known), default=str)


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body) if body.strip() else None
    except ValueError:
        return NO_JSON


def _worded(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
