"""The pattern that a Hangup may name channels by: `/^PJSIP\\/carrier-.*$/`."""

from collections.abc import Callable


def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a name fits: literals, `.*`, `^` and `$`, and nothing else of a regular expression.

    A whole regular expression from outside could keep us busy for as long as it likes.
    """
    begins, ends = pattern.startswith("^"), pattern.endswith("$")
    middle = pattern.removeprefix("^").removesuffix("$").replace("\\", "")
    head, *parts = middle.split(".*")

    def fits(name: str) -> bool:
        at = name.find(head)
        if at < 0 or (begins and at > 0):
            return False
        at += len(head)
        for part in parts:
            found = name.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
        last = parts[-1] if parts else head
        return not ends or (name.endswith(last) and (bool(parts) or at == len(name)))

    return fits
