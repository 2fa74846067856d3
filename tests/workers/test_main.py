"""A supervisor, in this very process."""

import os
import signal
from pathlib import Path

import pytest

from storage.engine import Store
from workers import main
from workers.job_keys import Keys
from workers.settings import Settings
from workers.settings_file import load_settings


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_whoever_ends_it_before_there_is_a_redis_is_heard(
    sent: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by an exception: whatever library it came in might swallow it."""
    set_up = main._set_up
    heard: list[str] = []

    def ended_meanwhile(settings: Settings, store: Store) -> Keys:
        before = signal.getsignal(sent)
        assert before not in (signal.SIG_DFL, signal.default_int_handler)
        os.kill(os.getpid(), sent)
        heard.append(sent.name)
        return set_up(settings, store)

    monkeypatch.setattr(main, "_set_up", ended_meanwhile)
    monkeypatch.setattr(main, "set_up_logs", lambda *_: None)
    monkeypatch.setenv("DIALPLANE_HOME", str(tmp_path))
    main.run_site(load_settings(), heard.append)
    assert heard == [sent.name]
