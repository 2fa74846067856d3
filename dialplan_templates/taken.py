"""Names that no flow may have: a PBX uses them itself, or our own dialplan does."""

import re
from functools import cache
from pathlib import Path

EXTENSIONS = frozenset({"a", "e", "failed", "fax", "h", "i", "o", "s", "t", "T"})
"""Extensions that Asterisk itself goes to: on silence, on a wrong key, on a hang-up."""
_OURS = Path(__file__).parent / "asterisk" / "extensions.d" / "dialplane.conf.j2"
_CONTEXT = re.compile(r"^\[([^\]]+)\]", re.MULTILINE)


@cache
def contexts() -> frozenset[str]:
    """The contexts of our own dialplan."""
    return frozenset(_CONTEXT.findall(_OURS.read_text("utf-8")))
