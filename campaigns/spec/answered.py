"""What becomes of a call that is answered: who listens, who takes it, how it is filed."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from campaigns.spec.times import Retry
from campaigns.spec.types import Label, Part, Real, Seconds, Token
from connectors.calls import Amd as AmdTuning

OnParty = Literal["hang_up", "message", "connect"]


_USUAL = AmdTuning()
Milliseconds = Annotated[int, Field(ge=0, le=60_000)]


class Tuning(Part):
    """How Asterisk's AMD listens, in its own words; times in milliseconds."""

    initial_silence: Milliseconds = Field(
        default=_USUAL.initial_silence, description="nothing said: a machine"
    )
    greeting: Milliseconds = Field(
        default=_USUAL.greeting, description="a longer greeting: a machine"
    )
    after_greeting_silence: Milliseconds = Field(
        default=_USUAL.after_greeting_silence, description="silence after the greeting: a person"
    )
    total_analysis_time: Milliseconds = Field(
        default=_USUAL.total_analysis_time, description="then it cannot tell: 'unknown'"
    )
    minimum_word_length: Milliseconds = Field(
        default=_USUAL.minimum_word_length, description="a shorter sound is no word"
    )
    between_words_silence: Milliseconds = Field(
        default=_USUAL.between_words_silence, description="parts two words"
    )
    maximum_number_of_words: int = Field(
        default=_USUAL.maximum_number_of_words,
        ge=0,
        le=1000,
        description="more words in the greeting: a machine",
    )
    silence_threshold: int = Field(
        default=_USUAL.silence_threshold, ge=0, le=32767, description="quieter than this is silence"
    )
    maximum_word_length: Milliseconds = Field(
        default=_USUAL.maximum_word_length, description="a longer word: a machine"
    )


class Amd(Part):
    """Answering machine detection: what is done with whom it hears."""

    enabled: bool = Field(default=False, description="let the PBX listen to who picked up")
    machine: OnParty = Field(
        default="hang_up",
        description="a machine or voicemail answered; 'connect' goes on as with a person: to an "
        "agent, in mode ivr through the flow, which can leave a message by its step 'voicemail'",
    )
    unknown: OnParty = Field(default="connect", description="the PBX could not tell")
    screening: OnParty = Field(default="hang_up", description="a call-screening robot answered")
    message: Token | None = Field(
        default=None, description="recording played by the action 'message'"
    )
    tuning: Tuning | None = Field(
        default=None,
        description="how Asterisk's AMD listens; what is left out is Asterisk's default; null: as "
        "'dialplane pbx config' has set the PBX up. FreeSWITCH listens for beeps alone",
    )

    @model_validator(mode="after")
    def _message_is_named(self) -> "Amd":
        wanted = "message" in (self.machine, self.unknown, self.screening)
        if wanted and self.message is None:
            raise ValueError("the key 'message' (the recording to play) for the action 'message'")
        return self


class Recording(Part):
    """Whether connected calls are recorded (stereo: customer left, agent right)."""

    enabled: bool = Field(default=False, description="record connected calls")


class Agents(Part):
    """Who may take the calls: agents named, or of these teams; with all of these skills."""

    names: tuple[Token, ...] = Field(default=(), description="agents, by name")
    teams: tuple[Token, ...] = Field(default=(), description="all agents of these teams")
    skills: tuple[Token, ...] = Field(default=(), description="skills each of them must have")
    legs: Literal["nailed_up", "on_demand"] = Field(
        default="nailed_up",
        description="'nailed_up': the phone stays off hook for the shift, customers are there in "
        "milliseconds; 'on_demand': the phone rings for each call",
    )
    wrap_up: Seconds = Field(
        default=30, description="after a call, at most; then the agent is ready again"
    )
    share: Real = Field(
        default=1,
        gt=0,
        le=1000,
        description="this campaign's share of the agents who are shared, against other campaigns' "
        "that have leads to dial",
    )
    on_no_answer: Literal["pause"] = Field(
        default="pause", description="what becomes of an agent who does not pick up"
    )

    @property
    def anybody(self) -> bool:
        """Whether anybody is named at all."""
        return bool(self.names or self.teams)


class Disposition(Part):
    """What an agent may file a call under."""

    name: Token = Field(description="as stored and reported")
    label: Label = Field(default="", description="as shown to agents")
    final: bool = Field(default=True, description="the lead is not called again")
    success: bool = Field(default=False, description="counts as a success in reports")
    do_not_call: bool = Field(
        default=False, description="puts the number on the do-not-call list at once"
    )
    machine: bool = Field(
        default=False,
        description="what answered was a machine: the call does not count as a live answer",
    )
    intent: Token | None = Field(
        default=None,
        description="how likely customers are to buy whose calls are filed so: a level of the CRM "
        "file; left out: it tells nothing of that",
    )
    retry: Retry | None = Field(default=None, description="call again by this rule")
