"""Customers over REST: many told at once, one looked up, a list of those that are alike."""

from collections import Counter
from hashlib import sha256
from typing import Annotated

from fastapi import Header, Path, Query, Request
from starlette.responses import Response

from connectors.calls import E164, TOKEN
from storage.customers import listing, look
from storage.customers.given import GivenCustomer
from storage.customers.listing import FieldFilter, Operator, Order, Wanted
from storage.customers.requests import Request as Told
from storage.customers.sync import Came, Unfit, sync
from storage.errors import Refused
from web.api.asked import QueryTime, answer, by, cache, caller, found, now, store
from web.api.forms import CustomerForm, SyncForm, Token, WrongRow

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
    str,
    Path(
        description="a customer's id, E.164 number (its + as %2B), or with `source` an external id",
        examples=["+8613912345678"],
    ),
]
_AT = "2026-11-25T00:00:00Z"
Source = Annotated[
    Token | None, Query(description="the system whose external id is asked for", examples=["crm"])
]


def sync_customers(request: Request, form: SyncForm, key: Key = None) -> Response:
    """Make or change customers by their external ids, up to 1000 at once. A row that is wrong is
    refused with its reason and hinders no other; what a row leaves out stays as it is."""
    name = caller(request)
    given = [_given(each) for each in form.customers]
    told = Told(name, key, _digest(form)) if key else None
    rows = sync(store(request), name, given, by(request), now(), told)
    counted = Counter(row["came"] for row in rows)
    return answer(
        {
            **{came.value: counted[came.value] for came in Came if came is not Came.SKIPPED},
            "rows": rows,
        }
    )


def get_customer(request: Request, which: Which, source: Source = None) -> Response:
    """One customer, by id, by number (E.164), or with `source` by an external id. Looked up in
    Redis first."""
    if source is None and E164.fullmatch(which):
        record = cache(request).by_number(which)
    else:
        record = cache(request).get(found(request, which, source))
    return Response(record, media_type="application/json")


def list_customers(
    request: Request,
    stage: Annotated[
        list[Token] | None,
        Query(description="in one of these stages", examples=[["high-intent"]]),
    ] = None,
    owner: Annotated[
        str | None,
        Query(
            pattern=rf"^({TOKEN.pattern})?$",
            description="of this owner; empty: in the pool",
            examples=["ann"],
        ),
    ] = None,
    tag: Annotated[
        str | None,
        Query(max_length=1000, description="with this tag, or one below it", examples=["制造业"]),
    ] = None,
    field: Annotated[
        list[str] | None,
        Query(
            max_length=10,
            description="an indexed field of the CRM file: NAME:OPERATOR:VALUE with eq, gte or lte",
            examples=[["budget:gte:100000"]],
        ),
    ] = None,
    do_not_call: Annotated[
        bool | None, Query(description="whether they are not to be called", examples=[False])
    ] = None,
    source: Annotated[
        Token | None, Query(description="known to this system", examples=["crm"])
    ] = None,
    updated_since: Annotated[
        QueryTime | None,
        Query(description="changed since then; what calls change does not count", examples=[_AT]),
    ] = None,
    idle_before: Annotated[
        QueryTime | None, Query(description="nobody has seen to them since then", examples=[_AT])
    ] = None,
    order: Annotated[
        Order,
        Query(
            description="ascending; next_action_at lists those alone who have an open follow-up",
            examples=["idle_since"],
        ),
    ] = Order.ID,
    limit: Annotated[
        int, Query(ge=1, le=listing.MOST, description="how many on a page", examples=[100])
    ] = 100,
    after: Annotated[str | None, Query(max_length=300, description="of the page before")] = None,
    fields: Annotated[
        str | None,
        Query(
            max_length=1000,
            description="only these, with commas between",
            examples=["id,name,number,tags"],
        ),
    ] = None,
) -> Response:
    """Customers for whom all of it is so, a page at a time."""
    wanted = Wanted(
        tuple(stage or ()),
        owner,
        tag,
        [_filter(each) for each in field or ()],
        do_not_call,
        source,
        updated_since,
        idle_before,
        order,
    )
    chosen = look.FIELDS if fields is None else tuple(f.strip() for f in fields.split(","))
    page = listing.page(store(request), wanted, limit, after, chosen)
    return answer({"customers": page.customers, "after": page.after})


def _given(row: CustomerForm | WrongRow) -> GivenCustomer | Unfit:
    if isinstance(row, WrongRow):
        return row.external_id, row.why
    return GivenCustomer(**dict(row))


def _filter(raw: str) -> FieldFilter:
    name, _, rest = raw.partition(":")
    operator, there, value = rest.partition(":")
    if not there or operator not in list(Operator):
        raise Refused("field: expected NAME:OPERATOR:VALUE with eq, gte or lte")
    return FieldFilter(name, Operator(operator), value)


def _digest(form: SyncForm) -> str:
    rows = ",".join(each.model_dump_json() for each in form.customers)
    return sha256(f'{{"customers":[{rows}]}}'.encode()).hexdigest()
