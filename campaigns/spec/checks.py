"""What must hold between the parts of a campaign: names that exist, or that must be unlike.

The checks read the raw document, not the models, so that they speak in the same round as the
errors of single fields; whatever has the wrong shape is left to those.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, TypeAlias

from campaigns.outcomes import Outcome
from campaigns.spec.errors import Finding, Loc, nearest, shown
from campaigns.spec.reading import fraction

Doc: TypeAlias = dict[Any, Any]
_OUTCOMES = frozenset(o.value for o in Outcome)
_LISTS: tuple[Loc, ...] = (
    ("pbx",),
    ("caller_ids",),
    ("agents", "names"),
    ("agents", "teams"),
    ("agents", "skills"),
    ("inbound", "lines"),
)
_WITH_AGENTS = ("predictive", "progressive", "power", "preview")
_ROUNDED = 0.0001
_NOTHING = "expected this key (got nothing)"


def findings(doc: Doc) -> Iterator[Finding]:
    """Every check's findings."""
    return chain.from_iterable(check(doc) for check in CHECKS)


def _ivr_has_a_flow(doc: Doc) -> Iterator[Finding]:
    if doc.get("mode") == "ivr" and doc.get("flow") is None:
        hint = "in mode ivr, the flow that answered calls go through"
        yield Finding(("flow",), _NOTHING, hint, at_key=True, missing=True)
    elif doc.get("mode") in _WITH_AGENTS and doc.get("flow") is not None:
        message = f"expected no flow in mode {doc['mode']}"
        yield Finding(("flow",), message, "calls go through one in mode ivr", at_key=True)


def _somebody_takes_the_calls(doc: Doc) -> Iterator[Finding]:
    """In mode ivr it goes by the flow whether anybody has to: `campaigns.flow.of_campaign`."""
    agents = doc.get("agents")
    if "agents" not in doc and doc.get("mode") != "ivr":
        yield Finding(("agents",), _NOTHING, "who takes the calls", at_key=True, missing=True)
    elif isinstance(agents, dict) and not (agents.get("names") or agents.get("teams")):
        message = "expected at least one agent under 'names' or one team under 'teams'"
        yield Finding(("agents",), message, at_key=True)
    inbound = doc.get("inbound")
    waits = isinstance(inbound, dict) and inbound.get("flow") is None
    if waits and doc.get("mode") == "ivr" and "agents" not in doc:
        message = "expected 'agents' in a campaign that customers may call in to"
        hint = "they get one of its agents, unless 'inbound' names a flow"
        yield Finding(("inbound",), message, hint, at_key=True)


def _a_flow_says_what_callers_wait_for(doc: Doc) -> Iterator[Finding]:
    inbound = doc.get("inbound")
    if not isinstance(inbound, dict) or inbound.get("flow") is None:
        return
    for key, where in (
        ("wait", "its steps 'agent' say for how long"),
        ("message", "its steps 'agent' go on by 'no_agent'"),
    ):
        if inbound.get(key) is not None:
            yield Finding(("inbound", key), "expected none beside 'flow'", where, at_key=True)


def _leads_come_from_lists(doc: Doc) -> Iterator[Finding]:
    """From one list, or from several whose shares are the whole."""
    leads = doc.get("leads")
    if not isinstance(leads, dict):
        return
    one, mix = leads.get("list") is not None, leads.get("mix")
    if one and mix:
        yield Finding(("leads", "mix"), "expected none beside 'list'", "remove one", at_key=True)
    elif not one and not mix:
        hint = "the lead list; or 'mix': several, each with its share"
        yield Finding(("leads", "list"), _NOTHING, hint, at_key=True, missing=True)
    elif isinstance(mix, dict) and (whole := _whole(mix)) is not None and abs(whole - 1) > _ROUNDED:
        message = f"expected shares that are 100% together (got {whole:.4%})"
        yield Finding(("leads", "mix"), message, at_key=True)


def _whole(mix: Doc) -> float | None:
    """All shares together; None where one is none, which its own error tells."""
    try:
        return float(sum(fraction(share) for share in mix.values()))
    except ValueError:
        return None


def _no_amd_in_preview(doc: Doc) -> Iterator[Finding]:
    amd = doc.get("amd")
    if doc.get("mode") == "preview" and isinstance(amd, dict) and amd.get("enabled") is True:
        expected = "expected false in mode preview (got true)"
        yield Finding(("amd", "enabled"), expected, "the agent hears who picks up")


def _names_are_unlike(doc: Doc) -> Iterator[Finding]:
    for part in ("trunks", "dispositions"):
        named = ((part, i, "name") for i, _ in _entries(doc, part))
        yield from _twice(doc, list(named))
    for loc in _LISTS:
        values = _get(doc, loc)
        yield from _twice(doc, [(*loc, i) for i in range(_length(values))])


def _trunks_are_on_known_nodes(doc: Doc) -> Iterator[Finding]:
    nodes = _words(doc.get("pbx", ["main"]))
    for i, trunk in _entries(doc, "trunks"):
        for j, node in enumerate(_words(trunk.get("pbx"))):
            if nodes and node not in nodes:
                known = ", ".join(nodes)
                message = f"expected a node of the campaign's 'pbx': {known} (got {shown(node)})"
                yield Finding(("trunks", i, "pbx", j), message, nearest(node, nodes))


