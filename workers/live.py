"""What others may see of a running campaign at once, and how they wake it: through Redis.

Nothing here is needed for dialling. Without Redis the screens stand still, and orders are seen
at the next poll of the database instead of at once.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import redis
import redis.asyncio

from workers.shot import read_shot

log = logging.getLogger(__name__)

SNAPSHOT_SECONDS = 0.25
KEPT_SECONDS = 5  # a snapshot nobody renews is gone, so that no screen shows a dead campaign
AWAY_SECONDS = 2.0

Snapshot = Callable[[], dict[str, Any]]


def live_key(campaign: str) -> str:
    """The key of a campaign's latest snapshot, and the channel on which each is published."""
    return f"dialplane:live:{campaign}"


def nudge_channel(campaign: str) -> str:
    """Where somebody who has written an order says so; the message itself means nothing."""
    return f"dialplane:nudge:{campaign}"


def read_live(client: "redis.Redis", campaign: str) -> dict[str, Any] | None:
    """The latest snapshot, at most a few seconds old; None when the campaign is not running.

    Raises `StrangeSnapshot`.
    """
    found = client.get(live_key(campaign))
    return read_shot(campaign, found) if isinstance(found, bytes) else None


def nudge(client: "redis.Redis", campaign: str) -> None:
    """Say that there are orders for a campaign. Without Redis they are seen a moment later."""
    try:
        client.publish(nudge_channel(campaign), "look")
    except redis.RedisError as away:
        log.debug("no nudge: %s", away)


class Live:
    """A campaign's side of it, on connections of its own."""

    def __init__(self, url: str, campaign: str) -> None:
        self._campaign = campaign
        self._redis = redis.asyncio.Redis.from_url(
            url, socket_connect_timeout=2, socket_timeout=None, health_check_interval=5
        )

    async def publish(self, snapshot: Snapshot) -> None:
        """Publish a snapshot four times a second, until cancelled."""
        key = live_key(self._campaign)
        while True:
            text = json.dumps(snapshot(), separators=(",", ":"))
            try:
                async with asyncio.timeout(AWAY_SECONDS):
                    await self._redis.set(key, text, ex=KEPT_SECONDS)
                    await self._redis.publish(key, text)
            except (redis.RedisError, OSError, TimeoutError) as away:
                log.debug("no live view: %s", away)
                await asyncio.sleep(AWAY_SECONDS)
            await asyncio.sleep(SNAPSHOT_SECONDS)

    async def listen(self, nudged: Callable[[], None]) -> None:
        """Call `nudged` for each nudge, until cancelled."""
        while True:
            try:
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(nudge_channel(self._campaign))
                    async for _ in channel.listen():
                        nudged()
            except (redis.RedisError, OSError) as away:
                log.debug("no nudges: %s", away)
                await asyncio.sleep(AWAY_SECONDS)

    async def close(self) -> None:
        """Take the snapshot away, so that screens see at once that nobody dials."""
        try:
            async with asyncio.timeout(AWAY_SECONDS):
                await self._redis.delete(live_key(self._campaign))
        except (redis.RedisError, OSError, TimeoutError) as away:
            log.debug("the last snapshot stays for a moment: %s", away)
        await self._redis.aclose()
