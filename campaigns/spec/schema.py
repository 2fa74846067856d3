"""Campaign files as a form, and their JSON Schema for editors."""

from functools import cache
from typing import Any

from pydantic import ValidationError

from campaigns.spec import form
from campaigns.spec.campaign import Campaign, Mode
from campaigns.spec.errors import Loc, finding, path_of
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


def first_of(wrong: ValidationError) -> str:
    """The first thing that is wrong with a campaign, as its file's are told of it."""
    first, *others = wrong.errors(include_url=False)
    found = finding(first, keys_at(first["loc"][:-1]), "")
    more = f", and {len(others)} more" if others else ""
    return f"{path_of(found.loc) or 'campaign'}: {found.message}{more}"
