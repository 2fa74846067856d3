"""Which Asterisk is run."""

from pathlib import Path

import pytest

from lab.build import find_build
from lab.errors import LabError


def test_another_asterisk_is_taken_where_it_is_named(
    asterisk_prefix: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = find_build()
    monkeypatch.setenv("DIALPLANE_ASTERISK", str(asterisk_prefix / "usr/sbin/asterisk"))
    monkeypatch.setenv("DIALPLANE_ASTERISK_PREFIX", "/nowhere")
    assert find_build() == fetched


def test_a_name_that_is_no_program_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALPLANE_ASTERISK", "/no/asterisk")
    with pytest.raises(LabError, match="names '/no/asterisk', which is not a program"):
        find_build()


def test_a_program_that_is_no_asterisk_is_told(
    asterisk_prefix: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "usr/sbin").mkdir(parents=True)
    for folder in ("lib/any/asterisk/modules", "share/asterisk"):
        (tmp_path / "usr" / folder).mkdir(parents=True)
    program = tmp_path / "usr/sbin/asterisk"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)
    monkeypatch.setenv("DIALPLANE_ASTERISK", str(program))
    with pytest.raises(LabError, match="is no Asterisk that the lab knows: hello"):
        _ = find_build().version


def test_the_form_of_event_filters_follows_the_version(asterisk_prefix: Path) -> None:
    build = find_build()
    forms = {(16, 30): False, (18, 24): False, (18, 25): True, (19, 8): False, (22, 0): True}
    for version, by_name in forms.items():
        build.__dict__["version"] = version
        assert build.event_filters_by_name is by_name
