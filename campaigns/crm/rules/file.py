"""The text of a rules file, made `Rules`; or everything that is wrong with it, at once."""

from collections.abc import Iterable, Iterator

from campaigns.crm.rules.loops import Circle, circles
from campaigns.crm.rules.model import RULES_FILE, Rules
from campaigns.crm.rules.site import SiteWords, unknown_words
from campaigns.spec.errors import Finding, Problem, SpecError
from campaigns.spec.loading import Doc, load_as, placed

WHERE = "rules.yaml"


def load(source: bytes | str, file: str = WHERE, site: SiteWords | None = None) -> Rules:
    """What `source` says. Raises `SpecError` with every problem found: also rules that would set
    one another off for good, and, where the `site` is given, what that does not have.

    `file` is the name that the problems are told with.
    """
    rules = load_as(RULES_FILE, source, file, _twice)
    problems = [] if site is None else placed(RULES_FILE, source, file, unknown_words(rules, site))
    problems += _loops(rules, source, file)
    if problems:
        raise SpecError(problems)
    return rules


def _twice(doc: Doc) -> Iterable[Finding]:
    parts = doc.get("rules")
    listed = parts if isinstance(parts, list) else []
    names = [part.get("name") if isinstance(part, dict) else None for part in listed]
    for n, name in enumerate(names):
        if isinstance(name, str) and name in names[:n]:
            told = f"expected another name, {name!r} is taken above"
            yield Finding(("rules", n, "name"), told)


def _loops(rules: Rules, source: bytes | str, file: str) -> list[Problem]:
    """Of each circle one problem, at the action that begins it, with the lines of all others."""
    found = circles(rules.rules)
    if not found:
        return []
    each = [Finding(("rules", n), "") for n in range(len(rules.rules))]
    lines = [problem.line for problem in placed(RULES_FILE, source, file, each)]
    around = sorted({way.start for circle in found for way in circle})
    told = [_told(rules, circle, around, lines) for circle in found]
    return placed(RULES_FILE, source, file, told)


def _told(rules: Rules, circle: Circle, around: list[int], lines: list[int]) -> Finding:
    first, mine = circle[0], {way.start for way in circle}
    way = ", ".join(_steps(rules, circle, lines))
    if not circles([rules.rules[n] for n in sorted(mine)]):  # others undo what these do
        others = [f"'{rules.rules[n].name}' (line {lines[n]})" for n in around if n not in mine]
        way += f", and what they do is undone by {', '.join(others) or 'another rule'}"
    loc = ("rules", first.start, "do", first.act)
    hint = "take one of these actions out, or let it lead elsewhere"
    return Finding(loc, f"expected rules that come to an end (got a circle: {way})", hint)


def _steps(rules: Rules, circle: Circle, lines: list[int]) -> Iterator[str]:
    for way in circle:
        rule, other = rules.rules[way.start], rules.rules[way.end]
        did = words_of(rule.do[way.act])
        again = " again" if way is circle[-1] else ""
        yield (
            f"'{rule.name}' (line {lines[way.start]}) {did}, which sets off "
            f"'{other.name}' (line {lines[way.end]}){again}"
        )


def words_of(action: object) -> str:
    """What an action does, in words."""
    facts = {n: v for n, v in action if v is not None}  # type: ignore[attr-defined]
    return _WORDS[type(action).__name__].format(**facts)


_WORDS = {
    "AddToCampaign": "adds to campaign '{campaign}'",
    "AssignOwner": "assigns an owner",
    "BackToPool": "takes the owner away",
    "Remind": "plans a follow-up",
    "AddTag": "adds the tag '{tag}'",
    "RemoveTag": "removes the tag '{untag}'",
    "MoveTo": "moves to the stage '{stage}'",
    "SetField": "sets the field '{set}'",
    "SendWebhook": "sends the webhook '{webhook}'",
}
