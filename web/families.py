"""Every metric that is exported."""

from web.live_families import LIVE_FAMILIES
from web.site_families import SITE_FAMILIES

FAMILIES = (*SITE_FAMILIES, *LIVE_FAMILIES)
