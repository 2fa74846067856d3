"""The demo's fake PBX over the wire, in a process of its own.

python -m workers.demo_served PROTOCOL SEED: prints its URL, and serves until it is told to end.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.fake.url import read
from connectors.fake.wire.serve import Served, Serving, serve

TALK = 5  # seconds from the answer, of which AMD listens to two or three
WORLD = f"fake://lab?talk={TALK}"
OPTIONS = {"ami": "", "esl": "?listen=3"}  # as long as a machine takes to be told from people
END_SECONDS = 10.0


@contextmanager
def served_url(protocol: str, seed: int) -> Iterator[str]:
    """Where a connector finds one that speaks `protocol`: ami or esl."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-P", "-m", "workers.demo_served", protocol, str(seed)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        yield process.stdout.readline().strip() + OPTIONS[protocol]
    finally:
        process.terminate()
        try:
            process.communicate(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _main(protocol: str, seed: str) -> None:
    ports = {"ami": None, "esl": None, protocol: 0}
    plan = Serving(read(WORLD).world, int(seed), ami=ports["ami"], esl=ports["esl"])
    asyncio.run(serve(plan, _tell))


def _tell(served: tuple[Served, ...], _: str) -> None:
    sys.stdout.write(f"{served[0].url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _main(*sys.argv[1:])
