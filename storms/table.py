"""All storms, in the order of the table. To add one, write a file and a line here."""

from storms import link_cuts
from storms.storm import Storm

STORMS: tuple[Storm, ...] = (link_cuts.STORM,)
