"""What an Asterisk of some version understands."""

import re

OLDEST = 18
BY_NAME = {18: 25, 20: 10, 21: 5}  # the first release of a series with event filters by name


def needs_regex_filters(version: str) -> bool:
    """Whether event filters must be written in the old form for a version such as `20.6`.

    Raises `ValueError` with a sentence for what is no version, or one that is too old.
    """
    found = re.match(r"(\d{1,2})(?:\.(\d{1,3}))?(?![0-9])", version, re.ASCII)
    if found is None or int(found[1]) < OLDEST:
        raise ValueError(
            f"{version[:20]!a} is no version of Asterisk that Dialplane can dial over; write it as "
            f"`asterisk -V` does, {OLDEST} or newer, as in 20.6"
        )
    series, release = int(found[1]), int(found[2] or 0)
    return series < 22 and release < BY_NAME.get(series, 1_000)
