"""One worker process, forked off the nursery of its supervisor (`workers.nursery`)."""

import sys
import time
from importlib import import_module
from urllib.parse import urlsplit

import redis

from connectors.pbx import CONNECTORS, PbxError
from storage.engine import open_store
from storage.errors import StorageError
from workers.context import Context, use
from workers.forgetting import forgotten_in_redis
from workers.job_keys import require_keys
from workers.jobs import DIAL, JOBS, QUEUE_OF
from workers.lifeline import end_with_parent
from workers.logs import set_up_logs
from workers.redis_binary import NoRedis
from workers.redis_server import connect, locate
from workers.settings import Settings, SettingsError
from workers.settings_file import load_settings
from workers.worker import DoorbellWorker

REDIS_SECONDS = 15.0


def main(queue: str, name: str, lifeline: int) -> int:
    """Work until SIGTERM, or until the supervisor is gone. 1: could not start, and said why."""
    end_with_parent(lifeline)
    try:
        settings = load_settings()
        set_up_logs(settings.log_level, settings.log_format)
        _work(settings, queue, name)
    except (SettingsError, StorageError, NoRedis, PbxError) as wrong:
        return _told(queue, name, str(wrong))
    except redis.RedisError as away:  # as it began or ended; in between, RQ waits for it
        return _told(queue, name, f"Redis has gone away: {away}")
    return 0


def _told(queue: str, name: str, why: str) -> int:
    print(f"{queue} worker {name}: {why}", file=sys.stderr)  # noqa: T201 - for people
    return 1


def _work(settings: Settings, queue: str, name: str) -> None:
    import_all(settings, queue)
    store = open_store(settings.database_url.get_secret_value())
    try:
        keys = require_keys(settings, store)
        url = _redis(settings)
        context = Context(settings, store, url, name)
        use(context)
        with forgotten_in_redis(store, lambda: url):
            DoorbellWorker(queue, connect(url), name, context.stop, keys).work()
    finally:
        store.close()


def import_all(settings: Settings, queue: str) -> None:
    """Now, not while a campaign waits for its worker: importing takes longer than taking over."""
    modules = [target for job, target in JOBS.items() if QUEUE_OF[job] == queue]
    if queue == DIAL:
        schemes = {urlsplit(url.get_secret_value()).scheme for url in settings.pbx.values()}
        modules += [CONNECTORS[scheme] for scheme in schemes if scheme in CONNECTORS]
    for module in modules:
        import_module(module.partition(":")[0])


def _redis(settings: Settings) -> str:
    """The supervisor keeps the site's Redis; it may be starting it again just now."""
    deadline = time.monotonic() + REDIS_SECONDS
    while (url := locate(settings)) is None:
        if time.monotonic() >= deadline:
            raise NoRedis("the site's Redis does not answer; is its 'dialplane up' running?")
        time.sleep(0.1)
    return url
