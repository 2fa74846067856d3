"""All storms, in the order of the table. To add one, write a file and a line here."""

from storms import (
    asterisk,
    crm,
    database,
    events,
    kills,
    link_cuts,
    load,
    load_asterisk,
    redis,
    restore,
    seeded_bugs,
    soak,
    stalls,
)
from storms.storm import Storm

STORMS: tuple[Storm, ...] = (
    kills.STORM,
    stalls.STORM,
    link_cuts.STORM,
    redis.STORM,
    database.STORM,
    asterisk.STORM,
    events.STORM,
    crm.STORM,
    load.STORM,
    load_asterisk.STORM,
    soak.STORM,
    restore.STORM,
    seeded_bugs.STORM,
)
