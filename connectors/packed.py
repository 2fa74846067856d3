"""Texts as a channel's variables hold them: letters, digits and . _ - as they are, the rest as =XX.

A variable's text may come from a customer's record or from an endpoint, and Asterisk puts it into
expressions and arguments before it reads these. Packed, it is nothing to any of them. Packing goes
character by character: the packed form of a text in which variables stand is that of its parts,
one after another, and keys are their own packed form.

Packed, a text of 200 characters can be longer than a line of a control channel may be. Then it goes
in pieces, which the dialplan puts together: NAME, NAME.2 and NAME.3.
"""

import re
from collections.abc import Iterator, Mapping

PIECE = 900  # characters
_NAMES = ("{}", "{}.2", "{}.3")
"""Enough for 200 characters of four bytes each: a text and 2,400 characters."""

_PLAIN = re.compile(r"[A-Za-z0-9._-]", re.ASCII)
_PACKED = re.compile(r"(?:[A-Za-z0-9._-]|=[0-9A-F]{2})*", re.ASCII)


def pack(text: str) -> str:
    """`José` as `Jos=C3=A9`."""
    return "".join(c if _PLAIN.fullmatch(c) else _hidden(c) for c in text)


def in_pieces(prefix: str, texts: Mapping[str, str], mark: str = "") -> Iterator[tuple[str, str]]:
    """The variables `PREFIX.NAME`, `.2`, ... that hold these texts, each with its piece. `mark`
    stands before each text."""
    for name, text in texts.items():
        packed = f"{mark}{pack(text)}"
        pieces = [packed[at : at + PIECE] for at in range(0, len(packed), PIECE)] or [""]
        for form, piece in zip(_NAMES, pieces, strict=False):
            yield form.format(f"{prefix}.{name}"), piece


def unpack(packed: str) -> str:
    """The text again. Raises `ValueError` for what is no packed text."""
    if not _PACKED.fullmatch(packed):
        raise ValueError("that is no packed text")
    plain = re.sub("=(..)", lambda found: chr(int(found[1], 16)), packed)
    return plain.encode("latin-1").decode("utf-8")


def _hidden(char: str) -> str:
    return "".join(f"={byte:02X}" for byte in char.encode("utf-8"))
