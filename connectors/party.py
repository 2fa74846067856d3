"""Who is on the line."""

from enum import StrEnum


class Party(StrEnum):
    """Who picked up, as far as the PBX can tell."""

    HUMAN = "human"
    MACHINE = "machine"
    SCREENING = "screening"  # a call-screening robot asks who is calling; Asterisk never says so
    UNKNOWN = "unknown"
