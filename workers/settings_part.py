"""What every part of the settings has in common."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of the settings: frozen, and closed to keys nobody declared."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
