"""Tags in a tree: a path of names, from the wide to the narrow, with slashes between.

`manufacturing/equipment-purchase/budget-confirmed`, `制造业/设备采购/预算已确认`. Names are
anybody's words; who has a tag has, for every question, those above it too.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

LONGEST_NAME, LONGEST_PATH, DEEPEST = 64, 255, 8
BETWEEN = "/"


class BadTag(ValueError):
    """One clear reason why a path is none."""


@lru_cache(maxsize=4096)
def path_of(raw: str) -> str:
    """`raw` as it is kept: names without blanks around them, in Unicode's composed form. Raises
    `BadTag`."""
    if len(raw) > 4 * LONGEST_PATH:
        raise BadTag(f"a tag's path has at most {LONGEST_PATH} characters")
    names = [_name(part) for part in raw.split(BETWEEN)]
    if len(names) > DEEPEST:
        raise BadTag(f"a tag lies at most {DEEPEST} deep")
    path = BETWEEN.join(names)
    if len(path) > LONGEST_PATH:
        raise BadTag(f"a tag's path has at most {LONGEST_PATH} characters")
    return path


def above(path: str) -> list[str]:
    """The paths above a path, the root's first, and the path itself."""
    names = path.split(BETWEEN)
    return [BETWEEN.join(names[: n + 1]) for n in range(len(names))]


def is_within(path: str, other: str) -> bool:
    """Whether a path is `other` or lies below it."""
    return path == other or path.startswith(other + BETWEEN)


def paths_of(parents: Mapping[str, tuple[str, str | None]]) -> dict[str, str]:
    """The paths of tags that are told as CRMs keep them: of each id, its name and its parent's id.

    Raises `BadTag` for a cycle, and for a parent that is not among them.
    """
    return {tag: path_of(BETWEEN.join(_names(tag, parents))) for tag in parents}


def _names(tag: str, parents: Mapping[str, tuple[str, str | None]]) -> Iterable[str]:
    names, seen, at = list[str](), list[str](), tag
    while True:
        if at in seen:
            raise BadTag(f"the tags go round in a circle: {_circle([*seen, at], parents)}")
        if at not in parents:
            raise BadTag(f"the tag {at[:40]!r}, named as a parent, is not there")
        seen.append(at)
        name, parent = parents[at]
        names.append(name)
        if parent is None:
            return reversed(names)
        at = parent


def _circle(seen: list[str], parents: Mapping[str, tuple[str, str | None]]) -> str:
    from_here = seen[seen.index(seen[-1]) :]
    return " is below ".join(parents[tag][0][:40] for tag in from_here)


def _name(raw: str) -> str:
    name = unicodedata.normalize("NFC", raw).strip()
    if not name:
        raise BadTag("a tag's name is empty; write a path such as trade/machines")
    if len(name) > LONGEST_NAME:
        raise BadTag(f"a tag's name has at most {LONGEST_NAME} characters")
    strange = next((c for c in name if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Cn"}), None)
    if strange is not None:
        raise BadTag("a tag's name holds a control character")
    return name
