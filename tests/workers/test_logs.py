import asyncio
import json
import logging

import pytest

from workers.logs import JsonFormatter, LineFormatter, about, set_up_logs


def record(message: str, *args: object, failed: bool = False) -> logging.LogRecord:
    error = ValueError("redis://:pw@h is wrong")
    exc_info = (ValueError, error, error.__traceback__) if failed else None
    return logging.LogRecord("workers.x", logging.WARNING, __file__, 1, message, args, exc_info)


def test_a_line_holds_no_password_and_cannot_be_broken() -> None:
    line = LineFormatter(traces=False).format(
        record("at %s: %s", "redis://u:pw@h:1/0", "two\nlines\x1b[31m\r")
    )
    assert "pw" not in line
    assert "redis://...@h:1/0" in line
    assert "\n" not in line
    assert "\x1b" not in line
    assert " WARNING workers.x: at " in line


def test_a_trace_is_for_those_who_ask_for_it() -> None:
    short = LineFormatter(traces=False).format(record("it failed", failed=True))
    long = LineFormatter(traces=True).format(record("it failed", failed=True))
    assert "ValueError" not in short
    assert "ValueError: redis://...@h is wrong" in long
    assert "pw@" not in long


def test_logs_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        set_up_logs("warning")
        logging.getLogger("workers.x").warning("hello %s", "you")
        logging.getLogger("workers.x").info("not this")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.endswith("WARNING workers.x: hello you\n")
    assert "not this" not in told.err


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("to +12125550100 now", "to [number] now"),
        ("sip:12125550100@carrier", "sip:[number]@carrier"),
        ("PJSIP/carrier-12125550100 and 4930123456.", "PJSIP/carrier-[number] and [number]."),
        ("caller=+493012345678;x", "caller=[number];x"),
        ("dialled 015112345678, and 00493012345678", "dialled [number], and [number]"),
        ("no answer from ami://dialplane:p@ss@pbx/x", "no answer from ami://...@pbx/x"),
        ("00000012-full.age", None),
        ("process 4194304, port 50380, 1048576 bytes", None),
        ("call 12345678-1234-7234-8234-123456789012 ended", None),
        ("at 1700000000.25 after 12.123456789 s, code deadbeef12345678", None),
        ("2026-11-20T10:00:00+0200", None),
    ],
)
def test_what_looks_like_a_number_is_masked(told: str, shown: str | None) -> None:
    line = LineFormatter(traces=False).format(record("%s", told))
    assert line.endswith(f": {told if shown is None else shown}")


def test_a_trace_is_masked_too() -> None:
    error = ValueError("+12125550100 at esl://:pw@h")
    failed = record("it failed")
    failed.exc_info = (ValueError, error, None)
    for formatter in (LineFormatter(traces=True), JsonFormatter(traces=True)):
        text = formatter.format(failed)
        assert "ValueError: [number] at esl://...@h" in text
        assert "12125550100" not in text


def test_as_json_a_line_says_what_it_is_about() -> None:
    one = record("call %s\nwas not sent", "x")
    one.created, one.node, one.call = 1_795_000_000.25, "main", None
    with about("spring"):
        told = json.loads(JsonFormatter(traces=False).format(one))
    assert told == {
        "time": "2026-11-18T11:06:40.250+00:00",
        "level": "warning",
        "logger": "workers.x",
        "message": "call x was not sent",
        "campaign": "spring",
        "node": "main",
    }
    assert "campaign" not in json.loads(JsonFormatter(traces=False).format(one))


async def test_tasks_that_are_begun_within_are_about_the_campaign_too() -> None:
    async def line() -> str:
        return JsonFormatter(traces=False).format(record("hello"))

    with about("spring"):
        task = asyncio.create_task(line())
        thread = asyncio.to_thread(JsonFormatter(traces=False).format, record("hello"))
        lines = [await task, await thread]
    assert [json.loads(text)["campaign"] for text in lines] == ["spring", "spring"]
