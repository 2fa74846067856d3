"""Everything that can be asked for over HTTP, each with the right it takes.

To add something: an endpoint in a file of its own, and a row here. What has no row is not there.
"""

from web.api.routes import API_ROUTES
from web.gate import Route
from web.health import health, ready
from web.hooks import caller, post, post_cdr
from web.metrics import metrics
from web.rights import Right

ROUTES = (
    Route("GET", "/health", health, Right.OPEN),
    Route("GET", "/ready", ready, Right.WATCH),
    # its threads are those of /ready, too, of which there are 40 in all
    Route("GET", "/metrics", metrics, Right.WATCH, at_once=16),
    Route("POST", "/pbx/{node}/hooks", post, Right.PBX, at_once=64),
    Route("POST", "/pbx/{node}/cdr", post_cdr, Right.PBX, at_once=64),
    Route("GET", "/pbx/{node}/caller", caller, Right.PBX_ALONE, at_once=16),
    *API_ROUTES,
)
