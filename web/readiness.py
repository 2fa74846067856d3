"""Whether a site can dial, judged part by part; each with a sentence. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from campaigns.orders import CampaignState
from workers.jobs import DIAL
from workers.overview import Overview

_INSTEAD = "The replica is not read from: {}; the database is read instead."


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a site. `words`: what is right or wrong with it."""

    part: str
    ok: bool
    words: str


def judge(seen: Overview) -> list[Part]:
    """Database, Redis, workers, and the PBX links of each campaign that is to run."""
    return [_database(seen), *_replica(seen), _redis(seen), _workers(seen), *_links(seen)]


def _database(seen: Overview) -> Part:
    words = seen.database or "The database answers and is of this program's version."
    return Part("database", not seen.database, words)


def _replica(seen: Overview) -> Iterator[Part]:
    """A site dials without it."""
    if seen.replica is not None:
        words = "The replica is read from." if not seen.replica else _INSTEAD.format(seen.replica)
        yield Part("replica", True, words)


def _redis(seen: Overview) -> Part:
    return Part("redis", not seen.redis, seen.redis or "Redis answers.")


def _workers(seen: Overview) -> Part:
    """A supervisor tells of itself twice a second; who holds a lease lives, says Redis or not."""
    waiting = next((queue.workers for queue in seen.queues if queue.name == DIAL), 0)
    dialling = len({campaign.holder for campaign in seen.campaigns if campaign.dialled})
    if seen.swept and (waiting or dialling):
        return Part("workers", True, f"{max(waiting, dialling)} dial workers are there.")
    return Part("workers", False, "No worker is there; run: dialplane up, or dialplane worker")


def _links(seen: Overview) -> Iterator[Part]:
    for campaign in seen.campaigns:
        if campaign.wanted is CampaignState.RUNNING:
            wrong = _why_not(seen, campaign.name)
            words = wrong or f"Campaign '{campaign.name}' is dialled, and its PBX links are up."
            yield Part(f"campaign {campaign.name}", not wrong, words)


def _why_not(seen: Overview, name: str) -> str:
    if name in seen.unreadable:
        return f"What the worker of campaign '{name}' tells in Redis cannot be read."
    shot = seen.live.get(name)
    if shot is None:
        return f"Campaign '{name}' is to run, and no worker tells that it dials it."
    down = sorted(set(shot.get("nodes", ())) - set(shot.get("nodes_up", ())))
    if not down:
        return ""
    why = f": {'; '.join(trouble)}" if (trouble := shot.get("trouble")) else ""
    return f"Campaign '{name}' has no link to PBX {', '.join(down)}{why}"
