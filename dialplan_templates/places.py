"""The places of a PBX's files that a value may be put in, and what each of them takes.

A template writes `{{ value | place }}`, and each place takes what is harmless there and refuses the
rest: nothing is escaped. Escaping is a promise about every reader of the file to come (Asterisk
reads a dialplan line as a comment's start, then as applications, then as variables and expressions,
then as an application's own options; FreeSWITCH as XML, then as variables, which it reads again for
variables, then as an application's options or as PCRE); a short list of characters that none of
them knows is not.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from campaigns.spec.errors import shown

LONGEST = 900  # of a line of extensions.conf, Asterisk keeps so much for what an application gets

MOST_TALLIED = 300


class Refused(ValueError):
    """A value that its place does not take."""


class Written(str):
    """Text that has gone through its place: what a template may print."""

    __slots__ = ()


def name(value: Any) -> Written:
    """Of a context, a section, an extension, a label, an event."""
    return _matching(_NAME, value, "a name of letters, digits, '-' and '_' (at most 80)")


def number(value: Any) -> Written:
    """A whole number from 0 to a billion."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 10**9:
        raise Refused(f"a whole number was expected (got {shown(value)})")
    return Written(int(value))


def phone(value: Any) -> Written:
    """A number to be dialled: digits, perhaps with a + before them."""
    return _matching(_PHONE, value, "a phone number of at most 20 digits")


def argument(value: Any) -> Written:
    """One argument of an application or a part of it: no separator, quote, bracket, variable."""
    return _matching(_ARGUMENT, value, "letters, digits, spaces inside and _ - . / : @ + = ? ! * #")


def packed(value: Any) -> Written:
    """A text as `connectors.packed` writes it; it may be empty."""
    return _matching(_PACKED, value, "a packed text of letters, digits and . _ = -")


def seconds(value: Any) -> Written:
    """Seconds from 0 to 3600, to the millisecond."""
    whole = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 3600
    if not whole:
        raise Refused(f"seconds from 0 to 3600 were expected (got {shown(value)})")
    return Written(f"{value:.3f}".rstrip("0").rstrip("."))


def decimal(value: Any) -> Written:
    """A number that others are compared with, of at most twelve digits and six decimals."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < 10**12:
        raise Refused(f"a number was expected (got {shown(value)})")
    return Written(f"{value:.6f}".rstrip("0").rstrip("."))


def expression(value: Any) -> Written:
    """A whole regular expression for digits, as `campaigns.flow.valid` gives it."""
    takes = "a regular expression of digits and ( ) [ ] | ? * -"
    found = _matching(_EXPRESSION, value, takes)
    if _OTHERWISE.search(found):
        raise Refused(f"{takes} was expected (got {shown(value)})")
    try:
        re.compile(found)
    except re.error:
        raise Refused(f"{takes} was expected (got {shown(value)})") from None
    return found


def setting(value: Any) -> Written:
    """What stands behind `=` in an ini file, of which it is all or a part."""
    return _matching(_SETTING, value, "letters, digits, spaces inside and _ - . / : @ + , ~")


def host(value: Any) -> Written:
    """A host's name, or its address without brackets."""
    return _matching(_HOST, value, "a host's name or address")


def user(value: Any) -> Written:
    """Of a SIP account, as it stands before the @ of a URI."""
    return _matching(_USER, value, "a user of letters, digits and + . _ - (at most 64)")


def network(value: Any) -> Written:
    """An address, with a mask or without."""
    return _matching(_NETWORK, value, "an address, with a mask or without")


def secret(value: Any) -> Written:
    """A password. What is wrong with one does not repeat it."""
    if isinstance(value, str) and _SECRET.fullmatch(value) and not ORDER.search(value):
        return Written(value)
    raise Refused("a secret of letters, digits and _ . ~ ! # * + / = ? @ ^ - was expected")


def path(value: Any) -> Written:
    """A file or folder, from the root on."""
    return _matching(_PATH, value, "a whole path of letters, digits and . _ / @ + -")


def url(value: Any) -> Written:
    """Where something is reached over HTTP: no user, question or fragment."""
    return _matching(_URL, value, "a URL of a host, perhaps a port, and a path")


