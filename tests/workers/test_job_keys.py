"""Where the keys of a site come from, and what happens when two machines have different ones."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.engine import Store
from tests.databases import set_up
from workers.job_keys import KEYS_NAME, derived, read_keys, require_keys, set_up_keys
from workers.settings import SettingsError
from workers.settings_file import load_settings

ONE, TWO = "first-key-of-the-tests-0123456789", "other-key-of-the-tests-0123456789"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = set_up(f"sqlite:///{tmp_path / 'dialplane.db'}")
    yield store
    store.close()


def machine(tmp_path: Path, name: str, *keys: str) -> Path:
    """The home folder of a machine that has these keys."""
    home = tmp_path / name
    home.mkdir(exist_ok=True)
    if keys:
        (home / KEYS_NAME).write_text("".join(f"{key}\n" for key in keys))
    return home


def test_a_new_site_gets_a_key_for_its_owner_alone(store: Store, tmp_path: Path) -> None:
    settings = load_settings(machine(tmp_path, "a"), {})
    assert set_up_keys(settings, store) == [KEYS_NAME]
    path = settings.home / KEYS_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    assert set_up_keys(settings, store) == []
    assert path.read_text() == before
    assert len(require_keys(settings, store).accepted) == 1


def test_a_second_machine_makes_no_key_of_its_own(store: Store, tmp_path: Path) -> None:
    set_up_keys(load_settings(machine(tmp_path, "a"), {}), store)
    second = load_settings(machine(tmp_path, "b"), {})
    with pytest.raises(SettingsError, match=r"b/job\.keys: not there, .* copy it from another"):
        set_up_keys(second, store)
    with pytest.raises(SettingsError, match=r"b/job\.keys: not there"):
        require_keys(second, store)
    assert not (second.home / KEYS_NAME).exists()


def test_a_machine_with_another_key_is_told(store: Store, tmp_path: Path) -> None:
    require_keys(load_settings(machine(tmp_path, "a", ONE), {}), store)
    with pytest.raises(SettingsError, match="a key that this machine has not") as told:
        require_keys(load_settings(machine(tmp_path, "b", TWO), {}), store)
    assert TWO not in str(told.value)


def test_a_new_key_takes_over_without_a_pause(store: Store, tmp_path: Path) -> None:
    settings = load_settings(machine(tmp_path, "a", ONE), {})
    before = require_keys(settings, store)
    assert set_up_keys(settings, store, new=True) == [KEYS_NAME]
    after = require_keys(settings, store)
    assert after.signing != before.signing
    assert before.signing in after.accepted
    with pytest.raises(SettingsError, match="a key that this machine has not"):
        require_keys(load_settings(machine(tmp_path, "b", ONE), {}), store)


def test_a_site_whose_key_is_lost_gets_another(store: Store, tmp_path: Path) -> None:
    require_keys(load_settings(machine(tmp_path, "a", ONE), {}), store)
    settings = load_settings(machine(tmp_path, "b"), {})
    set_up_keys(settings, store, new=True)
    assert require_keys(settings, store) == read_keys(settings)


@pytest.mark.parametrize("given", [f"{ONE},{TWO}", f" {ONE} , {TWO} "])
def test_keys_may_be_given(store: Store, tmp_path: Path, given: str) -> None:
    settings = load_settings(machine(tmp_path, "a"), {"DIALPLANE_JOB_KEYS": given})
    assert set_up_keys(settings, store) == []
    assert read_keys(settings) == derived(ONE, TWO)
    assert ONE not in repr(settings)
    assert repr(derived(ONE)) == "Keys()"
    with pytest.raises(SettingsError, match="put a new one before them by hand"):
        set_up_keys(settings, store, new=True)


def test_keys_may_stand_in_the_settings_file(tmp_path: Path) -> None:
    home = machine(tmp_path, "a")
    (home / "dialplane.toml").write_text(f'job_keys = ["{ONE}"]\n')
    assert read_keys(load_settings(home, {})) == derived(ONE)


@pytest.mark.parametrize("given", ["short", f"{ONE},", f"{ONE} {TWO}", "ü" * 40])
def test_a_key_that_is_none_is_told_without_it(tmp_path: Path, given: str) -> None:
    with pytest.raises(SettingsError) as told:
        load_settings(machine(tmp_path, "a"), {"DIALPLANE_JOB_KEYS": given})
    assert str(told.value).startswith("environment variable DIALPLANE_JOB_KEYS: expected one or")
    assert ONE not in str(told.value)


@pytest.mark.parametrize("lines", ["", "# nothing\n", "short\n", f"{ONE}\nshort\n"])
def test_a_file_without_good_keys_is_told_without_them(tmp_path: Path, lines: str) -> None:
    home = machine(tmp_path, "a")
    (home / KEYS_NAME).write_text(lines)
    with pytest.raises(SettingsError, match=r"job\.keys: expected one key a line, each of 32"):
        read_keys(load_settings(home, {}))
