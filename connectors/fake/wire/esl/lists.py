"""What the API tells of the whole PBX, or of one channel: `show`, `status`, `uuid_dump`."""

import orjson

from connectors.fake.wire.esl.board import HOST, VERSION, Board
from connectors.fake.wire.esl.channel import Channel, Kind
from connectors.fake.wire.esl.codec import Headers
from connectors.fake.wire.esl.event import encoded

USAGE = "-USAGE: channels|calls [count|as json]\n"


def show(board: Board, rest: str) -> str:
    """`show channels|calls [count | as json]`."""
    what, *how = rest.split()[:3] or [""]
    if what not in ("channels", "calls"):
        return USAGE
    rows = [_row(board, one) for one in board]
    if what == "calls":
        rows = [_pair(board, one) for one in board if one.kind is Kind.CALL]
    if how == ["count"]:
        return f"\n{len(rows)} total.\n"
    if how == ["as", "json"]:
        found = {"row_count": len(rows), **({"rows": rows} if rows else {})}
        return orjson.dumps(found).decode()
    head = ",".join(rows[0]) + "\n" if rows else ""
    lines = "".join(",".join(row.values()) + "\n" for row in rows)
    return f"{head}{lines}\n{len(rows)} total.\n"


def dump(board: Board, one: Channel, form: str) -> str:
    headers = board.base("CHANNEL_DATA") | one.headers()
    return orjson.dumps(headers).decode() if form == "json" else encoded(headers)


def status(board: Board, _: str) -> str:
    up = (board.switch.now() - board.began).total_seconds()
    days, hours, minutes = int(up // 86_400), int(up // 3600 % 24), int(up // 60 % 60)
    held = sum(1 for _ in board)
    return (
        f"UP 0 years, {days} days, {hours} hours, {minutes} minutes, {int(up % 60)} seconds, "
        f"{int(up * 1000 % 1000)} milliseconds, 0 microseconds\n"
        f"FreeSWITCH (Version {VERSION}) is ready\n"
        f"{board.processed} session(s) since startup\n"
        f"{held} session(s) - peak {held}, last 5min {held} \n"
        "0 session(s) per Sec out of max 10000, peak 0, last 5min 0 \n"
        "100000 session(s) max\n"
        "min idle cpu 0.00/100.00\n"
        "Current Stack Size/Max 240K/8192K\n"
    )


def _row(board: Board, one: Channel) -> Headers:
    created = one.times["Created"]
    other = board.of(one.other)
    return {
        "uuid": one.uuid,
        "direction": one.direction,
        "created": created.strftime("%Y-%m-%d %H:%M:%S"),
        "created_epoch": str(int(created.timestamp())),
        "name": one.name,
        "state": one.state,
        "cid_name": one.caller,
        "cid_num": one.caller,
        "ip_addr": "",
        "dest": one.number,
        "application": one.running[0],
        "application_data": one.running[1],
        "dialplan": "",
        "context": one.context,
        "read_codec": "PCMU" if one.up else "",
        "read_rate": "8000" if one.up else "",
        "hostname": HOST,
        "accountcode": one.variables.get("accountcode", ""),
        "callstate": one.call_state,
        "callee_num": one.number,
        "callee_direction": "SEND",
        "call_uuid": other.uuid if other and one.kind is not Kind.CALL else one.uuid,
    }


def _pair(board: Board, one: Channel) -> Headers:
    """A call and, where it is bridged, the other half of it."""
    other = board.of(one.other)
    row = _row(board, one)
    return row | {f"b_{key}": value for key, value in (_row(board, other) if other else {}).items()}
