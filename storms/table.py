"""All storms, in the order of the table. To add one, write a file and a line here."""

from storms import (
    asterisk,
    crm,
    database,
    events,
    kills,
    link_cuts,
    redis,
    restore,
    seeded_bugs,
    stalls,
)
from storms.storm import Storm, not_run

STORMS: tuple[Storm, ...] = (
    kills.STORM,
    stalls.STORM,
    link_cuts.STORM,
    redis.STORM,
    database.STORM,
    asterisk.STORM,
    events.STORM,
    crm.STORM,
    Storm(
        "load",
        "1,000 calls at once, 50 calls/s, 200 agents, 30 min on the fake PBX over the wire: "
        "schedule lag p99 at most 250 ms, 0 breaks, at most 1.5 cores",
        1,
        1,
        not_run("it has not been written yet"),
    ),
    Storm(
        "load-asterisk",
        "real Asterisk, 100 calls at once, 5 calls/s, 15 min: answer to agent or message p99 at "
        "most 1.0 s, max 2.0 s",
        1,
        1,
        not_run("it has not been written yet"),
    ),
    Storm(
        "soak",
        "1,000,000 attempts: memory growth under 2 % an hour after warm-up, no leaked descriptors",
        1,
        1,
        not_run("it has not been written yet"),
    ),
    restore.STORM,
    seeded_bugs.STORM,
)
