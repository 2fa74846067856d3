"""A rules file: what is done by itself when something changes of a customer.

A rule says when (`when`, what happens), whether (`if`, a filter over the customer) and what (`do`).
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from campaigns.crm.rules.words import (
    Asking,
    Bound,
    Names,
    Note,
    OwnValue,
    RulePart,
    TagPath,
    Wait,
)
from campaigns.spec.form import Form
from campaigns.spec.keyed import Keyed
from campaigns.spec.types import Count, Label, Token


class Move(RulePart):
    """From where to where; what is left out may be any."""

    from_: Names = Field(default=(), alias="from", description="one of these before")
    to: Names = Field(default=(), description="one of these now")

    @model_validator(mode="after")
    def _says_something(self) -> "Move":
        if not self.from_ and not self.to:
            raise PydanticCustomError("move", "'from', 'to' or both")
        return self


class OnStage(RulePart):
    """The customer comes to another stage, or is made in one."""

    stage: Move = Field(description="which: {from: potential, to: high-intent}")


class OnTagAdded(RulePart):
    """The customer gets a tag."""

    tag_added: TagPath = Field(description="this one, or one below it")


class OnTagRemoved(RulePart):
    """The customer loses a tag."""

    tag_removed: TagPath = Field(description="this one, or one below it")


class OnField(RulePart):
    """A field of the site's own changes; with a comparison: it becomes so."""

    field: Token = Field(description="the field's name in the CRM file")
    equals: OwnValue = Field(default=None, description="it has this value now, and had not")
    at_least: Bound | None = Field(default=None, description="a number: not less than this now")
    at_most: Bound | None = Field(default=None, description="a number: not more than this now")


class Filed(RulePart):
    """What a call was filed under; what is left out may be any."""

    disposition: Names = Field(default=(), description="one of these")
    intent: Names = Field(default=(), description="one of these levels of the CRM file")


class OnCall(RulePart):
    """A call's result is filed: by its agent, its flow, or a CRM over REST."""

    call: Filed = Field(description="as what: {disposition: sale, intent: [A, B]}; {}: any")


class OnIdle(RulePart):
    """Nobody has followed up for so long. Once for each such time."""

    idle: Wait = Field(description="how long: 72h")
    stages: Names = Field(
        default=(), description="in these stages; left out: in all that are not closed, and in none"
    )


class OnCreated(RulePart):
    """A customer is new."""

    created: Literal[True] = Field(description="true")
    source: Token | None = Field(default=None, description="told by this source")


class OnConsent(RulePart):
    """The customer has allowed something, or not any more."""

    consent: Literal["given", "withdrawn"] = Field(description="which of them")
    channel: Token = Field(default="call", description="for this channel")
    purpose: Token | None = Field(default=None, description="for this purpose; left out: for any")


class OnDoNotCall(RulePart):
    """The customer is not to be called any more."""

    do_not_call: Literal[True] = Field(description="true")


Trigger = Annotated[
    OnStage
    | OnTagAdded
    | OnTagRemoved
    | OnField
    | OnCall
    | OnIdle
    | OnCreated
    | OnConsent
    | OnDoNotCall,
    Keyed(),
]


class AddToCampaign(RulePart):
    """Let a campaign call the customer: the main number comes to its list, due at once."""

    campaign: Token = Field(description="which campaign")
    list: Token | None = Field(
        default=None, description="of a campaign with a mix: to which list; left out: the first"
    )
    priority: Count = Field(default=0, ge=-1_000_000, le=1_000_000, description="of the lead")
    again: bool = Field(
        default=False, description="a lead that is done is called again; else it is left as it is"
    )
    needs_consent: Token | None = Field(
        default=None, description="only who has allowed calls for this purpose; 'any': for any"
    )


class AssignOwner(RulePart):
    """Give the customer an owner."""

    owner: Names = Field(min_length=1, description="who; of several one after another")


class BackToPool(RulePart):
    """Take the owner away."""

    pool: Literal[True] = Field(description="true")


class Remind(RulePart):
    """Plan a follow-up, of which its owner is reminded when it is due."""

    remind: Wait = Field(description="how long from now: 1d")
    kind: Annotated[Token, Field(max_length=24)] = Field(default="call", description="what it is")
    who: Token | None = Field(default=None, description="whose; left out: the customer's owner's")
    note: Note = Field(default="", description="what there is to say")


class AddTag(RulePart):
    """Give the customer a tag."""

    tag: TagPath = Field(description="which")


class RemoveTag(RulePart):
    """Take a tag, and those below it, from the customer."""

    untag: TagPath = Field(description="which")


class MoveTo(RulePart):
    """Move the customer to a stage."""

    stage: Token = Field(description="which")


class SetField(RulePart):
    """Set a field of the site's own."""

    set: Token = Field(description="the field's name in the CRM file")
    value: OwnValue = Field(description="its value; null takes it away")


class SendWebhook(RulePart):
    """Send a message `rule.acted` to the `[webhook]` of the settings."""

    webhook: Token = Field(description="a word of your own, which the message carries")


Action = Annotated[
    AddToCampaign
    | AssignOwner
    | BackToPool
    | Remind
    | AddTag
    | RemoveTag
    | MoveTo
    | SetField
    | SendWebhook,
    Keyed(),
]


class Rule(RulePart):
    """When something happens, if the customer is so, do this."""

    name: Token = Field(description="its name, in lists and in the history of what it did")
    label: Label = Field(default="", description="what it is for")
    when: Trigger = Field(description="what happens")
    if_: Asking | None = Field(
        default=None,
        alias="if",
        description="which customers, as a filter; left out: all",
    )
    do: tuple[Action, ...] = Field(
        min_length=1, max_length=20, description="what is done, in this order"
    )


class Rules(RulePart):
    """What is done by itself."""

    rules: tuple[Rule, ...] = Field(max_length=200, description="the rules, in their order")


RULES_FILE = Form(
    Rules,
    word="rules file",
    begins="rules:",
    hint="crm_sync/rules.yaml is an example to start from",
)
