"""Examples of the OpenAPI document: each may be sent as it stands.

Those of a request say of which site they hold: one without a CRM file knows no stages and fields,
and refuses the rows that name them, with a reason for each.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from web.api.problems import AWAY, NO_OBJECT
from web.rights import NOT_ALLOWED, Right

ID = "0192f3c4-8c1e-7bb2-9a55-5c3c5b8f9d01"
OTHER_ID = "0192f3c4-9d02-7c41-8e10-1f0a2b3c4d5e"
AT = "2026-11-28T01:30:00Z"
Named: TypeAlias = Mapping[str, Mapping[str, Any]]

_WANG = {
    "external_id": "C-1",
    "name": "王小明",
    "company": "常州精密机械有限公司",
    "numbers": ["+8613912345678"],
    "emails": ["wang@example.com"],
    "owner": "ann",
    "tags": ["制造业/设备采购/预算已确认"],
}
_OWN = {"stage": "high-intent", "fields": {"industry": "制造业", "budget": 120000}}
_NO_NUMBER = {"external_id": "C-2", "name": "李雷", "numbers": ["12"], "region": "CN"}
_PLAN = {"due_at": "2026-12-01T09:00:00+08:00", "kind": "visit", "note": "上门演示"}
_RESULT = {"attempt_id": ID, "note": "客户要求下周发合同", "agent": "ann",
           "at": "2026-11-28T09:30:00+08:00"}  # fmt: skip
_BOUGHT = {"kind": "purchase", "item": "数控机床 X5", "amount": "129999.95", "currency": "CNY",
           "at": "2026-11-28T09:30:00+08:00", "key": "SO-1"}  # fmt: skip


def _of(summary: str, value: Any) -> Mapping[str, Any]:
    return {"summary": summary, "value": value}


REQUESTS: Mapping[str, Named] = {
    "sync_customers": {
        "any_site": _of("of any site", {"customers": [_WANG]}),
        "with_a_crm_file": _of(
            "with a stage and fields that the site's CRM file declares",
            {"customers": [{**_WANG, **_OWN}]},
        ),
        "a_row_that_is_wrong": _of(
            "one row is refused with its reason, the other is done",
            {"customers": [_WANG, _NO_NUMBER]},
        ),
    },
    "call_result": {
        "note": _of("what was said; of a call of yours in the place of this id", _RESULT),
        "filed": _of(
            "a disposition of the campaign's, and a level of the CRM file",
            {**_RESULT, "disposition": "sale", "intent": "A"},
        ),
    },
    "change_tags": {
        "change": _of("tags to add and to take away", {"add": ["vip"], "remove": ["制造业/维修"]})
    },
    "plan_follow_up": {
        "visit": _of("with a reminder", {**_PLAN, "remind_at": "2026-12-01T08:30:00+08:00"})
    },
    "finish_follow_up": {"done": _of("done", {"result": "reached", "note": "下周再谈"})},
    "add_touches": {"bought": _of("a purchase", {"touches": [_BOUGHT]})},
    "tell_consent": {
        "given": _of("given", {"given": True, "evidence": "录音 2026-11-28, 00:41"}),
        "withdrawn": _of(
            "taken back for sales alone; for any purpose it would be do-not-call",
            {"given": False, "purpose": "sales", "evidence": "电话里说不要再推销"},
        ),
    },
    "customers_changed": {
        "customers": _of(
            "customers in the form of POST /api/customer/sync",
            {"type": "customer.changed", "timestamp": AT, "data": {"customers": [_WANG]}},
        )
    },
}
"""Of each endpoint that takes a body, by the name of its function."""

_KNOWN = {
    "id": ID, "name": "王小明", "company": "常州精密机械有限公司", "number": "+8613912345678",
    "stage": "high-intent", "stage_at": AT, "owner": "ann", "owned_at": AT, "intent": None,
    "last_follow_up_at": None, "idle_since": AT, "next_action_at": "2026-12-01T01:00:00Z",
    "do_not_call": False, "fields": {"industry": "制造业", "budget": 120000},
    "last_attempt_at": None, "last_contact_at": None, "last_outcome": "", "last_disposition": "",
    "contacts": 0, "created_at": AT, "updated_at": AT, "version": 1,
    "external_ids": {"crm": "C-1"},
    "numbers": [{"number": "+8613912345678", "line_type": "mobile", "region": "CN",
                 "carrier": "China Mobile", "zones": ["Asia/Shanghai"], "verdict": "unknown",
                 "why": "", "score": None, "checked_at": None}],
    "emails": ["wang@example.com"],
    "tags": [{"path": "制造业/设备采购/预算已确认", "source": "crm", "at": AT}],
}  # fmt: skip
_PLANNED = {
    "id": OTHER_ID, "customer_id": ID, "owner": "ann", "kind": "visit",
    "due_at": "2026-12-01T01:00:00Z", "remind_at": "2026-12-01T00:30:00Z", "reminded_at": None,
    "note": "上门演示", "created_at": AT, "created_by": "api:crm", "done_at": None, "done_by": "",
    "result": "",
}  # fmt: skip
_ROW = {"position": 0, "external_id": "C-1", "came": "created", "customer_id": ID}
_COUNTS = {"created": 1, "updated": 0, "unchanged": 0, "refused": 0}
ANSWERS: Mapping[str, Any] = {
    "sync_customers": {**_COUNTS, "rows": [_ROW]},
    "call_result": {"changed": True},
    "list_customers": {"customers": [_KNOWN], "after": None},
    "get_customer": _KNOWN,
    "change_tags": {"tags": [{"path": "vip", "source": "crm", "at": AT}]},
    "get_timeline": {
        "entries": [
            {"at": AT, "id": OTHER_ID, "kind": "stage",
             "facts": {"after": "high-intent", "who": "api:crm"}},
        ],
        "after": None,
    },
    "plan_follow_up": {"id": OTHER_ID},
    "list_follow_ups": {"follow_ups": [_PLANNED]},
    "finish_follow_up": {"changed": True},
    "add_touches": {"new": 1},
    "tell_consent": {"id": OTHER_ID},
    "customers_changed": {**_COUNTS, "why": []},
}  # fmt: skip
"""What comes of it, by the name of the endpoint's function."""

