"""The text of a campaign file, made a `Campaign`; or everything that is wrong with it, at once."""

from copy import deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml.comments import CommentedMap

from campaigns.spec.campaign import Campaign
from campaigns.spec.checks import findings
from campaigns.spec.document import place_of, plain, read
from campaigns.spec.errors import Finding, Loc, Problem, SpecError, finding, path_of
from campaigns.spec.schema import keys_at, meaning_of

_ROUNDS = 4


def load(source: bytes | str, file: str = "campaign.yaml") -> Campaign:
    """The campaign that `source` describes. Raises `SpecError` with every problem found.

    `file` is the name that the problems are told with.
    """
    tree = read(source, file)
    doc = plain(tree)
    found = [*_field_findings(doc), *findings(doc)]
    mended = {f.mends for f in found}
    if found:
        told = (f for f in found if not (f.missing and f.loc in mended))
        raise SpecError(_placed(tree, f, file) for f in told)
    return Campaign.model_validate(doc)


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
    line, column = place_of(tree, found)
    return Problem(file, line + 1, column + 1, path_of(found.loc), found.message, found.hint)
