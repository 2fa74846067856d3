"""The text of a file, made its model; or everything that is wrong with it, at once."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import replace
from typing import Any, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml.comments import CommentedMap

from campaigns.spec.document import place_of, plain, read
from campaigns.spec.errors import Finding, Loc, Problem, SpecError, finding, path_of
from campaigns.spec.form import Form, M, keys_at, meaning_at, written

_ROUNDS = 4
Doc: TypeAlias = dict[Any, Any]


def load_as(
    form: Form[M], source: bytes | str, file: str, checks: Callable[[Doc], Iterable[Finding]]
) -> M:
    """What `source` describes, as its form has it. Raises `SpecError` with every problem found.

    `file` is the name that the problems are told with; `checks` find what is wrong between the
    parts of the raw document.
    """
    tree = read(source, file, form)
    doc = plain(tree)
    found = [*_field_findings(form, doc), *checks(doc)]
    mended = {f.mends for f in found}
    if found:
        told = (f for f in found if not (f.missing and f.loc in mended))
        raise SpecError(_placed(tree, f, file) for f in told)
    return form.model.model_validate(doc)


def placed(
    form: Form[Any], source: bytes | str, file: str, found: Iterable[Finding]
) -> list[Problem]:
    """What was found in a file that is right by itself, with its places."""
    tree = read(source, file, form)
    return [_placed(tree, each, file) for each in found]


def _field_findings(form: Form[M], doc: Doc) -> list[Finding]:
    """What the models object to; again without what is wrong, for what that had hidden."""
    found: dict[tuple[Loc, str], Finding] = {}
    gone: set[Loc] = set()
    maimed: set[Loc] = set()
    rest = deepcopy(doc)
    for _ in range(_ROUNDS):
        errors = [e for e in _errors(form, rest) if e["loc"] not in gone]
        errors = [e for e in errors if not _of_part(form, e, maimed)]
        fresh = [e for e in errors if (e["loc"], e["type"]) not in found]
        if not fresh:
            break
        found.update({(e["loc"], e["type"]): _told(form, e) for e in fresh})
        dropped = [e for e in fresh if e["type"] != "missing" and _drop(rest, _at(form, e))]
        gone.update(e["loc"] for e in dropped)
        maimed.update(_at(form, e)[:-1] for e in dropped if e["type"] != "extra_forbidden")
    return list(found.values())


def _of_part(form: Form[M], error: ErrorDetails, maimed: set[Loc]) -> bool:
    """What is said of a part as a whole, that has lost a value since: it is about a default."""
    return _at(form, error) in maimed and isinstance(error["input"], dict)


def _at(form: Form[M], error: ErrorDetails) -> Loc:
    return written(form, error["loc"])


def _errors(form: Form[M], doc: Doc) -> list[ErrorDetails]:
    try:
        form.model.model_validate(doc)
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False)
        return [e for e in errors if not _only_a_consequence(e, errors)]
    return []


def _only_a_consequence(error: ErrorDetails, errors: Iterable[ErrorDetails]) -> bool:
    """A list whose every entry is wrong is told to be empty, too: only what else is told of an
    entry lets that go, so that something is told of each document that is refused."""
    loc, size = error["loc"], len(error["loc"])
    within = (e for e in errors if len(e["loc"]) > size and e["loc"][:size] == loc)
    return error["type"] == "too_short" and bool(error["input"]) and any(within)


def _told(form: Form[M], error: ErrorDetails) -> Finding:
    loc = error["loc"]
    found = finding(error, keys_at(form, loc[:-1]), meaning_at(form, loc))
    mends = found.mends and written(form, found.mends)
    return replace(found, loc=written(form, found.loc), mends=mends)


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
    line, column = place_of(tree, found)
    return Problem(file, line + 1, column + 1, path_of(found.loc), found.message, found.hint)
