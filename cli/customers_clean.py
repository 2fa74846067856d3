"""`dialplane customers clean`: what is known of numbers, brought up to date."""

from typing import Annotated

import redis
import typer

from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say, show, warn
from cli.progress import bar
from cli.site import Site, now, open_site, site_redis
from storage.customers import cleaning
from storage.customers.cleaning import Cleaned
from workers.cleaning import Breaker, check, open_checkers
from workers.forgetting import forgotten_in_redis
from workers.job_keys import read_keys
from workers.queue import ring
from workers.redis_binary import NoRedis
from workers.redis_server import locate
from workers.settings import SettingsError

app = leaf_app()


@app.command(
    epilog=examples("dialplane customers clean", "dialplane customers clean --check-now --json")
)
def clean(
    check_now: Annotated[
        bool,
        typer.Option("--check-now", help="Ask who checks numbers here, and not by a worker."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring what is known of customers' numbers up to date.

    Each gets a score of 100, a verdict (unknown, valid, invalid, unreachable) and why: by the kind
    of number, by what the last attempts came to, and by what a service says, where the settings
    name one under number_check; it is asked by a worker. Filters ask 'verdict' and 'validity'.
    Workers do all this by themselves, once a minute.
    """
    done = Cleaned()
    with open_site() as site, forgotten_in_redis(site.store, lambda: locate(site.settings)):
        with bar(as_json) as progress:
            task = progress.add_task("looking at numbers", total=None)
            for batch in cleaning.clean(site.store, now()):
                done.add(batch)
                progress.update(task, completed=done.looked)
        checked = _check(site) if check_now else Cleaned()
        queued = not check_now and site.settings.number_check is not None and _ring(site)
        found = cleaning.verdicts(site.store)
    changed = done.changed + checked.changed
    told = {"looked": done.looked, "checked": checked.looked, "changed": changed, "queued": queued}
    if as_json:
        emit({**told, "verdicts": found})
        return
    say(f"{done.looked} numbers looked at, {checked.looked} checked; of {changed} "
        "something else is known than before")  # fmt: skip
    show(("verdict", "#numbers"), sorted(found.items()), none="No customer has a number.")
    if queued:
        say("A worker asks who checks numbers; run it again later to see what came of it")


def _check(site: Site) -> Cleaned:
    done = Cleaned()
    for checker, days in open_checkers(site.settings):
        until = Breaker(site.store, checker.name).until()
        if until > now():
            warn(f"Who checks numbers failed, and is asked again at {until:%H:%M:%S} UTC")
        try:
            for batch in check(site.store, checker, days):
                done.add(batch)
        finally:
            checker.close()
    return done


def _ring(site: Site) -> bool:
    """Whether a worker was asked. Without Redis the sweeper asks as soon as there is one."""
    try:
        with site_redis(site.settings) as client:
            ring(client, "check_numbers", keys=read_keys(site.settings))
    except (NoRedis, SettingsError, redis.RedisError):
        return False
    return True