def value(value: Any) -> Written:
    """A packed text where a line may be as long as it likes; it may be empty."""
    return _matching(_VALUE, value, "a packed text of letters, digits and . _ = -")


def key(value: Any) -> Written:
    """A key of a telephone. (FreeSWITCH takes a space for the end of an argument.)"""
    return _matching(_KEY, value, "a key: a digit, * or #")


def zone(value: Any) -> Written:
    """An IANA time zone."""
    return _matching(_ZONE, value, "a time zone such as Europe/Berlin")


def tally(value: Any) -> Written:
    """A small whole number, as so many `x`: what is counted without arithmetic."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_TALLIED:
        raise Refused(f"a whole number up to {MOST_TALLIED} was expected (got {shown(value)})")
    return Written("x" * value)


def milliseconds(value: Any) -> Written:
    """Seconds from 0 to 3600, told in whole thousandths."""
    seconds(value)
    return Written(round(value * 1000))


def comment(value: Any) -> Written:
    """For people only: what could end a comment or begin another is left out."""
    told = " ".join(str(value).split())
    return Written("".join(c if _TOLD.fullmatch(c) else "?" for c in told)[:200])


PLACED = (
    name, number, phone, argument, packed, seconds, decimal, expression, setting, comment,
    host, user, network, secret, path, url,
    value, key, zone, tally, milliseconds,
)  # fmt: skip
PLACES: Mapping[str, Callable[[Any], Written]] = {place.__name__: place for place in PLACED}

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,79}", re.ASCII)
_PHONE = re.compile(r"\+?[0-9]{1,20}", re.ASCII)
_ARGUMENT = re.compile(
    rf"[A-Za-z0-9_./:@+=?!*#-]([A-Za-z0-9_./:@+=?!*# -]{{0,{LONGEST}}}[A-Za-z0-9_./:@+=?!*#-])?",
    re.ASCII,
)
_PACKED = re.compile(rf"[A-Za-z0-9._=-]{{0,{LONGEST}}}", re.ASCII)
_EXPRESSION = re.compile(rf"[0-9()\[\]|?*-]{{1,{LONGEST}}}", re.ASCII)
_OTHERWISE = re.compile(r"\[\[|--|\|\|")  # what POSIX and Perl, or a Python to come, read apart
_SETTING = re.compile(
    rf"[A-Za-z0-9_./:@+,~-]([A-Za-z0-9_./:@+,~ -]{{0,{LONGEST}}}[A-Za-z0-9_./:@+,~-])?", re.ASCII
)
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}", re.ASCII)
_USER = re.compile(r"[A-Za-z0-9+][A-Za-z0-9+._-]{0,63}", re.ASCII)
_NETWORK = re.compile(r"[0-9A-Fa-f:.]{2,45}(/[0-9.]{1,15})?", re.ASCII)
_SECRET = re.compile(r"[A-Za-z0-9_.~!#*+/=?@^-]{1,128}", re.ASCII)
_PATH = re.compile(r"/[A-Za-z0-9._/@+-]{1,400}", re.ASCII)
_URL = re.compile(
    r"https?://[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._/-]{0,400})?",
    re.ASCII,
)
ORDER = re.compile("x-pre-process", re.IGNORECASE)
"""FreeSWITCH takes it for an order wherever it stands in a line, and drops the line."""
_VALUE = re.compile(r"[A-Za-z0-9._=-]{0,2400}", re.ASCII)  # 200 characters of four bytes each
_KEY = re.compile(r"[0-9*#]", re.ASCII)
_ZONE = re.compile(r"[A-Za-z0-9_+-]{1,32}(?:/[A-Za-z0-9_+-]{1,32}){0,2}", re.ASCII)
_TOLD = re.compile(r"[\w ,.:()+/]")


def _matching(pattern: re.Pattern[str], value: Any, takes: str) -> Written:
    if isinstance(value, str) and pattern.fullmatch(value) and not ORDER.search(value):
        return Written(value)
    raise Refused(f"{takes} was expected (got {shown(value)})")
