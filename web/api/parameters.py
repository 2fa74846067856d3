"""What stands in the path, the query and the headers of a request to the REST API.

FastAPI reads them off the endpoints' signatures; what several endpoints ask, and what takes more
than a line to say, is said here.
"""

from typing import Annotated, Any

from fastapi import Header, Path, Query

from connectors.calls import TOKEN
from storage.customers import listing
from storage.customers.listing import Order
from web.api.asked import QueryTime
from web.api.forms import Token
from web.segments import Segment

_AT = "2026-11-25T00:00:00Z"


def of_owner(nobody: str) -> Any:
    """An owner's name. `nobody`: what an empty one asks for."""
    described = f"of this owner; empty: {nobody}"
    return Query(pattern=rf"^({TOKEN.pattern})?$", description=described, examples=["ann"])


Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=120,
        pattern=r"^[!-~]+$",
        examples=["batch-17"],
        description="the same for each try of one request: it is done once, and answered the same "
        "for a week",
    ),
]
Which = Annotated[
    Segment,
    Path(
        description="a customer's id, E.164 number (its + as %2B), or with `source` an external id "
        "(a / in it as %2F)",
        examples=["+8613912345678"],
    ),
]
Source = Annotated[
    Token | None, Query(description="the system whose external id is asked for", examples=["crm"])
]
After = Annotated[str | None, Query(max_length=300, description="of the page before")]

# --- which customers are listed, and what of them -------------------------------------------------

InStages = Annotated[
    list[Token] | None, Query(description="in one of these stages", examples=[["high-intent"]])
]
WithTag = Annotated[
    str | None,
    Query(max_length=1000, description="with this tag, or one below it", examples=["制造业"]),
]
ByField = Annotated[
    list[str] | None,
    Query(
        max_length=10,
        description="an indexed field of the CRM file: NAME:OPERATOR:VALUE with eq, gte or lte",
        examples=[["budget:gte:100000"]],
    ),
]
Forbidden = Annotated[
    bool | None, Query(description="whether they are not to be called", examples=[False])
]
KnownTo = Annotated[Token | None, Query(description="known to this system", examples=["crm"])]
UpdatedSince = Annotated[
    QueryTime | None,
    Query(description="changed since then; what calls change does not count", examples=[_AT]),
]
IdleBefore = Annotated[
    QueryTime | None, Query(description="nobody has seen to them since then", examples=[_AT])
]
ListedBy = Annotated[
    Order,
    Query(
        description="ascending; next_action_at lists those alone who have an open follow-up",
        examples=["idle_since"],
    ),
]
AtMost = Annotated[
    int, Query(ge=1, le=listing.MOST, description="how many on a page", examples=[100])
]
OnlyFields = Annotated[
    str | None,
    Query(
        max_length=1000,
        description="only these, with commas between",
        examples=["id,name,number,tags"],
    ),
]
