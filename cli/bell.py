"""Telling the workers that there is something in the database for them."""

import redis

from cli.site import Site, site_redis
from workers.job_keys import read_keys
from workers.live import nudge
from workers.queue import ring
from workers.redis_binary import NoRedis
from workers.settings import SettingsError


def ring_workers(site: Site, campaign: str, dial: bool = False) -> bool:
    """Wake whoever dials a campaign; with `dial`, ask for somebody to dial it.

    False: there is no Redis to tell it by, or no key to seal it with. Nothing is lost then:
    the database holds the order, and whoever starts next reads it there.
    """
    try:
        with site_redis(site.settings) as client:
            if dial:
                ring(client, "run_campaign", campaign, keys=read_keys(site.settings))
            nudge(client, campaign)
    except (NoRedis, SettingsError, redis.RedisError):
        return False
    return True


def ring_for_rules(site: Site) -> None:
    """Have a worker look now for whom rules wait that nobody follows up; without it, one does
    within twenty seconds."""
    try:
        with site_redis(site.settings) as client:
            ring(client, "heed_changes", keys=read_keys(site.settings))
    except (NoRedis, SettingsError, redis.RedisError):
        return
