"""The first line of a file that we have made: a hash of the rest, which tells a change by hand.

It travels with the file, to another machine as well. It is no signature: who wants to may write it.
"""

import hashlib
import re
from enum import StrEnum

_LINES = {".conf": "; dialplane-stamp: {}\n", ".xml": "<!-- dialplane-stamp: {} -->\n"}
_STAMPED = re.compile(r"(?:; |<!-- )dialplane-stamp: ([0-9a-f]{64})(?: -->)?\n", re.ASCII)


class Stamp(StrEnum):
    WHOLE = "whole"  # as it was written
    BROKEN = "broken"  # ours, and changed since
    NONE = "none"  # not of our making


def stamped(path: str, text: str) -> str:
    """The text with its stamp, as a comment of such a file."""
    ending = path[path.rindex(".") :]
    return _LINES[ending].format(_hash(text)) + text


def stamp_of(text: str) -> Stamp:
    """Whether a file is ours, and as we have written it."""
    found = _STAMPED.match(text)
    if found is None:
        return Stamp.NONE
    return Stamp.WHOLE if found[1] == _hash(text[found.end() :]) else Stamp.BROKEN


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
