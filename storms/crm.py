"""The CRM is down, answers 500 and 429, hangs, and takes three in ten deliveries twice.

Dialling must not notice: the calls a second in each mood are compared with those while it was
well. Then the receiver is well again, and every result must arrive, under one key each.
"""

import time
from dataclasses import dataclass, field
from random import Random

from storage import attempts, outbox
from storms.auditor import PAGE
from storms.receiver import DOWN, HANGS, WELL, Receiver
from storms.served import Served
from storms.site import Site
from storms.storm import Figure, Order, Storm
from storms.strikes import under_load

NAME = "crm"
MOODS = {"well": WELL, "down": DOWN, "500": 500, "429": 429, "hangs": HANGS}
SLOWER = 0.9  # of the calls a second while it is well
SECRET = "whsec_" + "c3Rvcm0tc3Rvcm0tc3Rvcm0tc3Rvcm0tc3Rv"
SETTINGS = '[webhook]\nurl = "{url}"\nsecret = "{secret}"\nallow_private = true\ntimeout = 4\n'


@dataclass(slots=True)
class Seen:
    """`rates`: calls a second in each mood."""

    rates: dict[str, float] = field(default_factory=dict)
    lost: int = 0
    doubled: int = 0
    told: int = 0
    again: int = 0


def run(order: Order) -> Figure:
    """Each mood lasts `order.count` seconds."""
    found = Seen()
    with Receiver(order.seed) as crm:
        moods = iter(MOODS.items())

        def strike(here: Site, served: Served, _: Random) -> None:
            name, crm.mood = next(moods)
            before, begun = served.count(), time.monotonic()
            time.sleep(order.count)
            found.rates[name] = (served.count() - before) / (time.monotonic() - begun)

        def after(here: Site) -> None:
            crm.mood = WELL
            patience = 600 + 4 * order.count
            here.until(lambda: not outbox.backlog(here.store).waiting, patience, "all delivered")
            _compare(here, crm, found)

        five = Order(len(MOODS), order.seed, order.long, order.tell)
        settings = SETTINGS.format(url=crm.url, secret=SECRET)
        seen = under_load(five, NAME, strike, seconds=order.count, settings=settings, after=after)
    return _figure(order, found, str(seen.audit), seen.audit.is_clean)


def _compare(here: Site, crm: Receiver, found: Seen) -> None:
    ended = {str(row.id) for row in attempts.page(here.store, NAME, limit=PAGE)}
    found.lost = len(ended - {attempt for _, attempt in crm.effects})
    found.doubled = sum(len(keys) > 1 for keys in crm.effects.values())
    found.told, found.again = len(crm.keys), sum(crm.keys.values()) - len(crm.keys)


def _figure(order: Order, found: Seen, audit: str, clean: bool) -> Figure:
    slowest = min(found.rates.values()) / max(found.rates["well"], 0.1)
    rates = ", ".join(f"{name} {rate:.1f}" for name, rate in found.rates.items())
    text = (
        f"{order.count} s each: {found.lost} lost, {found.doubled} double effects of "
        f"{found.told} results ({found.again} delivered again); calls/s: {rates}; {audit}"
    )
    return Figure(text, clean and not found.lost and not found.doubled and slowest >= SLOWER)


STORM = Storm(
    name="crm",
    reach="CRM down 30 min, 500s, 429s, 30 s hangs, 30 % duplicate deliveries: 0 lost, 0 double "
    "effects, dialling lag unchanged within 10 %",
    short=2,
    long=450,
    run=run,
)
