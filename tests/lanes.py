"""The order of the tests when several processes share them, as `--dist worksteal` does.

xdist cuts the list into one piece for each process, of as many tests each. A process that is
through with its piece takes half of what is left of the longest one, from its end. Most tests wait:
for phones that ring, leases that lapse, links that stay silent. So there are more processes than
cores. Tests of whole sites start a dozen programs and time how soon one takes over from another:
were all processes to run these at once, they would measure one another.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
SITES = ("system", "workers")
"""Folders of tests of whole sites."""
SLOW_SERVERS = ("test_mariadb.py", "test_tryton.py")
"""Files of tests of a server that takes long to start: as what stands first in a piece is left to
its process, it is started once."""


def in_lanes(tests: Sequence[T], processes: int, path_of: Callable[[T], Path]) -> list[T]:
    """The tests, those of whole sites first in the pieces of every other process.

    So they run side by side no more than half as many as there are processes, and, since they are
    the long ones, early. `path_of` tells a test's file, from the folder of all tests.
    """
    sites = [test for test in tests if _goes_first(path_of(test))]
    rest = iter([test for test in tests if not _goes_first(path_of(test))])
    piece = len(tests) // processes
    lanes = _dealt(sites, max(1, processes // 2), path_of)
    pieces = [[*lane, *islice(rest, max(0, piece - len(lane)))] for lane in lanes]
    return [*chain.from_iterable(pieces), *rest]


def _goes_first(path: Path) -> bool:
    return path.parts[0] in SITES or path.name in SLOW_SERVERS


def _dealt(tests: Iterable[T], lanes: int, path_of: Callable[[T], Path]) -> list[list[T]]:
    """Whole files, each to the lane whose turn it is."""
    files: dict[Path, list[T]] = {}
    for test in tests:
        files.setdefault(path_of(test), []).append(test)
    whole = list(files.values())
    return [list(chain.from_iterable(whole[lane::lanes])) for lane in range(lanes)]
