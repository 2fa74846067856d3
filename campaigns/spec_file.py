"""The text of a campaign file, made a `Campaign`; or everything that is wrong with it, at once."""

from copy import deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from campaigns.spec import Campaign
from campaigns.spec_checks import findings
from campaigns.spec_errors import Finding, Loc, Problem, SpecError, finding, path_of, shown
from campaigns.spec_guard import MAX_BYTES, refused
from campaigns.spec_schema import keys_at, meaning_of

_ROUNDS = 4
_EMPTY_HINT = "'dialplane init' writes an example to start from"


class _Constructor(RoundTripConstructor):
    pass


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", RoundTripConstructor.construct_scalar)


def load(source: bytes | str, file: str = "campaign.yaml") -> Campaign:
    """The campaign that `source` describes. Raises `SpecError` with every problem found.

    `file` is the name that the problems are told with.
    """
    tree = _tree(_text(source, file), file)
    doc = _plain(tree)
    found = [*_field_findings(doc), *findings(doc)]
    mended = {f.mends for f in found}
    if found:
        told = (f for f in found if not (f.missing and f.loc in mended))
        raise SpecError(_placed(tree, f, file) for f in told)
    return Campaign.model_validate(doc)


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


def _tree(text: str, file: str) -> CommentedMap:
    wrong: list[Problem] = []
    try:
        for r in refused(text):
            wrong.append(Problem(file, r.line, r.column, "YAML", r.message, r.hint))
        tree = None if wrong else _reader().load(text)
    except YAMLError as broken:
        raise SpecError([*wrong, _broken(broken, text, file)]) from broken
    if wrong:
        raise SpecError(wrong)
    return _mapping(tree, file)


def _reader() -> YAML:
    """YAML 1.2 as its core schema has it: what looks like a date is text."""
    reader = YAML(typ="rt", pure=True)
    reader.Constructor = _Constructor
    return reader


def _mapping(tree: Any, file: str) -> CommentedMap:
    if isinstance(tree, CommentedMap):
        return tree
    message = f"expected keys and values such as 'name: spring' (got {shown(_plain(tree))})"
    raise SpecError([Problem(file, 1, 1, "campaign", message, _EMPTY_HINT)])


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


def _field_findings(doc: dict[Any, Any]) -> list[Finding]:
    """What the models object to; again without what is wrong, for what that had hidden."""
    found: dict[tuple[Loc, str], Finding] = {}
    gone: set[Loc] = set()
    maimed: set[Loc] = set()
    rest = deepcopy(doc)
    for _ in range(_ROUNDS):
        errors = [e for e in _errors(rest) if not (e["loc"] in gone or _of_part(e, maimed))]
        fresh = [e for e in errors if (e["loc"], e["type"]) not in found]
        if not fresh:
            break
        found.update({(e["loc"], e["type"]): _told(e) for e in fresh})
        dropped = [e for e in fresh if e["type"] != "missing" and _drop(rest, e["loc"])]
        gone.update(e["loc"] for e in dropped)
        maimed.update(e["loc"][:-1] for e in dropped if e["type"] != "extra_forbidden")
    return list(found.values())


def _of_part(error: ErrorDetails, maimed: set[Loc]) -> bool:
    """What is said of a part as a whole, that has lost a value since: it is about a default."""
    return error["loc"] in maimed and isinstance(error["input"], dict)


def _errors(doc: dict[Any, Any]) -> list[ErrorDetails]:
    try:
        Campaign.model_validate(doc)
    except ValidationError as wrong:
        return [e for e in wrong.errors(include_url=False) if not _only_a_consequence(e)]
    return []


def _only_a_consequence(error: ErrorDetails) -> bool:
    """A list whose every entry is wrong is told to be empty, too."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _told(error: ErrorDetails) -> Finding:
    loc = error["loc"]
    return finding(error, keys_at(loc[:-1]), meaning_of(loc))


def _drop(doc: Any, loc: Loc) -> bool:
    """Take the key at `loc` out of `doc`. Entries of lists stay: their index is their place."""
    *parents, last = loc[:-1] if loc[-1] == "[key]" else loc
    for part in parents:
        doc = doc[part]
    if isinstance(doc, dict) and last in doc:
        del doc[last]
        return True
    return False


def _placed(tree: CommentedMap, found: Finding, file: str) -> Problem:
    line, column = _place(tree, found)
    return Problem(file, line + 1, column + 1, path_of(found.loc), found.message, found.hint)


def _place(tree: Any, found: Finding) -> tuple[int, int]:
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


def _plain(node: Any) -> Any:
    """ruamel's values as Python's own."""
    if isinstance(node, CommentedMap):
        return {_plain(k): _plain(v) for k, v in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(v) for v in node]
    kind = next((k for k in (bool, int, float, str) if isinstance(node, k)), None)
    return kind(node) if kind else node


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
