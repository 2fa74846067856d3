"""Campaign files as a form, and their JSON Schema for editors."""

from functools import cache
from typing import Any

from campaigns.spec import form
from campaigns.spec.campaign import Campaign, Mode
from campaigns.spec.errors import Loc
from campaigns.spec.form import Form

CAMPAIGN = Form(
    Campaign,
    word="campaign",
    begins="name: spring",
    hint="'dialplane init' writes an example to start from",
)


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a campaign file (draft 2020-12)."""
    is_ivr = {"properties": {"mode": {"const": Mode.IVR.value}}, "required": ["mode"]}
    either = {"if": is_ivr, "then": {"required": ["flow"]}, "else": {"required": ["agents"]}}
    return {**form.schema_of(CAMPAIGN), **either}


def keys_at(loc: Loc) -> list[str]:
    """The keys that the mapping at `loc` of a campaign may have."""
    return form.keys_at(CAMPAIGN, loc)
