"""What a CRM of the settings posts by itself when customers change there, signed as Standard
Webhooks says, and taken as if it had been pulled: by the map, and by its rules of who is right."""

import json
from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from typing import Any, Literal

from fastapi import Request
from pydantic import Field, ValidationError, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from campaigns.crm.conflicts import CUSTOM
from campaigns.crm.mapping import CustomerMap, Pulled, pulled
from crm_sync.adapter import AdapterError
from crm_sync.rest_paths import get
from storage.customers.requests import Request as Told
from storage.customers.sync import MOST, Came
from web.api.asked import answer, store
from web.api.forms import ApiForm, CustomerForm, Row, WrongRow
from web.api.problems import sentence
from web.hook_forms import Time
from web.posted import ID, is_signed
from workers.crms import crm_of
from workers.pull_report import Report
from workers.pulling import keep
from workers.settings import Settings

MOST_ID = 120
WITHOUT = CustomerMap(id="external_id")


class ChangedData(ApiForm):
    """Customers as the CRM has them, by its map; or in the form of `POST /api/customer/sync`."""

    rows: tuple[dict[str, Any], ...] = Field(default=(), max_length=MOST)
    customers: tuple[Row, ...] = Field(default=(), max_length=MOST)

    @model_validator(mode="after")
    def _one(self) -> "ChangedData":
        if bool(self.rows) == bool(self.customers):
            raise ValueError("either 'rows' or 'customers'")
        return self


class ChangedForm(ApiForm):
    """What a CRM posts."""

    type: Literal["customer.changed"]
    timestamp: Time
    data: ChangedData


BODY: Mapping[str, Any] = {
    "type": "object",
    "required": ["type", "timestamp", "data"],
    "properties": {
        "type": {"const": "customer.changed"},
        "timestamp": {"type": "string", "format": "date-time"},
        "data": {
            "type": "object",
            "properties": {
                "rows": {
                    "type": "array",
                    "items": {"type": "object"},
                    "description": "records as the CRM has them, read by its map",
                },
                "customers": {
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/CustomerForm"},
                },
            },
        },
    },
}


async def customers_changed(request: Request, name: str) -> Response:
    """Customers have changed in a CRM of the settings: signed as Standard Webhooks says, with one
    of its hook_secrets. Each message is heeded once, by its webhook-id."""
    body = await request.body()
    refused = _refusal(request, body, name)
    if refused is not None:
        return refused
    try:
        form = ChangedForm.model_validate_json(body)
    except ValidationError as wrong:
        [first, *_] = wrong.errors(include_input=False, include_url=False)
        return JSONResponse({"detail": sentence(first, "body", first["loc"])}, 422)
    told = Told(f"crm:{name}"[:64], request.headers[ID], sha256(body).hexdigest())
    return await run_in_threadpool(partial(_keep, request, name, form, told))


def _refusal(request: Request, body: bytes, name: str) -> Response | None:
    settings: Settings = request.app.state.settings
    secrets = settings.crms[name].hook_secrets if name in settings.crms else ()
    if not any(is_signed(request, body, secret) for secret in secrets):
        told = "The signature fits none of the CRM's hook_secrets, or is older than 5 minutes"
        return JSONResponse({"detail": told}, 401)
    told_id = request.headers.get(ID, "")
    if not (told_id.isascii() and told_id.isprintable() and 0 < len(told_id) <= MOST_ID):
        told = f"the header {ID} must be 1 to {MOST_ID} printable characters"
        return JSONResponse({"detail": told}, 422)
    return None


def _keep(request: Request, name: str, form: ChangedForm, told: Told) -> Response:
    try:
        mapped = _map(request, name)
    except AdapterError as lacking:
        return JSONResponse({"detail": str(lacking)}, 503, {"Retry-After": "60"})
    if mapped is None and form.data.rows:
        return JSONResponse({"detail": "The CRM has no map by which 'rows' could be read"}, 422)
    mapped = mapped or WITHOUT
    rows = [pulled(mapped, partial(get, row)) for row in form.data.rows]
    rows += [_as_pulled(each, form) for each in form.data.customers]
    report = Report()
    keep(store(request), name, mapped, rows, report, told)
    counts = {word.value: report.came[word] for word in Came if word is not Came.SKIPPED}
    why = [{"external_id": who, "why": why} for who, why in report.refused]
    return answer({**counts, "why": why})


def _map(request: Request, name: str) -> CustomerMap | None:
    """The CRM's map, read once: a changed one counts from the next start on."""
    known: dict[str, CustomerMap | None] = request.app.state.crm_maps
    if name not in known:
        crm = crm_of(request.app.state.settings, store(request), name)
        known[name] = crm.customers
        crm.close()
    return known[name]


def _as_pulled(each: CustomerForm | WrongRow, form: ChangedForm) -> Pulled:
    if isinstance(each, WrongRow):
        told = {"numbers": each.numbers, "region": each.region, "do_not_call": each.do_not_call}
        return Pulled(each.external_id, fields=told, wrong=each.why)
    told = json.loads(each.model_dump_json(exclude_unset=True))
    external_id = str(told.pop("external_id"))
    own = {f"{CUSTOM}{name}": value for name, value in told.pop("fields", {}).items()}
    known = {n: tuple(v) if isinstance(v, list) else v for n, v in told.items() if v is not None}
    return Pulled(external_id, form.timestamp, {**known, **own})
