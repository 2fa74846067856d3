"""Checks of the queue: is Redis lasting and closed, are the keys ours alone, was a job refused."""

import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import redis

from cli.health import Finding, Verdict
from storage.engine import Store
from workers.job_keys import KEYS_NAME, site_keys
from workers.jobs import Reason
from workers.redis_server import answers, connect, locate
from workers.refusals import refused
from workers.settings import Settings, SettingsError

NOWHERE = "192.0.2.1"  # nobody's address: nothing is sent there
APPEND_ONLY = "let Redis keep an append-only file (appendonly yes)"
CLOSED = "give Redis a password or an access list (docker/valkey has one), or bind it to 127.0.0.1"


def queue_findings(settings: Settings) -> Iterator[Finding]:
    """What can be asked of a Redis that answers; of the site's own only what may have come in."""
    url = locate(settings)
    if url is None:
        return
    try:
        with connect(url) as client:
            if settings.redis_url is not None:
                yield lasting(client.info("persistence"))
                yield closed(open_at(url))
            yield jobs(refused(client))
    except redis.RedisError as wrong:
        mend = "give Dialplane's user the rights of docker/valkey/users.acl"
        yield Finding("redis", Verdict.WARNING, f"it cannot be looked at: {wrong}", mend)


def lasting(persistence: Mapping[str, object]) -> Finding:
    """Losing it loses no call; but every worker waits until all is rung for again."""
    if not persistence.get("aof_enabled"):
        words = "it writes nothing down: a restart forgets what was rung for"
        return Finding("redis", Verdict.WARNING, words, APPEND_ONLY)
    return Finding("redis", Verdict.OK, "it keeps an append-only file")


def closed(where: str | None) -> Finding:
    """`where`: an address beyond loopback at which it lets anybody in."""
    if where is not None:
        words = f"it lets in anybody who reaches {where}, without a password"
        return Finding("redis", Verdict.WRONG, words, CLOSED)
    return Finding("redis", Verdict.OK, "it lets in nobody from elsewhere without a password")


def jobs(refused: Mapping[Reason, int]) -> Finding:
    """Jobs that have waited for too long are nobody's fault: they are rung for again."""
    told = {reason: n for reason, n in refused.items() if reason is not Reason.EXPIRED}
    if not told:
        return Finding("jobs", Verdict.OK, "none was refused")
    words = "; ".join(f"{number} refused: {reason.value}" for reason, number in told.items())
    mend = "find out who else can write to Redis, or which machine has another key (docs/queue.md)"
    return Finding("jobs", Verdict.WARNING, words, mend)


def keys(settings: Settings, store: Store) -> Finding:
    """They are those of the site, and nobody else can read them."""
    try:
        site_keys(settings, store)
    except SettingsError as wrong:
        mend = "see the sentence; after that: dialplane doctor"
        return Finding("job keys", Verdict.WRONG, str(wrong), mend)
    file = settings.home / KEYS_NAME
    if settings.job_keys:
        return Finding("job keys", Verdict.OK, "those of the settings")
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        words = f"{file} may be read by others, who could make workers run jobs"
        mend = f"run: chmod 600 {file}; then: dialplane init --new-job-key"
        return Finding("job keys", Verdict.WRONG, words, mend)
    return Finding("job keys", Verdict.OK, str(file))


def open_at(url: str) -> str | None:
    """The first address beyond loopback at which Redis answers whoever asks."""
    parts = urlsplit(url)
    if not parts.hostname:
        return None  # a socket: files have their own rights
    said = parse_qsl(parts.query)
    query = urlencode([(k, v) for k, v in said if k not in ("username", "password")])
    for host in addresses_of(parts.hostname):
        shown = f"[{host}]" if ":" in host else host
        where = f"{shown}:{parts.port or 6379}"
        if answers(urlunsplit((parts.scheme, where, "/0", query, ""))):
            return where
    return None


def addresses_of(host: str) -> list[str]:
    """Where a server named `host` can be reached from elsewhere: of this machine, all we know."""
    if not _is_loopback(host):
        return [host]
    found: set[str] = set()
    with suppress(OSError):
        found |= {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((NOWHERE, 9))
        found.add(probe.getsockname()[0])
    return sorted(address for address in found if not _is_loopback(address))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"
