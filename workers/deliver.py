"""The RQ job that empties the outbox into the site's CRMs.

Retried: each message for each receiver by itself, after a wait that doubles (`storage.deliveries`);
a receiver of which nothing is heard is left alone for a while (`campaigns.crm.breaker`). Given up:
a message that a receiver refuses for good, or after twenty tries; it stays, with the reason, until
somebody has it tried again. Running it twice at once is harmless: a message taken is held.

Each receiver is served by a thread of its own, so that one that hangs keeps no other waiting.
"""

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from crm_sync.adapter import Failed
from crm_sync.telling import customer_of
from storage import deliveries, spreading
from storage.customers import gone
from storage.deliveries import NotArrived
from storage.outbox import Taken
from workers.context import Context, current
from workers.receivers import Receiver, open_receivers, wanted_by

log = logging.getLogger(__name__)

SECONDS = 30.0  # then the next ring goes on, and a stop need not wait longer
LOOK = 0.1  # seconds between two looks of a receiver that has everything
LINGER = 1.0  # seconds without anything new before the job is over: at once is soonest from here


def deliver() -> None:
    """Deliver what is due."""
    context = current()
    receivers = open_receivers(context.settings, context.store)
    if not receivers:
        hand_out(context, receivers)
        return
    crew = _Crew(receivers)
    with ThreadPoolExecutor(len(receivers), "deliver") as pool:
        shifts = [pool.submit(_serve, context, crew, receiver) for receiver in receivers]
    for shift in shifts:
        shift.result()  # whatever it raised


def deliver_batch(context: Context, receivers: Sequence[Receiver]) -> int:
    """Hand out what is new, and deliver one batch to each receiver; how many messages that was."""
    handed_out = hand_out(context, receivers)
    return max(handed_out, sum(serve(context, receiver) for receiver in receivers))


def hand_out(context: Context, receivers: Sequence[Receiver]) -> int:
    """Give every receiver a line for each new message that it wants. Without any receiver there is
    nobody to tell, and that is that."""
    return spreading.spread(context.store, lambda message: wanted_by(receivers, message))


def serve(context: Context, receiver: Receiver) -> int:
    """Deliver one batch to one receiver; how many messages it held."""
    batch = deliveries.take(context.store, receiver.name, receiver.adapter.at_most)
    if not batch:
        return 0
    failures = receiver.adapter.push(batch)
    missing = [each for each in batch if each.id in failures and failures[each.id].gone]
    if missing:
        _note_gone(context, receiver, missing)
    told = {id_: _told(failed) for id_, failed in failures.items() if not failed.gone}
    given_up = deliveries.settle(context.store, receiver.name, batch, told)
    for message in batch:
        if message.id in told:
            level = logging.ERROR if message.id in given_up else logging.INFO
            over = "is given up" if message.id in given_up else "will be tried again"
            why = told[message.id].why
            log.log(level, "message %s for %s %s: %s", message.id, receiver.name, over, why)
    return len(batch)


class _Crew:
    """Who has nothing to do: the job is over once that is everybody."""

    def __init__(self, receivers: Sequence[Receiver]) -> None:
        self.receivers = receivers
        self.until = time.monotonic() + SECONDS
        self._busy = {receiver.name for receiver in receivers}
        self._lock = threading.Lock()

    def say(self, name: str, ready: bool) -> bool:
        """Whether everybody could leave now."""
        with self._lock:
            (self._busy.discard if ready else self._busy.add)(name)
            return not self._busy


def _serve(context: Context, crew: _Crew, receiver: Receiver) -> None:
    try:
        last = time.monotonic()
        while not context.stop.is_set():
            count = hand_out(context, crew.receivers) + serve(context, receiver)
            now = time.monotonic()
            last = now if count else last
            if crew.say(receiver.name, now - last > LINGER or now > crew.until):
                return
            if not count:
                context.stop.wait(LOOK)
    finally:
        crew.say(receiver.name, ready=True)
        receiver.adapter.close()


def _note_gone(context: Context, receiver: Receiver, missing: Sequence[Taken]) -> None:
    """The customer stays; the receiver is told of it no more, until it tells of it again."""
    whose = {customer for each in missing if (customer := customer_of(each)) is not None}
    gone.note_of(context.store, receiver.name, whose, datetime.now(UTC))
    log.info("%s has %d customer(s) no more", receiver.name, len(whose))


def _told(failed: Failed) -> NotArrived:
    return NotArrived(failed.why, failed.for_good, failed.wait)
