"""The whole database is lost under load, and brought back from a folder that followed it.

A campaign dials twenty calls a second beside a long history, while `dialplane backup follow` goes
on. Then PostgreSQL, its files and the follower are gone at once. `dialplane restore` fills a new
server; a person lets the campaign go on, with new leads beside the old. What was lost is judged by
the PBX's own book, and nobody in it may be called again.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lab.postgres
from campaigns.orders import CampaignState
from lab.child import Child
from storage import attempts, campaigns, imports
from storage.backup.keys import make_key
from storage.backup.restore import HOLD
from storage.lead_rows import NewLead
from storms.auditor import PAGE
from storms.drill import After, Drill, oldest
from storms.history import remember
from storms.invariants import breaks
from storms.plan import numbers
from storms.served import Served, lab_world
from storms.site import START_SECONDS, Site, site
from storms.storm import Figure, Order, Storm, StormFailed
from storms.strikes import AGENTS, ENDINGS, SETTLED_SECONDS, begin
from storms.truth import Placed

NAME = "restore"
UNDER_LOAD = {False: 8.0, True: 20.0}  # seconds; in the long form
FIRST_FULL = 900.0
LEADS, FRESH = 20_000, 100
PROGRAM = Path(sys.executable).with_name("dialplane")
LOOKED = 10.0  # seconds before the loss


def run(order: Order) -> Figure:
    with site(lab_world(3.0), order.seed) as (here, served):
        remember(here.store, order.count)
        order.tell(0.3)
        drill = _drill(order, here, served)
    return Figure(f"{order.count:,} attempts: {drill}", drill.holds)


def _drill(order: Order, here: Site, served: Served) -> Drill:
    folder, key = here.home / "followed", here.home / "backup.key"
    full_seconds = _under_load(order, here, served, folder, make_key(key))
    order.tell(0.5)
    begun, killed = time.monotonic(), datetime.now(UTC)
    _lose(here)
    book = served.ask(lambda witness: list(witness.placed))
    with lab.postgres.start(durable=True) as postgres:
        told = _restore(here, folder, key, url := postgres.fresh())
        restored_seconds = time.monotonic() - begun
        order.tell(0.8)
        with closing(Site(here.home, postgres, here.valkey, served.url, url)) as there:
            after = _after(there, served, book, begun)
    return Drill(
        full_seconds=full_seconds,
        full_bytes=next(folder.glob("*-full.age")).stat().st_size,
        segments=told["segments"],
        lost=max(((killed - one.at).total_seconds() for one in after.missing), default=0.0),
        lost_calls=len(after.missing),
        oldest=oldest(folder, key),
        rate=sum(1 for one in book if (killed - one.at).total_seconds() < LOOKED) / LOOKED,
        down=after.down,
        restored_seconds=restored_seconds,
        again=after.again,
        broken={**told["broken"], **after.broken},
    )


def _lose(here: Site) -> None:
    """The database with its files, and all who have used it."""
    here.postgres.kill()
    for one in here.workers:
        one.kill()
    here.postgres.close()


def _under_load(order: Order, here: Site, served: Served, folder: Path, recipient: str) -> float:
    """A campaign dials, and is followed, until a whole backup is there and a while longer; seconds
    until it was there."""
    begin(here, served, NAME, LEADS)
    here.workers.append(_follow(here, folder, recipient))
    took = here.until(lambda: list(folder.glob("*-full.age")), FIRST_FULL, "a backup")
    time.sleep(UNDER_LOAD[order.long])
    return took


def _after(there: Site, served: Served, book: list[Placed], begun: float) -> After:
    known = {row.id for row in attempts.page(there.store, NAME, limit=PAGE)}
    down = _dial_on(there, served, len(book), begun)
    later = served.ask(lambda witness: list(witness.placed))[len(book) :]
    return After(
        missing=[one for one in book if one.call_id not in known],
        down=down,
        again=len({one.number for one in later} & {one.number for one in book}),
        broken=breaks(there.store),
    )


def _follow(here: Site, folder: Path, recipient: str) -> Child:
    words: list[str | Path] = [PROGRAM, "backup", "follow", folder, "--to", recipient]
    return Child(words, log=here.home / "follow.log", sweep=here.home, env=here.environ)


def _restore(here: Site, folder: Path, key: Path, url: str) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 - our own program
        [PROGRAM, "restore", folder, "--key", key, "--hold", str(HOLD), "--json"],
        env={**os.environ, **here.environ, "DIALPLANE_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.stdout:
        raise StormFailed(f"the restore ended with {done.returncode}: {done.stderr.strip()}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _dial_on(there: Site, served: Served, before: int, begun: float) -> float:
    """New leads, a person's word, and all of them are called; seconds until the first call."""
    fresh = [NewLead(number) for number in numbers(FRESH, ENDINGS, first=LEADS)]
    imports.import_leads(there.store, NAME, fresh, datetime.now(UTC))
    campaigns.set_wanted(there.store, NAME, CampaignState.RUNNING, datetime.now(UTC))
    there.environ["DIALPLANE_SIMULATED_AGENTS"] = str(AGENTS)
    there.worker()
    there.until(lambda: served.count() > before, START_SECONDS, "calls, with the database back")
    down = time.monotonic() - begun
    there.until(lambda: served.count() >= before + FRESH, START_SECONDS, "all new leads called")
    time.sleep(5.0)  # for whoever else is due
    there.stop(NAME)
    there.until(lambda: there.is_settled(NAME), SETTLED_SECONDS, "all attempts final")
    return down


STORM = Storm(
    name=NAME,
    reach="restore drill, 1 M attempts: RPO at most 5 s, RTO at most 10 min",
    short=20_000,
    long=1_000_000,
    run=run,
)
