"""Texts as a channel's variables hold them: letters, digits and . _ - as they are, the rest as =XX.

A variable's text may come from a customer's record or from an endpoint, and Asterisk puts it into
expressions and arguments before it reads these. Packed, it is nothing to any of them. Packing goes
character by character: the packed form of a text in which variables stand is that of its parts,
one after another, and keys are their own packed form.
"""

import re

_PLAIN = re.compile(r"[A-Za-z0-9._-]", re.ASCII)
_PACKED = re.compile(r"(?:[A-Za-z0-9._-]|=[0-9A-F]{2})*", re.ASCII)


def pack(text: str) -> str:
    """`José` as `Jos=C3=A9`."""
    return "".join(c if _PLAIN.fullmatch(c) else _hidden(c) for c in text)


def unpack(packed: str) -> str:
    """The text again. Raises `ValueError` for what is no packed text."""
    if not _PACKED.fullmatch(packed):
        raise ValueError("that is no packed text")
    plain = re.sub("=(..)", lambda found: chr(int(found[1], 16)), packed)
    return plain.encode("latin-1").decode("utf-8")


def _hidden(char: str) -> str:
    return "".join(f"={byte:02X}" for byte in char.encode("utf-8"))
