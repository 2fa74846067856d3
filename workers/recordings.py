"""The RQ job that makes one stereo file of the two that a PBX writes for a recording.

Runs where the PBX's recordings are within reach (`recordings` in the settings). Retried: at the
next sweep, for as long as both parts are there. Dropped: a part whose other half never comes
stays as it is. Running it twice at once is harmless: the whole file takes its name in one step.
"""

import logging
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.asterisk.recording import join, parts
from workers.context import current

log = logging.getLogger(__name__)

SETTLED_SECONDS = 3.0  # a part that was written to so recently may still be growing
ENDING = "-customer.wav"
DAYS = 3


def join_recordings() -> None:
    """Join every recording that is complete."""
    context = current()
    for path in waiting(context.settings.recordings):
        if context.stop.is_set():
            return
        try:
            join_one(path)
        except OSError as failed:
            log.warning("recording %s could not be joined: %s", path.name, failed.strerror)


def waiting(folder: Path) -> Iterator[Path]:
    """Recordings (without ending) of these days whose two parts are there and grow no more."""
    settled = time.time() - SETTLED_SECONDS
    for day in _days(folder):
        for customer in day.glob(f"*{ENDING}"):
            path = customer.with_name(customer.name.removesuffix(ENDING))
            both = parts(path)
            if all(part.exists() and part.stat().st_mtime < settled for part in both):
                yield path


def _days(folder: Path) -> Iterator[Path]:
    """The folders of the last days that we may write to: a whole archive is not searched."""
    today = datetime.now(UTC).date()
    for back in range(DAYS):
        day = folder / f"{today - timedelta(days=back):%Y/%m/%d}"
        if day.is_dir() and os.access(day, os.W_OK):
            yield day


def join_one(path: Path) -> Path:
    """Write `<path>.wav` in stereo and take its two parts away. Raises `OSError`."""
    customer, agent = parts(path)
    whole, draft = path.with_name(f"{path.name}.wav"), path.with_name(f".{path.name}.part")
    with customer.open("rb") as left, agent.open("rb") as right, draft.open("wb") as stereo:
        join(left, right, stereo)
        stereo.flush()
        os.fsync(stereo.fileno())
    draft.replace(whole)
    customer.unlink(missing_ok=True)
    agent.unlink(missing_ok=True)
    return whole
