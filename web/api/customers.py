"""Customers over REST: many told at once, one looked up, a list of those that are alike."""

from collections import Counter
from hashlib import sha256
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from connectors.calls import E164
from storage.customers import listing, look
from storage.customers.forbidding import forbid_refused, forbid_told
from storage.customers.given import GivenCustomer
from storage.customers.listing import FieldFilter, Operator, Order, Wanted
from storage.customers.requests import Request as Told
from storage.customers.sync import Came, Unfit, sync
from storage.errors import Refused
from web.api.asked import answer, by, cache, caller, found, now, store
from web.api.forms import CustomerForm, SyncForm, WrongRow
from web.api.parameters import (
    After,
    AtMost,
    ByField,
    Forbidden,
    IdleBefore,
    InStages,
    Key,
    KnownTo,
    ListedBy,
    OnlyFields,
    Source,
    UpdatedSince,
    Which,
    WithTag,
    of_owner,
)


def sync_customers(request: Request, form: SyncForm, key: Key = None) -> Response:
    """Make or change customers by their external ids, up to 1000 at once. A row that is wrong is
    refused with its reason and hinders no other, but whom it forbids to call is not called; what a
    row leaves out stays as it is."""
    name = caller(request)
    given = [_given(each) for each in form.customers]
    told = Told(name, key, _digest(form)) if key else None
    rows = sync(store(request), name, given, by(request), now(), told)
    forbid_refused(store(request), name, given, rows, by(request), now())
    forbid_told(store(request), name, _prohibitions(form), by(request), now())
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
    stage: InStages = None,
    owner: Annotated[str | None, of_owner("in the pool")] = None,
    tag: WithTag = None,
    field: ByField = None,
    do_not_call: Forbidden = None,
    source: KnownTo = None,
    updated_since: UpdatedSince = None,
    idle_before: IdleBefore = None,
    order: ListedBy = Order.ID,
    limit: AtMost = 100,
    after: After = None,
    fields: OnlyFields = None,
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


def _prohibitions(form: SyncForm) -> list[GivenCustomer]:
    """What rows that are no customers say of whom not to call."""
    return [
        GivenCustomer(each.external_id, numbers=each.numbers, region=each.region, do_not_call=True)
        for each in form.customers
        if isinstance(each, WrongRow) and each.do_not_call
    ]


def _filter(raw: str) -> FieldFilter:
    name, _, rest = raw.partition(":")
    operator, there, value = rest.partition(":")
    if not there or operator not in list(Operator):
        raise Refused("field: expected NAME:OPERATOR:VALUE with eq, gte or lte")
    return FieldFilter(name, Operator(operator), value)


def _digest(form: SyncForm) -> str:
    rows = ",".join(each.model_dump_json() for each in form.customers)
    return sha256(f'{{"customers":[{rows}]}}'.encode()).hexdigest()
