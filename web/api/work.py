"""What is done with customers over REST: tags, follow-ups, touch points, consent, results."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from starlette.responses import Response

from storage.customers import consents, follow_ups, look, tags, timeline, touches
from storage.customers.calls import CallResult, put_result
from storage.errors import Refused
from web.api.asked import QueryTime, answer, by, cache, caller, found, now, store
from web.api.forms import (
    ConsentForm,
    DoneForm,
    FollowUpForm,
    ResultForm,
    TagsForm,
    TouchesForm,
)
from web.api.parameters import After, Source, Which, of_owner

STRANGE_PLACE = "'after' is of no page of this timeline; leave it out to begin"


def call_result(request: Request, form: ResultForm) -> Response:
    """Tell what came of a call, as its agent would: the disposition decides when the lead is
    called again. Sent again, or older than what stands, it changes nothing. A call that is not
    over is answered with 409: send it again."""
    # a clock that is ahead of ours must not make what comes later look old
    told = {**dict(form), "at": min(form.at or now(), now())}
    changed = put_result(store(request), CallResult(**told), by(request))
    return answer({"changed": changed})


def change_tags(request: Request, which: Which, form: TagsForm, source: Source = None) -> Response:
    """Take tags away with those below them, and add others; all that the customer has then."""
    customer = found(request, which, source)
    tags.retag(store(request), customer, form.add, form.remove, by(request), now())
    return answer({"tags": look.get(store(request), customer)["tags"]})


def plan_follow_up(
    request: Request, which: Which, form: FollowUpForm, source: Source = None
) -> Response:
    """Plan something for a customer."""
    customer = found(request, which, source)
    new = follow_ups.NewFollowUp(customer_id=customer, **dict(form))
    [made] = follow_ups.plan(store(request), [new], by(request), now())
    return answer({"id": made}, 201)


def list_follow_ups(
    request: Request,
    owner: Annotated[str | None, of_owner("nobody's")] = None,
    customer: Annotated[
        str | None,
        Query(max_length=120, description="id, or number", examples=["+8613912345678"]),
    ] = None,
    due_before: Annotated[
        QueryTime | None, Query(description="due by then", examples=["2100-01-01T00:00:00Z"])
    ] = None,
    due: Annotated[bool, Query(description="only what is due by now, or was reminded of")] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """What is to be done yet, the first due first."""
    # a + that is not written as %2B is a blank
    mine = None if customer is None else found(request, re.sub("^ ", "+", customer))
    by = min(due_before or now(), now()) if due else due_before
    rows = follow_ups.open_ones(store(request), owner, mine, by, limit, or_reminded=due)
    return answer({"follow_ups": [row.model_dump() for row in rows]})


def finish_follow_up(request: Request, follow_up_id: UUID, form: DoneForm) -> Response:
    """A follow-up is done: the customer was seen to. Done before, it stays as it was."""
    told = form.result, form.note, form.at
    done = follow_ups.done(store(request), follow_up_id, by(request), now(), *told)
    return answer({"changed": done})


def add_touches(
    request: Request, which: Which, form: TouchesForm, source: Source = None
) -> Response:
    """Keep what a customer did: purchases, visits, forms, messages, notes."""
    customer, at = found(request, which, source), now()
    given = [
        touches.NewTouch(customer_id=customer, **{**dict(each), "at": each.at or at})
        for each in form.touches
    ]
    return answer({"new": touches.add(store(request), given, caller(request), by(request), at)})


def tell_consent(
    request: Request, which: Which, form: ConsentForm, source: Source = None
) -> Response:
    """Keep what a customer has allowed, or has taken back. Who takes back that we may call for
    any purpose is on the do-not-call list from then on."""
    customer = found(request, which, source)
    word = consents.Word(customer_id=customer, source=caller(request), **dict(form))
    return answer({"id": consents.tell(store(request), word, by(request), now())}, 201)


def get_timeline(
    request: Request,
    which: Which,
    source: Source = None,
    kind: Annotated[
        list[timeline.Kind] | None, Query(description="these alone", examples=[["purchase"]])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: After = None,
) -> Response:
    """Everything that happened with a customer, the latest first: calls, stages, purchases, visits,
    notes, follow-ups, consent."""
    customer = found(request, which, source)
    cache(request).get(customer)  # there is such a customer
    before = None if after is None else _place(after)
    entries = timeline.page(store(request), customer, limit, before, tuple(kind or ()))
    told = [{"at": e.at, "id": e.id, "kind": e.kind, "facts": dict(e.facts)} for e in entries]
    more = len(entries) == limit
    return answer({"entries": told, "after": _mark(entries[-1]) if more else None})


def _mark(entry: timeline.Entry) -> str:
    told = json.dumps([entry.at.isoformat(), str(entry.id)])
    return urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _place(after: str) -> timeline.Before:
    try:
        at, last = json.loads(urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        place = datetime.fromisoformat(at), UUID(last)
    except (NoBase64, ValueError, TypeError, AttributeError, RecursionError) as wrong:
        raise Refused(STRANGE_PLACE) from wrong
    if place[0].tzinfo is None:
        raise Refused(STRANGE_PLACE)
    return place
