"""All storms, in the order of the table. To add one, write a file and a line here."""

from storms import database, kills, link_cuts, redis, stalls
from storms.storm import Storm

STORMS: tuple[Storm, ...] = (
    kills.STORM,
    stalls.STORM,
    link_cuts.STORM,
    redis.STORM,
    database.STORM,
)
