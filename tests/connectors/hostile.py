"""Commands with values that an attacker would choose, on any connector."""

import random
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from connectors.calls import Command
from connectors.pbx import CommandRefused


def ten_thousand(
    commands: Sequence[Command],
    pieces: Sequence[str],
    wire: Callable[[Command], bytes],
    shape: Callable[[bytes], object],
) -> None:
    """Each field of each command in turn is made of some `pieces`.

    What of that is not refused must have the same `shape` on the `wire` as the command itself.
    """
    rng, refused = random.Random(20261120), 0
    targets = [(command, field.name) for command in commands for field in fields(command)]
    for turn in range(10_000):
        command, field = targets[turn % len(targets)]
        value: Any = "".join(rng.choice(pieces) for _ in range(rng.randint(0, 5)))
        try:
            data = wire(replace(command, **{field: value}))
        except CommandRefused:
            refused += 1
            continue
        assert shape(data) == shape(wire(command)), ascii(value)
    assert refused > 9_000
