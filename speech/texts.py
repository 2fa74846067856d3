"""What a voice may be given. A text holds what came from lists and endpoints, so it is hostile."""

from unicodedata import category

from speech.errors import BadText

LONGEST = 4000
"""Characters: a flow's longest text, with room for what its variables hold."""
_HIDDEN = frozenset({"Cc", "Cs", "Co", "Zl", "Zp"})
"""Control characters, halves of characters, private ones, and ends of lines: voices obey some."""
_SAID = ("L", "N", "S")
"""Letters, digits and signs: without any of them there is nothing to say."""


def speakable(text: str) -> str:
    """The text in one line, as a voice is given it. Raises `BadText`."""
    if any(category(char) in _HIDDEN for char in text):
        raise BadText("the text holds a control character or the end of a line: nobody can say it")
    if len(text) > LONGEST:
        raise BadText(f"the text has {len(text)} characters, and a voice says {LONGEST} at most")
    if not has_words(text):
        raise BadText("the text holds no letter and no digit: there is nothing to say")
    return " ".join(text.split())


def has_words(text: str) -> bool:
    """Whether there is anything to say."""
    return any(category(char).startswith(_SAID) for char in text)
