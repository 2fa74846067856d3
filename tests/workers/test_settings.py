from pathlib import Path

import pytest

from workers.settings import SettingsError
from workers.settings_file import find_home, load_settings

SECRET = "whsec_" + "A" * 32


def write(home: Path, text: str) -> Path:
    (home / "dialplane.toml").write_text(text, encoding="utf-8")
    return home


def test_without_a_file_the_defaults_serve_a_small_site(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {})

    assert settings.database_url.get_secret_value() == f"sqlite:///{tmp_path}/dialplane.db"
    assert settings.redis_url is None
    assert settings.pbx_url("main") == "fake://demo"
    assert settings.recordings == tmp_path / "recordings"


def test_the_file_is_read_whole(tmp_path: Path) -> None:
    settings = load_settings(
        write(
            tmp_path,
            f"""
            database_url = "postgresql+psycopg://u:p@h/d"
            redis_url = "redis://:p@h/0"
            log_level = "debug"
            [pbx]
            east-1 = "ami://dp:s3cret@10.0.0.1"
            [webhook]
            url = "https://crm.example/hook"
            secret = "{SECRET}"
            [crm_table]
            url = "sqlite:///crm.db"
            table = "calls"
            columns = {{ idempotency_key = "idempotency_key", outcome = "result" }}
            """,
        ),
        {},
    )

    assert settings.pbx_url("east-1") == "ami://dp:s3cret@10.0.0.1"
    assert settings.webhook is not None
    assert settings.webhook.secret.get_secret_value() == SECRET
    assert settings.crm_table is not None
    columns = {"idempotency_key": "idempotency_key", "outcome": "result"}
    assert settings.crm_table.columns == columns


def test_the_environment_wins(tmp_path: Path) -> None:
    home = write(tmp_path, 'database_url = "sqlite:///a.db"\n[pbx]\neast-1 = "fake://a"\n')
    settings = load_settings(
        home,
        {
            "DIALPLANE_DATABASE_URL": "sqlite:///b.db",
            "DIALPLANE_PBX_EAST_1": "fake://b",
            "DIALPLANE_PBX_WEST": "fake://c",
        },
    )

    assert settings.database_url.get_secret_value() == "sqlite:///b.db"
    assert settings.pbx_url("east-1") == "fake://b"
    assert settings.pbx_url("west") == "fake://c"


def test_a_replica_is_named_by_file_or_environment(tmp_path: Path) -> None:
    home = write(tmp_path, "[replica]\nurl = 'postgresql://a@b/c'\nmost_behind = 3\n")
    assert load_settings(home, {}).late_reads() == ("postgresql://a@b/c", 3.0)
    told = {"DIALPLANE_REPLICA_URL": "postgresql://d@e/f", "DIALPLANE_REPLICA_MOST_BEHIND": "0.5"}
    assert load_settings(home, told).late_reads() == ("postgresql://d@e/f", 0.5)
    assert load_settings(tmp_path / "none", {}).late_reads() == (None, 0.0)
    with pytest.raises(SettingsError, match=r"replica\.url: expected a postgresql:// URL"):
        load_settings(write(tmp_path, "[replica]\nurl = 'sqlite:///a.db'\n"), {})


