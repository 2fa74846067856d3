"""What stands in the cells of a file of customers, for those that hold more than a text."""

import re

_SEPARATOR = re.compile(r"[;；,，、|\n]")
_SEVERAL = re.compile(r'[;；,，、|\n"]')
_QUOTED = re.compile(r'\s*"((?:[^"]|"")*)"\s*(?:[;；,，、|\n]|$)')
_YES = frozenset({"yes", "y", "true", "1", "x", "是", "有", "同意", "√", "✓", "对"})
_NO = frozenset({"no", "n", "false", "0", "否", "无", "没有", "不同意", "×", "不"})


def several(cell: str) -> list[str]:
    """The parts of a cell, with `;`, a comma, `、` or `|` between them; within quotes these are as
    any other character."""
    if not _SEVERAL.search(cell):
        return [word] if (word := cell.strip()) else []
    if '"' not in cell:
        return [word for part in _SEPARATOR.split(cell) if (word := part.strip())]
    parts, at = list[str](), 0
    while at < len(cell):
        quoted = _QUOTED.match(cell, at)
        if quoted:
            parts.append(quoted[1].replace('""', '"'))
            at = quoted.end()
            continue
        ends = _SEPARATOR.search(cell, at)
        end = ends.start() if ends else len(cell)
        parts.append(cell[at:end].strip())
        at = end + 1
    return [part for part in parts if part]


def joined(parts: list[str]) -> str:
    """A cell that `several` reads as these parts."""
    return ";".join(_guarded(part) for part in parts)


def _guarded(part: str) -> str:
    if _SEPARATOR.search(part) or '"' in part or part != part.strip():
        return '"' + part.replace('"', '""') + '"'
    return part


def yes_or_no(cell: str) -> bool | None:
    """None: it is neither."""
    word = cell.strip().casefold()
    if word in _YES:
        return True
    return False if word in _NO else None
