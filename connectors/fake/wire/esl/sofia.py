"""`sofia status`: one profile that runs, and the gateways that the world has."""

from connectors.fake.wire.esl.board import HOST, Board

RULE = "=" * 97 + "\n"
HEAD = f"{'Name':>25}\t{'Type':>7}\t{'Data':>42}\tState\n"
PROFILE, AT = "external", f"{HOST}:5080"


def sofia(board: Board, rest: str) -> str:
    """`sofia status [profile external | gateway NAME]`; nothing else of sofia is here."""
    match rest.split():
        case ["status"]:
            return _overview(board)
        case ["status", "gateway", name]:
            known = board.switch.has_trunk(name.removeprefix(f"{PROFILE}::"))
            return _gateway(name) if known else "Invalid Gateway!\n"
        case ["status", "profile", "external"]:
            return f"{RULE}Name             \t{PROFILE}\nURL              \t{_url()}\n{RULE}"
        case ["status", "profile", _]:
            return "Invalid Profile!\n"
    return "-USAGE: sofia status [profile <name> | gateway <name>]\n"


def _overview(board: Board) -> str:
    lines = _line(PROFILE, "profile", _url(), "RUNNING (0)")
    for name in board.switch.trunks:
        lines += _line(f"{PROFILE}::{name}", "gateway", f"sip:dialplane@{name}", "NOREG")
    return f"{HEAD}{RULE}{lines}{RULE}1 profile 0 aliases\n"


def _line(name: str, kind: str, data: str, state: str) -> str:
    return f"{name:>25}\t{kind:>7}\t{data:>42}\t{state}\n"


def _gateway(name: str) -> str:
    facts = (
        ("Name", name),
        ("Profile", PROFILE),
        ("Proxy", f"sip:{name}"),
        ("State", "NOREG"),
        ("Status", "UP"),
    )
    return RULE + "".join(f"{key:<8}\t{value}\n" for key, value in facts) + RULE


def _url() -> str:
    return f"sip:mod_sofia@{AT}"
