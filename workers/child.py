"""One worker process: `python -P -m workers.child QUEUE NAME LIFELINE`, started by a supervisor."""

import sys
import time

from connectors.pbx import PbxError
from storage.engine import open_store
from storage.errors import StorageError
from storage.migrate import require_current
from workers.context import Context, use
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
        set_up_logs(settings.log_level)
        _work(settings, queue, name)
    except (SettingsError, StorageError, NoRedis, PbxError) as wrong:
        print(f"{queue} worker {name}: {wrong}", file=sys.stderr)  # noqa: T201 - for people
        return 1
    return 0


def _work(settings: Settings, queue: str, name: str) -> None:
    store = open_store(settings.database_url.get_secret_value())
    require_current(store)
    url = _redis(settings)
    context = Context(settings, store, url, name)
    use(context)
    try:
        DoorbellWorker(queue, connect(url), name, context.stop).work()
    finally:
        store.close()


def _redis(settings: Settings) -> str:
    """The supervisor keeps the site's Redis; it may be starting it again just now."""
    deadline = time.monotonic() + REDIS_SECONDS
    while (url := locate(settings)) is None:
        if time.monotonic() >= deadline:
            raise NoRedis("the site's Redis does not answer; is its 'dialplane up' running?")
        time.sleep(0.1)
    return url


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
