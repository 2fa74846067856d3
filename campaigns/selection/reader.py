"""Filters read once: the parser is slow to load, and seldom needed."""

from functools import lru_cache

from campaigns.selection.words import Filter


@lru_cache(maxsize=256)
def read(text: str) -> Filter:
    """The filter that a text says; a campaign's is not read again for each claim. Raises
    `BadFilter`."""
    from campaigns.selection.grammar import parse  # noqa: PLC0415 - see above

    return parse(text)
