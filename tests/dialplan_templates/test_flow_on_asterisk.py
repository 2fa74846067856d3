"""Calls through rendered flows on a real Asterisk come to what the walk says for the same keys."""

from dataclasses import replace
from datetime import UTC, datetime

from campaigns.flow.scene import Call
from campaigns.flow.trying import Script
from connectors.calls import Party
from dialplan_templates.flows import asterisk_flow_files
from lab.asterisk import AsteriskNode
from lab.audio import seconds
from lab.carrier import Carrier
from lab.dialplan import loaded
from tests.dialplan_templates.caller import Caller
from tests.dialplan_templates.calling import call_all, install
from tests.dialplan_templates.extensions import parse, without_priorities
from tests.dialplan_templates.flow_files import OURS, flow
from tests.dialplan_templates.told import Told, walked

EAST, WEST = ("Pacific/Kiritimati",), ("Pacific/Pago_Pago",)
"""Never on the same day."""
HUMAN = Call(party=Party.HUMAN)


def customer(entries: str | None, **call: object) -> Caller:
    keys: list[str | None] = [*entries.split(",")] if entries is not None else [None]
    return Caller("quiz", keys, replace(HUMAN, **call))  # type: ignore[arg-type]


def desk(entry: str, zones: tuple[str, ...] = ()) -> Caller:
    return Caller("desk", [entry], replace(HUMAN, zones=zones))


def callers() -> list[Caller]:
    return [
        customer(None),
        customer(""),
        customer("0,0"),
        customer("*,1,2"),
        customer("1,1"),
        customer("1,9"),
        customer("1"),
        customer("2,42"),
        customer("2,42#"),
        customer("2,042"),
        customer("2,124,100"),
        customer("2,6,0007"),
        customer("2,#,"),
        customer("2,4*,1#"),
        customer("3"),
        customer("4"),
        replace(customer("4"), agent=True),
        customer("5,11"),
        customer("5,12#", fields={"first_name": "Zoë"}),
        customer("5,1"),
        replace(customer("6,2"), early="1"),
        replace(customer("6,"), early="12"),
        customer("7,0930"),
        customer("7,2460"),
        customer("7,09*"),
        customer("*0,2902"),
        customer("*0,3002"),
        customer("9,12"),
        customer("9,1#2"),
        customer("9,"),
        customer("8"),
        customer("8", tags=frozenset({"gold", "vip"})),
        customer("8", tags=frozenset({"vip2", "a-vip"})),
        customer("8", fields={"first_name": "Zoë ()"}),
        customer("8", fields={"first_name": "Zoë (x)", "plan": "x"}),
        customer("8", fields={"first_name": "Zoë (x)", "plan": 'x" = "x" | "'}),
        customer("8", fields={"plan": "${EPOCH}),1?b:c"}),
        customer("8", fields={"due": "-2.5"}),
        customer("8", fields={"due": "-2.49"}),
        customer("8", fields={"due": "000.0"}),
        customer("8", fields={"due": "1 - 1"}),
        customer("8", fields={"due": ""}),
        customer("8", fields={"due": " "}),
        customer("8", party=Party.MACHINE),
        customer("5,11", party=Party.UNKNOWN),
        desk("1"),
        replace(desk("2"), answer=False),
        replace(desk("3"), webhook={"due": "12.5", "note": "so, it is"}),
        replace(desk("3"), webhook={"due": "12.5", "note": "so"}),
        desk("3"),
        desk("4"),
        desk("5"),
        desk("6"),
        desk("8"),
        desk("9"),
        *(desk("8", zones) for zones in (EAST, WEST, EAST + WEST, WEST + EAST)),
        desk("7"),
    ]


def expected(caller: Caller) -> Told:
    entries = [*caller.entries]
    hook = caller.webhook
    script = Script(
        lambda: entries.pop(0) if entries else "",
        agents=caller.agent,
        answer=caller.answer,
        webhooks={"balance": None if hook is None else {"amount": hook["due"], **hook}},
    )
    return walked(flow(caller.flow), [flow("who")], caller.call, script, datetime.now(UTC))


def test_calls_through_a_rendered_flow_go_as_the_walk_says(
    asterisk: AsteriskNode, carrier: Carrier
) -> None:
    flows = {name: flow(name) for name in OURS}
    install(asterisk, flows.values())
    calls = callers()
    walks = [expected(caller) for caller in calls]
    call_all(asterisk, carrier, flows, calls)
    pairs = zip(calls, walks, strict=True)
    assert [(c.call, c.told, walk) for c, walk in pairs if c.told != walk] == []
    told = [event for caller in calls for event in caller.events]
    assert [e["Hidden"] for e in told if "Hidden" in e and e["Way"] != "no_input"] == ["2", "3"]
    assert not [e for e in told if e.get("Step") == "pin" and "Pressed" in e]
    assert [(e["Team"], e["Skills"]) for e in told if e["What"] == "agent"] == [
        ("sales", "english billing")
    ] * 2
    missing = [(e["Step"], e["Prompt"]) for e in told if e["What"] == "missing"]
    assert missing == [(step, "nowhere") for step in ("lost", "unheard", "deaf")]
    [tape] = [e["Recording"] for e in told if e["What"] == "recording"]
    assert seconds(asterisk.monitor_dir / f"dialplane-flows/desk/{tape}.wav") > 0.5


HOSTILE = (
    "${SHELL(id)}", "$[1 + 1]", "a\nsame => n,System(id)", ";", ";--", '"', "a),System(id",
    "a,b&c|d", "x:y?z", "\\", "%d", "a=b", "]", "`id`", "Größe 日本 🙂", "", " ", "h", "T", "_X.",
)  # fmt: skip


def test_asterisk_reads_a_rendering_as_our_own_reading_has_it(asterisk: AsteriskNode) -> None:
    """Which the tests of hostile values go by."""
    quiz = flow("quiz")
    texts = {f"v{i}": text for i, text in enumerate(HOSTILE)}
    hostile = quiz.model_copy(update={"name": "hostile", "variables": quiz.variables | texts})
    install(asterisk, [hostile, flow("who")])
    [text, _] = asterisk_flow_files(hostile, [flow("who")]).values()
    has = loaded(asterisk, parse(text).contexts)
    assert has == without_priorities(parse(text))
