"""The text of a file, made a tree whose every part knows its line and column."""

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from campaigns.spec.errors import Finding, Problem, SpecError, shown
from campaigns.spec.form import Form
from campaigns.spec.guard import MAX_BYTES, refused


class _Constructor(RoundTripConstructor):
    pass


class _AsWritten(_Constructor):
    pass


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", RoundTripConstructor.construct_scalar)
_AsWritten.add_constructor("tag:yaml.org,2002:int", RoundTripConstructor.construct_scalar)


def read(source: bytes | str, file: str, form: Form[Any]) -> CommentedMap:
    """The tree of `source`. Raises `SpecError` where it is no YAML, or not of keys and values.

    `file` is the name that the problems are told with.
    """
    return _tree(_text(source, file), file, form)


def plain(node: Any) -> Any:
    """ruamel's values as Python's own."""
    if isinstance(node, CommentedMap):
        return {plain(k): plain(v) for k, v in node.items()}
    if isinstance(node, CommentedSeq):
        return [plain(v) for v in node]
    kind = next((k for k in (bool, int, float, str) if isinstance(node, k)), None)
    return kind(node) if kind else node


def place_of(tree: Any, found: Finding) -> tuple[int, int]:
    """Line and column, from 0, of the deepest part of the path that the file has."""
    place: tuple[int, int] = (tree.lc.line, tree.lc.col)
    for i, part in enumerate(found.loc):
        last = i == len(found.loc) - 1
        if isinstance(tree, CommentedMap) and part in tree:
            deeper = isinstance(tree[part], CommentedMap | CommentedSeq)
            by_key = (last and found.at_key) or deeper or tree[part] is None
            place = tree.lc.key(part) if by_key else tree.lc.value(part)
        elif isinstance(tree, CommentedSeq) and isinstance(part, int) and part < len(tree):
            place = tree.lc.item(part)
        else:
            break
        tree = tree[part]
    return place


def _text(source: bytes | str, file: str) -> str:
    raw = source.encode() if isinstance(source, str) else source
    if len(raw) > MAX_BYTES:
        message = f"expected a file of at most {MAX_BYTES // 1024} KiB (got more)"
        raise SpecError([Problem(file, 1, 1, "YAML", message)])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = raw.count(b"\n", 0, wrong.start) + 1
        column = wrong.start - raw.rfind(b"\n", 0, wrong.start)
        message = f"expected UTF-8 (got the byte 0x{raw[wrong.start]:02x})"
        hint = "save the file as UTF-8"
        raise SpecError([Problem(file, line, column, "YAML", message, hint)]) from wrong


def _tree(text: str, file: str, form: Form[Any]) -> CommentedMap:
    wrong: list[Problem] = []
    try:
        for r in refused(text, form.word):
            wrong.append(Problem(file, r.line, r.column, "YAML", r.message, r.hint))
        tree = None if wrong else _reader(form).load(text)
    except YAMLError as broken:
        raise SpecError([*wrong, _broken(broken, text, file)]) from broken
    if wrong:
        raise SpecError(wrong)
    return _mapping(tree, file, form)


def _reader(form: Form[Any]) -> YAML:
    """YAML 1.2 as its core schema has it: what looks like a date is text."""
    reader = YAML(typ="rt", pure=True)
    reader.Constructor = _AsWritten if form.as_written else _Constructor
    return reader


def _mapping(tree: Any, file: str, form: Form[Any]) -> CommentedMap:
    if isinstance(tree, CommentedMap):
        return tree
    message = f"expected keys and values such as '{form.begins}' (got {shown(plain(tree))})"
    raise SpecError([Problem(file, 1, 1, form.word, message, form.hint)])


def _broken(error: YAMLError, text: str, file: str) -> Problem:
    if isinstance(error, ReaderError):
        before = text[: error.position]
        column = len(before) - before.rfind("\n")
        message = f"expected text (got the control character 0x{error.character:02x})"
        return Problem(file, before.count("\n") + 1, column, "YAML", message, "remove it")
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    raw = " ".join(str(getattr(error, "problem", None) or "not YAML").split())
    message, hint = next((said for part, said in _SYNTAX.items() if part in raw), (raw, ""))
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Problem(file, line, column, "YAML", message, hint)


_SYNTAX: dict[str, tuple[str, str]] = {
    "'\\t'": ("expected spaces (got a tab)", "YAML is indented with spaces only"),
    "mapping values are not allowed": (
        "expected a value (got another ':')",
        "indent the line like its neighbours, or put the value in quotes",
    ),
    "could not find expected ':'": ("expected 'key: value' (got no ':')", ""),
    "while scanning a simple key": ("expected 'key: value' (got no ':')", ""),
    "found unexpected end of stream": (
        "expected a closing quote (got the end of the file)",
        "close the quote",
    ),
    "but found '<block mapping start>'": (
        "expected the end of the part above (got a deeper line)",
        "indent the line like its neighbours",
    ),
}
"""ruamel's words for the common slips, in ours; other slips are told in ruamel's."""