def test_no_secret_is_shown(tmp_path: Path) -> None:
    settings = load_settings(
        write(
            tmp_path,
            f"""
            database_url = "postgresql+psycopg://u:hidden1@h/d"
            redis_url = "redis://:hidden2@h/0"
            [pbx]
            main = "ami://dp:hidden3@h"
            [webhook]
            url = "https://crm.example/hook"
            secret = "{SECRET}"
            """,
        ),
        {},
    )

    for text in (repr(settings), str(settings), settings.model_dump_json()):
        assert "hidden" not in text
        assert SECRET not in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\nb = ?\n", "dialplane.toml: not a TOML file: Invalid value (at line 2, column 5)"),
        (
            "colour = 1",
            "dialplane.toml: colour: no such key; expected one of api, crm_table, crms",
        ),
        ('log_level = "loud"', "dialplane.toml: log_level: expected one of debug, info"),
        ("database_url = 5", "dialplane.toml: database_url: expected an SQLAlchemy URL"),
        ('[pbx]\n"a b" = "x"', "dialplane.toml: pbx.a b: expected a table of NAME = 'URL'"),
        (
            '[webhook]\nurl = "https://x"',
            "dialplane.toml: webhook.secret: missing; expected whsec_",
        ),
        (
            '[webhook]\nurl = "https://x"\nsecret = "short"',
            "dialplane.toml: webhook.secret: expected whsec_",
        ),
        (
            f'[webhook]\nurl = "gopher://x"\nsecret = "{SECRET}"',
            "dialplane.toml: webhook.url: expected an https:// URL",
        ),
        (
            f'[webhook]\nurl = "http://x"\nsecret = "{SECRET}"',
            "dialplane.toml: webhook.url: expected an https:// URL",
        ),
        (
            '[webhook]\nurl = "https://x"\nsecret = "whsec_' + "?" * 40 + '"',
            "dialplane.toml: webhook.secret: expected whsec_",
        ),
        ('redis_url = "http://h"', "dialplane.toml: redis_url: expected redis://"),
        ('redis_url = "redis://:p/ss@h/0"', "dialplane.toml: redis_url: expected redis://"),
        (
            f'[webhook]\nurl = "https://x"\nsecret = "{SECRET}"\nretries = 3',
            "dialplane.toml: webhook.retries: no such key; expected one of allow_private, ",
        ),
        (
            '[crm_table]\nurl = "sqlite://"\ntable = "a; drop table b"',
            "dialplane.toml: crm_table.table: expected the name of a table",
        ),
        *[
            (
                f'[webhook]\nurl = "{url}"\nsecret = "{SECRET}"',
                "dialplane.toml: webhook.url: expected an https:// URL",
            )
            for url in ("https://example.com:99999/", "https://[::1/", "https:///x")
        ],
        (
            '[crm_table]\nurl = "sqlite://"\ntable = "a"\ncolumns = {number = "phone"}',
            "dialplane.toml: crm_table.columns: none of them is the key idempotency_key; add",
        ),
        (
            '[crm_table]\nurl = "sqlite://"\ntable = "a"\nkey = "k"\n'
            'columns = {idempotency_key = "k", dispositon = "d"}',
            "dialplane.toml: crm_table.columns: there is no field dispositon; use some of agent",
        ),
        (
            '[crm_table]\nurl = "sqlite://"\ntable = "a"\nkey = "call_ref"',
            "dialplane.toml: crm_table.key: no field is called call_ref; say in columns which",
        ),
        ("webhook = 3", "dialplane.toml: webhook: expected"),
    ],
)
def test_an_error_names_file_key_and_what_was_expected(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(write(tmp_path, text), {})

    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_all_errors_are_told_at_once_without_the_values(tmp_path: Path) -> None:
    home = write(tmp_path, 'log_level = "hidden1"\ncolour = "hidden2"\n')

    with pytest.raises(SettingsError) as error:
        load_settings(home, {"DIALPLANE_DIAL_WORKERS": "hidden3"})

    lines = str(error.value).splitlines()
    assert len(lines) == 3
    assert any(line.startswith("environment variable DIALPLANE_DIAL_WORKERS: ") for line in lines)
    assert "hidden" not in str(error.value)


def test_a_table_that_is_none_is_told_for_a_variable_too(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="webhook: expected a table"):
        load_settings(write(tmp_path, "webhook = 3"), {"DIALPLANE_WEBHOOK_URL": "https://x"})


def test_an_unknown_pbx_is_told_with_the_known_ones(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {})

    with pytest.raises(SettingsError, match=r"pbx\.east: no such PBX; .*there are: main"):
        settings.pbx_url("east")


def test_an_unreadable_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "dialplane.toml").mkdir()

    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load_settings(tmp_path, {})


def test_where_home_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = {"XDG_DATA_HOME": str(tmp_path / "data")}

    assert find_home({**data, "DIALPLANE_HOME": str(tmp_path / "h")}) == tmp_path / "h"
    assert find_home(data) == tmp_path / "data" / "dialplane"
    (tmp_path / ".dialplane").mkdir()
    assert find_home(data) == tmp_path / ".dialplane"
