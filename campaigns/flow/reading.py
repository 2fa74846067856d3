"""How single values of a flow file are read. Whole numbers come as the text they are written as.

So `01` stays two digits, `1:` and `"1":` are the same key, and a number to call needs no quotes.
"""

import re
from typing import Any

from campaigns.flow.texts import NAME

WHOLE = re.compile(r"-?\d{1,12}", re.ASCII)
NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,6})?", re.ASCII)
PRESSED = re.compile(r"[0-9*#]{1,4}", re.ASCII)
PATTERN = re.compile(r"[0-9XZN]{1,20}", re.ASCII)
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?", re.ASCII)
_FOLDED = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
SOUNDS = ("wav", "flac", "ogg", "mp3", "gsm", "ulaw", "alaw", "sln", "sln16", "g722")
FILE = re.compile(rf"({_FOLDED}/){{0,4}}{_FOLDED}\.({'|'.join(SOUNDS)})", re.ASCII)
RETURN = "return"


def whole(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not (isinstance(value, str) and WHOLE.fullmatch(value)):
        raise ValueError("a whole number")
    return int(value)


def number(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if not (isinstance(value, str) and NUMBER.fullmatch(value)):
        raise ValueError("a number")
    return float(value)


def name(value: Any) -> Any:
    if not (isinstance(value, str) and NAME.fullmatch(value)):
        raise ValueError(
            "a variable's name of small letters, digits and '_' (at most 32, a letter first)"
        )
    return value


def pressed(value: Any) -> Any:
    given = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not (isinstance(given, str) and PRESSED.fullmatch(given)):
        raise ValueError("one to four keys of a telephone (0 to 9, '*', '#'; these two in quotes)")
    return given


def pattern(value: Any) -> Any:
    if not (isinstance(value, str) and PATTERN.fullmatch(value)):
        raise ValueError("at most 20 of: digits, X (0 to 9), Z (1 to 9), N (2 to 9)")
    return value


def language(value: Any) -> Any:
    if not (isinstance(value, str) and LANGUAGE.fullmatch(value)):
        raise ValueError("a language such as en or es-MX")
    return value


def sound(value: Any) -> Any:
    if not (isinstance(value, str) and FILE.fullmatch(value)):
        raise ValueError(
            "a sound file beside the flow file, such as prompts/hello.wav (letters, digits, '-' "
            f"and '_'; {', '.join(SOUNDS[:-1])} or {SOUNDS[-1]})"
        )
    return value


def speech(given: Any) -> Any:
    """A text that is said: where its lines break in the file is no matter."""
    text = value(given)
    if not isinstance(text, str):
        return text
    if not any(c.isprintable() and not c.isspace() for c in text):
        raise ValueError("a text to say, with something in it")
    return " ".join(text.split())


def value(given: Any) -> Any:
    """A text; numbers are told as they are written."""
    if isinstance(given, int | float) and not isinstance(given, bool):
        return f"{given:g}" if isinstance(given, float) else str(given)
    return given
