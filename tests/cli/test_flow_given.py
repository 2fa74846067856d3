"""What `flow try` is given for a flow that has no such thing: told, for it would change nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (
            ("--field", "deu=120"),
            "--field: expected one of the 'variables' of the flow (got 'deu')",
        ),
        (("--webhook", "identity=down"), "--webhook: expected an endpoint of the flow (got 'ident"),
    ],
)
def test_a_name_that_the_flow_has_not_is_told(
    run: Run, site: Path, option: tuple[str, str], told: str
) -> None:
    ran = run("flow", "try", site / "examples/flows/payment.yaml", "--digits", "1", *option)
    assert ran.code == 1
    assert told in ran.err
    assert "did you mean" in ran.err
