"""Orders to running campaigns as JSON, and back. What comes back is hostile until it is read.

One table says which class each kind is, another what each field may hold. A payload with a
field too many, too few, or of another form is refused in words that do not repeat it.
"""

from dataclasses import MISSING, asdict, fields
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StrictBool, StringConstraints, ValidationError
from pydantic import create_model as model_of

from campaigns.orders import (
    Accept,
    CampaignState,
    Dispose,
    EndCall,
    LogIn,
    LogOut,
    Move,
    Order,
    Pause,
    Ready,
    SetState,
    Skip,
    Stay,
    Supervise,
)
from connectors.calls import TOKEN, Listening
from storage.errors import Refused

Token = Annotated[str, StringConstraints(pattern=rf"^{TOKEN.pattern}$")]

KINDS: dict[str, type[Order]] = {
    "log_in": LogIn,
    "log_out": LogOut,
    "move": Move,
    "stay": Stay,
    "pause": Pause,
    "ready": Ready,
    "dispose": Dispose,
    "end_call": EndCall,
    "accept": Accept,
    "skip": Skip,
    "supervise": Supervise,
    "set_state": SetState,
}
FORMS: dict[str, Any] = {
    "agent": Token,
    "phone": Token,
    "node": Token,
    "to": Token,
    "disposition": Token,
    "skills": frozenset[Token],
    "teams": frozenset[Token],
    "reason": Annotated[str, StringConstraints(max_length=200)],
    "note": Annotated[str, StringConstraints(max_length=4000)],
    "then_ready": StrictBool,
    "how": Listening,
    "leg_id": UUID,
    "state": CampaignState,
}


def encode(order: Order) -> tuple[str, dict[str, Any]]:
    """The kind and the JSON payload of an order. Raises `Refused` for one that is not in form."""
    kind = _KIND_OF[type(order)]
    return kind, _read(kind, asdict(order)).model_dump(mode="json")


def decode(kind: str, payload: Any) -> Order:
    """The order. Raises `Refused`, with a sentence that names the field and not its content."""
    if kind not in KINDS:
        raise Refused("There is no order of that kind")
    return KINDS[kind](**_read(kind, payload).model_dump())


def _read(kind: str, payload: Any) -> BaseModel:
    try:
        return _MODELS[kind].model_validate(payload)
    except ValidationError as wrong:
        found = wrong.errors(include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in found["loc"] if part in FORMS) or "payload"
        raise Refused(f"The order '{kind}' is not in form: {field}: {found['type']}") from None


def _model(kind: str, order: type[Order]) -> type[BaseModel]:
    parts = {
        f.name: (FORMS[f.name], ... if f.default is MISSING else f.default) for f in fields(order)
    }
    return model_of(kind, __config__=ConfigDict(extra="forbid"), **parts)  # type: ignore[call-overload,no-any-return]


_KIND_OF = {order: kind for kind, order in KINDS.items()}
_MODELS = {kind: _model(kind, order) for kind, order in KINDS.items()}