PROBLEMS: Mapping[int, str] = {
    404: "There is no such customer",
    408: "A body must be here within 10 s",
    409: "The call is not over yet; tell what came of it once it is",
    422: NO_OBJECT,
    503: AWAY,
}
NOT_THERE: Mapping[str, str] = {
    "call_result": f"There is no attempt with the id {ID}",
    "finish_follow_up": f"There is no follow-up with the id {ID}",
}
"""404 of those endpoints that are about something else."""
UNFIT: Mapping[str, str] = {
    "sync_customers": "customers: List should have at most 1000 items after validation, not 1001",
    "call_result": "disposition: expected one of the campaign's: sale, no-interest",
    "list_customers": "There is no query parameter 'onwer'; expected: owner, stage, tag",
    "get_customer": "There is no query parameter 'sorce'; expected: source",
    "get_timeline": "limit: Input should be less than or equal to 500",
    "list_follow_ups": "due_before: Input should have timezone info",
}
"""422 of those endpoints that ask for more than a body that is a JSON object."""
WAIT = {
    "Retry-After": {
        "description": "seconds until it is to be sent again",
        "schema": {"type": "integer", "examples": [5]},
    }
}
"""The header of 409 and 503."""


def body(name: str, given: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """The examples of an endpoint's request, beside what else its body is `given`."""
    if name not in REQUESTS:
        return {}
    content = {**(given or {}), "examples": dict(REQUESTS[name])}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


SIGNED: Sequence[Mapping[str, Any]] = [
    {"name": name, "in": "header", "required": True, "description": words,
     "schema": {"type": "string"}, "example": example}
    for name, words, example in (
        ("webhook-id", "the message's: each is heeded once", "msg_17"),
        ("webhook-timestamp", "when it was sent, in seconds since 1970", "1795829400"),
        ("webhook-signature",
         "v1, and in base64 the HMAC-SHA256 of ID.TIMESTAMP.BODY by one of the CRM's hook_secrets",
         "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    )
]  # fmt: skip
"""The headers of what is signed, as Standard Webhooks names them."""


def problem(name: str, code: int, right: Right, longest: int) -> Mapping[str, Any]:
    """The content of an endpoint's answer that something is wrong. `longest`: a body, in bytes."""
    of_it = {401: NOT_ALLOWED[right][0], 413: f"A body may have {longest} bytes", **PROBLEMS}
    own = {404: NOT_THERE, 422: UNFIT}.get(code, {})
    told = own.get(name, of_it[code])
    return {"application/json": {"example": {"detail": told}}}
