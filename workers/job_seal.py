"""Which jobs of those that lie in Redis are ours: decided before a byte of them is understood.

The seal is an HMAC-SHA256 over all that makes a job: its id, its queue, the time at which it was
made, and its payload (function, instance, args, kwargs) as the bytes that will be parsed. Each
part is preceded by its length, so that none can borrow from its neighbour. A job copied under
another id, moved to another queue or changed in any part therefore has no seal; one that is put
again as it was has, for an hour, and does no harm: every job may run twice.
"""

import hashlib
import hmac
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from workers.jobs import QUEUE_OF, JobRefused, Reason, check_arguments, function_of

LONGEST = 4096  # bytes of a payload; ours have about a hundred
OLDEST = timedelta(hours=1)
VERSION = b"1"


@dataclass(frozen=True, slots=True)
class Found:
    """A job as it lay in Redis. `data`: the payload, None where it is too long or no zlib."""

    id: str
    origin: str = ""
    created_at: str = ""
    seal: str = ""
    data: bytes | None = field(default=None, repr=False)
    has_callbacks: bool = False


def seal(key: bytes, found: Found) -> str:
    """The seal of a job, in hexadecimal."""
    texts = (found.id, found.origin, found.created_at)
    parts = [VERSION, *(text.encode() for text in texts), found.data or b""]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def admit(
    found: Found, taken_from: str, keys: Sequence[bytes], now: datetime
) -> Callable[..., Any]:
    """The function to run for a job taken from the queue `taken_from`. Raises `JobRefused`."""
    if found.data is None:
        raise JobRefused(Reason.PAYLOAD)
    if found.has_callbacks:
        raise JobRefused(Reason.CALLBACKS)
    if not _is_sealed(found, keys):
        raise JobRefused(Reason.SEAL)
    if _is_old(found.created_at, now):
        raise JobRefused(Reason.EXPIRED)
    name, args, kwargs = _read(found.data)
    if found.origin != taken_from or QUEUE_OF.get(name, taken_from) != taken_from:
        raise JobRefused(Reason.QUEUE)
    check_arguments(name, args, kwargs)
    return function_of(name)


def inflated(data: bytes) -> bytes | None:
    """What RQ has packed, if it is no longer than `LONGEST`; a bomb is not let off."""
    if len(data) > LONGEST:
        return None
    opened = zlib.decompressobj()
    try:
        plain = opened.decompress(data, LONGEST)
    except zlib.error:
        return None
    return plain if opened.eof else None


def _is_sealed(found: Found, keys: Sequence[bytes]) -> bool:
    given = found.seal.encode()
    return any(hmac.compare_digest(seal(key, found).encode(), given) for key in keys)


def _is_old(created_at: str, now: datetime) -> bool:
    """It is sealed: whoever wrote this time holds a key."""
    return now - datetime.fromisoformat(created_at) > OLDEST


def _read(data: bytes) -> tuple[str, Any, Any]:
    try:
        name, instance, args, kwargs = json.loads(data)
    except (ValueError, TypeError, RecursionError) as unreadable:
        raise JobRefused(Reason.PAYLOAD) from unreadable
    if instance is not None or not isinstance(name, str):
        raise JobRefused(Reason.UNKNOWN)
    return name, args, kwargs
