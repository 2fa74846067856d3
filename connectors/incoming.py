"""Calls that come in, on every PBX: what of their line and caller is believed.

The PBX's own dialplan writes the line into the channel's account, where the list of channels shows
it to who comes later. The caller's number is whatever a stranger has sent.
"""

from connectors.calls import E164, TOKEN

LINE_ACCOUNT = "dialplane-line-"
_ABROAD = "00"
_FOR_THE_EYE = str.maketrans("", "", " .-()")


def caller(text: str, *, plus: bool = False) -> str:
    """E.164, or empty where the text is no number that can be told from any other.

    What carriers put between digits for the eye is no part of a number. Without the `+`, digits
    are read as the trunks write them: E.164 that lacks its `+`, unless they are to write it
    (`plus`); then they may be of any country, and are nobody's.
    """
    text = text.translate(_FOR_THE_EYE)
    if text.startswith(_ABROAD):
        text = f"+{text.removeprefix(_ABROAD)}"
    elif not plus and not text.startswith("+"):
        text = f"+{text}"
    return text if E164.fullmatch(text) else ""


def line_of(account: str) -> str:
    """The line that a channel of this account came in on; empty for any other channel."""
    if not account.startswith(LINE_ACCOUNT):
        return ""
    return as_line(account.removeprefix(LINE_ACCOUNT))


def as_line(text: str) -> str:
    """`text` if it is a token, else nothing."""
    return text if TOKEN.fullmatch(text) else ""
