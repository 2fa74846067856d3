"""Names that a PBX uses itself."""

EXTENSIONS = frozenset({"a", "e", "failed", "fax", "h", "i", "o", "s", "t", "T"})
"""Extensions that Asterisk itself goes to: on silence, on a wrong key, on a hang-up."""
