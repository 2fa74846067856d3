"""Text from outside, made safe to show: nothing in it can move a cursor or break a line."""


def plain(text: str) -> str:
    """`text` on one line; what is not printable is written as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
