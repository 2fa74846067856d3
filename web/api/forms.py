"""What is sent to the REST API, as pydantic models: hostile until it is one of them."""

from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
)

from connectors.calls import TOKEN
from storage.customers.given import LONGEST_ID, MOST_POINTS
from storage.customers.sync import MOST
from storage.tables.timeline import TouchKind
from web.api.problems import sentence
from web.hook_forms import Time

NAME = rf"^{TOKEN.pattern}$"
Token: TypeAlias = Annotated[str, Field(pattern=NAME)]
Text: TypeAlias = Annotated[str, Field(max_length=20_000)]
Short: TypeAlias = Annotated[str, Field(max_length=1000)]
Raw: TypeAlias = str | int | float | bool | None
_FIELDS = {"industry": "制造业", "budget": 120000}


class ApiForm(BaseModel):
    """Frozen, and closed to keys that nobody declared."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class CustomerForm(ApiForm):
    """A customer. What is left out stays as it is."""

    external_id: Short = Field(description="what your system calls the customer", examples=["C-1"])
    name: Short | None = Field(default=None, examples=["王小明"])
    company: Short | None = Field(default=None, examples=["常州精密机械有限公司"])
    numbers: Annotated[tuple[Short, ...], BeforeValidator(_listed)] = Field(
        default=(),
        max_length=20,
        description="telephone numbers, the main one first; added to those that are known",
        examples=[["+8613912345678"]],
    )
    region: Short | None = Field(
        default=None,
        description="where numbers without a country code are dialled from (ISO 3166)",
        examples=["CN"],
    )
    emails: Annotated[tuple[Short, ...], BeforeValidator(_listed)] = Field(
        default=(), max_length=20, examples=[["wang@example.com"]]
    )
    stage: Short | None = Field(
        default=None, description="of the CRM file; empty: none", examples=["high-intent"]
    )
    owner: Short | None = Field(
        default=None, description="whose the customer is; empty: in the pool", examples=["ann"]
    )
    tags: tuple[Short, ...] = Field(
        default=(),
        max_length=100,
        description="paths to add",
        examples=[["制造业/设备采购/预算已确认"]],
    )
    untag: tuple[Short, ...] = Field(
        default=(), max_length=100, description="paths to take away, with those below"
    )
    fields: dict[Short, Raw] = Field(
        default_factory=dict,
        max_length=200,
        description="fields of the CRM file; null takes one away",
        examples=[_FIELDS],
    )
    do_not_call: bool = Field(
        default=False, description="true: never to be called again; false takes nothing back"
    )


class WrongRow(ApiForm):
    """A row that is no customer: whose, and whom it forbids to call, as far as that can be read,
    and why."""

    external_id: str
    why: str
    do_not_call: bool = False
    numbers: tuple[str, ...] = ()
    region: str | None = None


def _row(value: Any) -> CustomerForm | WrongRow:
    try:
        return CustomerForm.model_validate(value)
    except ValidationError as wrong:
        [first, *_] = wrong.errors(include_input=False, include_url=False)
        told = value if isinstance(value, dict) else {}
        numbers, region = told.get("numbers"), told.get("region")
        return WrongRow(
            external_id=_readable(told.get("external_id")),
            why=sentence(first, "row", first["loc"]),
            do_not_call=told.get("do_not_call") is True,
            numbers=_texts(numbers if isinstance(numbers, list) else []),
            region=region if isinstance(region, str) else None,
        )


def _readable(told: Any) -> str:
    readable = isinstance(told, str | int) and str(told).isprintable()
    return str(told)[:LONGEST_ID] if readable else ""


def _texts(values: list[Any]) -> tuple[str, ...]:
    return tuple(each for each in values[:MOST_POINTS] if isinstance(each, str))


Row: TypeAlias = Annotated[
    CustomerForm | WrongRow, PlainValidator(_row, json_schema_input_type=CustomerForm)
]
"""One customer of many, who hinders no other."""


class SyncForm(ApiForm):
    """Customers, made or changed by their external ids: those of the system that the key is of."""

    customers: tuple[Row, ...] = Field(min_length=1, max_length=MOST)


class ResultForm(ApiForm):
    """What came of a call."""

    attempt_id: UUID = Field(description="the attempt's, as results of calls tell it")
    disposition: Token | None = Field(
        default=None, description="one of the campaign's", examples=["sale"]
    )
    intent: Token | None = Field(
        default=None, description="a level of the CRM file", examples=["A"]
    )
    note: Text | None = Field(default=None, examples=["客户要求下周发合同"])
    agent: Token | None = Field(default=None, description="who talked, where you know better")
    at: Time | None = Field(
        default=None,
        description="when it was filed, which makes it safe to send again; left out, or yet to "
        "come: now",
        examples=["2026-11-28T09:30:00+08:00"],
    )


class TagsForm(ApiForm):
    """Tags to add and to take away, as paths."""

    add: tuple[Short, ...] = Field(default=(), max_length=100, examples=[["vip", "制造业/维修"]])
    remove: tuple[Short, ...] = Field(default=(), max_length=100)


class FollowUpForm(ApiForm):
    """What is to be done for a customer."""

    due_at: Time = Field(examples=["2026-12-01T09:00:00+08:00"])
    kind: Annotated[str, Field(pattern=NAME, max_length=24)] = Field(
        default="call", examples=["visit"]
    )
    owner: Token | None = Field(default=None, description="left out: the customer's")
    remind_at: Time | None = Field(
        default=None,
        description="when its owner is to be told; left out: never",
        examples=["2026-12-01T08:30:00+08:00"],
    )
    note: Text = Field(default="", examples=["上门演示"])


class DoneForm(ApiForm):
    """A follow-up is done."""

    result: Short = Field(default="", examples=["reached"])
    note: Text = Field(default="", examples=["下周再谈"])
    at: Time | None = None


class TouchForm(ApiForm):
    """Something that a customer did, or that was noted."""

    kind: TouchKind
    at: Time | None = None
    item: Short = Field(default="", examples=["数控机床 X5"])
    text: Text = ""
    amount: str | int | float | None = Field(default=None, examples=["129999.95"])
    currency: Annotated[str, Field(pattern=rf"^({TOKEN.pattern})?$", max_length=24)] = Field(
        default="", examples=["CNY"]
    )
    key: Short | None = Field(
        default=None, description="what you call it; one that comes again is passed over"
    )


class TouchesForm(ApiForm):
    """Touch points of one customer."""

    touches: tuple[TouchForm, ...] = Field(min_length=1, max_length=100)


class ConsentForm(ApiForm):
    """A customer has allowed something, or not any more."""

    given: bool
    channel: Annotated[str, Field(pattern=NAME, max_length=24)] = Field(
        default="call", examples=["call"]
    )
    purpose: Token = Field(default="any", examples=["any"])
    expires_at: Time | None = None
    evidence: Text = Field(default="", examples=["录音 2026-11-28, 00:41"])


Came: TypeAlias = Literal["created", "updated", "unchanged", "refused"]
