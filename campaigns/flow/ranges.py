"""Numbers from one bound to another, as a regular expression over their digits."""


def expression_of(low: int, high: int) -> str:
    """What matches the numbers from `low` to `high`, without zeros before them.

    They are cut into runs in which the last digits are free: 7 to 123 is 7-9, 10-99, 100-119,
    120-123.
    """
    return "|".join(_run(first, last) for first, last in _runs(low, high))


def _runs(low: int, high: int) -> list[tuple[int, int]]:
    runs = []
    while low <= high:
        last = low + _room(low, high) - 1
        runs.append((low, last))
        low = last + 1
    return runs


def _room(low: int, high: int) -> int:
    """How many numbers from `low` on differ in one digit and the free ones after it."""
    power = 1
    while low % (power * 10) == 0 and low and low + power * 10 - 1 <= high:
        power *= 10
    digit = low // power % 10
    return power * min(10 - digit, (high - low + 1) // power)


def _run(first: int, last: int) -> str:
    lows, highs = str(first), str(last)
    return "".join(
        low if low == high else f"[{low}-{high}]" for low, high in zip(lows, highs, strict=True)
    )
