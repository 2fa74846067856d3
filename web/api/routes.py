"""The routes of the REST API, each with what its OpenAPI document says of it."""

from collections.abc import Mapping
from typing import Any

from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from web.api import answers, crm_hooks, customers, examples, work
from web.api.asked import answer, only_declared
from web.gate import Endpoint, Route
from web.limited import Limits
from web.rights import Right

SHORT, LONG = Limits(65_536), Limits(8 * 1024 * 1024)
BUSY = 32  # requests of one kind that may be in hand at once
_PROBLEMS = {
    401: "no key of the settings was shown",
    404: "there is no such thing",
    408: "the body was not here in time",
    409: "the call is not over yet: send it again",
    413: "the body is too long",
    422: "something is not as it has to be; `detail` says what",
    503: "not now: send it again after the seconds of Retry-After",
}


def openapi(request: Request) -> Response:
    """This document."""
    return answer(request.app.openapi())


def _route(
    method: str,
    path: str,
    endpoint: Endpoint,
    model: type[BaseModel],
    problems: tuple[int, ...] = (),
    status: int = 200,
    body: Limits = SHORT,
    right: Right = Right.API,
    schema: Mapping[str, Any] | None = None,
) -> Route:
    """`schema`: of a body that FastAPI does not read, as it is signed."""
    summary = (endpoint.__doc__ or "").split(":")[0].split(".")[0].replace("\n", " ")
    told: dict[str, Any] = {
        "dependencies": [Depends(only_declared)],
        "response_model": None,
        "status_code": status,
        "summary": " ".join(summary.split()),
        "description": " ".join((endpoint.__doc__ or "").split()),
        "responses": {
            status: {"model": model, "description": "Done"},
            **{
                code: _problem(endpoint.__name__, code, right, body)
                for code in sorted({401, 408, 413, 422, 503, *problems})
            },
        },
        "openapi_extra": {
            **_shown(right),
            **examples.body(endpoint.__name__, schema and {"schema": schema}),
        },
    }
    return Route(method, path, endpoint, right, BUSY, body, told)


def _shown(right: Right) -> dict[str, Any]:
    """How a request shows who sends it."""
    if right is Right.API:
        return {"security": [{"key": []}]}
    return {"security": [], "parameters": examples.SIGNED}


def _problem(name: str, code: int, right: Right, body: Limits) -> dict[str, Any]:
    signed = code == 401 and right is Right.CRM
    described = "it is not signed with a secret of that CRM" if signed else _PROBLEMS[code]
    told = {"model": answers.Problem, "description": described}
    headers = {"headers": examples.WAIT} if code in {409, 503} else {}
    content = examples.problem(name, code, right, body.longest)
    return {**told, "content": content, **headers}


_OF_ONE = "/api/customers/{which}"
API_ROUTES = (
    _route("POST", "/api/customer/sync", customers.sync_customers, answers.SyncAnswer, body=LONG),
    _route("POST", "/api/call/result", work.call_result, answers.ChangedAnswer, (404, 409)),
    _route("GET", "/api/customers", customers.list_customers, answers.ListAnswer),
    _route("GET", _OF_ONE, customers.get_customer, answers.CustomerAnswer, (404,)),
    _route("POST", f"{_OF_ONE}/tags", work.change_tags, answers.TagsAnswer, (404,)),
    _route("GET", f"{_OF_ONE}/timeline", work.get_timeline, answers.TimelineAnswer, (404,)),
    _route("POST", f"{_OF_ONE}/follow-ups", work.plan_follow_up, answers.MadeAnswer, (404,), 201),
    _route("POST", f"{_OF_ONE}/touches", work.add_touches, answers.CountAnswer, (404,)),
    _route("POST", f"{_OF_ONE}/consent", work.tell_consent, answers.MadeAnswer, (404,), 201),
    _route("GET", "/api/follow-ups", work.list_follow_ups, answers.FollowUpsAnswer, (404,)),
    _route(
        "POST",
        "/api/follow-ups/{follow_up_id}/done",
        work.finish_follow_up,
        answers.ChangedAnswer,
        (404,),
    ),
    _route(
        "POST",
        "/api/crm/{name}/changed",
        crm_hooks.customers_changed,
        answers.ChangedThereAnswer,
        body=LONG,
        right=Right.CRM,
        schema=crm_hooks.BODY,
    ),
    Route("GET", "/api/openapi.json", openapi, Right.API, 4, SHORT),
)