def _limits_are_of_known_nodes(doc: Doc) -> Iterator[Finding]:
    nodes, limits = _words(doc.get("pbx", ["main"])), doc.get("nodes")
    for name in limits if isinstance(limits, dict) else ():
        if nodes and name not in nodes:
            message = f"expected a node of the campaign's 'pbx': {', '.join(nodes)}"
            found = f"{message} (got {shown(name)})"
            yield Finding(("nodes", name), found, nearest(str(name), nodes), at_key=True)


def _every_node_has_a_trunk(doc: Doc) -> Iterator[Finding]:
    """Agents on a PBX that no trunk reaches would never get a call."""
    trunks = [trunk for _, trunk in _entries(doc, "trunks")]
    if not trunks or any(not _words(trunk.get("pbx")) for trunk in trunks):
        return
    reached = {node for trunk in trunks for node in _words(trunk["pbx"])}
    for i, node in enumerate(_words(doc.get("pbx"))):
        if node not in reached:
            message = f"expected a trunk that reaches this node (got none for {shown(node)})"
            hint = "name it in a trunk's 'pbx', or remove it here"
            yield Finding(("pbx", i), message, hint)


def _the_default_disposition_exists(doc: Doc) -> Iterator[Finding]:
    default = doc.get("default_disposition")
    names = [d["name"] for _, d in _entries(doc, "dispositions") if isinstance(d.get("name"), str)]
    if isinstance(default, str) and names and default not in names:
        message = f"expected one of the dispositions: {', '.join(names)} (got {shown(default)})"
        yield Finding(("default_disposition",), message, nearest(default, names))


def _dispositions_are_not_outcomes(doc: Doc) -> Iterator[Finding]:
    for i, disposition in _entries(doc, "dispositions"):
        name = disposition.get("name")
        if isinstance(name, str) and name in _OUTCOMES:
            message = f"expected another name than an outcome's (got {shown(name)})"
            hint = "the dialler files calls under it by itself; see 'retry.outcomes'"
            yield Finding(("dispositions", i, "name"), message, hint)


def _final_dispositions_have_no_retry(doc: Doc) -> Iterator[Finding]:
    for i, disposition in _entries(doc, "dispositions"):
        again = disposition.get("retry") is not None
        for key in ("final", "do_not_call"):
            if again and disposition.get(key) is True:
                message = f"expected no 'retry' beside '{key}: true'"
                yield Finding(("dispositions", i, "retry"), message, "remove one", at_key=True)
        if disposition.get("do_not_call") is True and disposition.get("final") is False:
            message = "expected true beside 'do_not_call: true' (got false)"
            yield Finding(("dispositions", i, "final"), message, "remove one")


def _a_machine_is_nobodys_word(doc: Doc) -> Iterator[Finding]:
    """Only an agent can say that a machine answered, and a machine buys and forbids nothing."""
    for i, disposition in _entries(doc, "dispositions"):
        if disposition.get("machine") is not True:
            continue
        for key in ("success", "do_not_call"):
            if disposition.get(key) is True:
                message = f"expected no '{key}: true' beside 'machine: true'"
                yield Finding(("dispositions", i, key), message, "remove one", at_key=True)
        if isinstance(name := disposition.get("name"), str) and name == doc.get(
            "default_disposition"
        ):
            message = f"expected a disposition without 'machine: true' (got {shown(name)})"
            hint = "only an agent can say that a machine answered"
            yield Finding(("default_disposition",), message, hint)


def _twice(doc: Doc, locs: list[Loc]) -> Iterator[Finding]:
    first: dict[str, Loc] = {}
    for loc in locs:
        value = _get(doc, loc)
        if isinstance(value, str) and first.setdefault(value, loc) != loc:
            yield Finding(loc, f"expected a name only once (got {shown(value)} again)")


def _entries(doc: Doc, part: str) -> Iterator[tuple[int, Doc]]:
    values = doc.get(part)
    if isinstance(values, list):
        yield from ((i, v) for i, v in enumerate(values) if isinstance(v, dict))


def _words(values: Any) -> list[str]:
    return [v for v in values if isinstance(v, str)] if isinstance(values, list) else []


def _length(values: Any) -> int:
    return len(values) if isinstance(values, list) else 0


def _get(doc: Any, loc: Loc) -> Any:
    for part in loc:
        if isinstance(part, int):
            doc = doc[part] if part < _length(doc) else None
        else:
            doc = doc.get(part) if isinstance(doc, dict) else None
    return doc


CHECKS: tuple[Callable[[Doc], Iterator[Finding]], ...] = (
    _ivr_has_a_flow,
    _somebody_takes_the_calls,
    _a_flow_says_what_callers_wait_for,
    _leads_come_from_lists,
    _no_amd_in_preview,
    _names_are_unlike,
    _trunks_are_on_known_nodes,
    _limits_are_of_known_nodes,
    _every_node_has_a_trunk,
    _the_default_disposition_exists,
    _dispositions_are_not_outcomes,
    _final_dispositions_have_no_retry,
    _a_machine_is_nobodys_word,
)
