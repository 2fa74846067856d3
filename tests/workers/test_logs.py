import logging

import pytest

from workers.logs import LineFormatter, set_up_logs


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
