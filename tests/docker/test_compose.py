"""The compose files, read as data. No engine runs them here."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.docker.conftest import Prepared, assignments

FILES = (
    "compose.yaml",
    "compose.monitoring.yaml",
    "compose.asterisk.yaml",
    "compose.freeswitch.yaml",
)
SERVICES = {
    *("postgres", "valkey", "init", "worker", "serve"),
    *("prometheus", "grafana", "asterisk", "freeswitch"),
}
VARIABLE = re.compile(r"\$\{(\w+)(?::?([-?])([^}]*))?\}")


@pytest.fixture(scope="module")
def composed(docker: Path) -> dict[str, Any]:
    """The services of all files, an override on top of what it overrides."""
    services: dict[str, Any] = {}
    for name in FILES:
        for service, said in read(docker / name)["services"].items():
            under = services.setdefault(service, {})
            both = {key: [*under.get(key, []), *said.get(key, [])] for key in ("volumes",)}
            needs = {**under.get("depends_on", {}), **said.get("depends_on", {})}
            under.update(said, depends_on=needs, **both)
    return services


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text())


def filled(text: str, values: dict[str, str]) -> str:
    """As compose fills it in. A variable that must be there raises `KeyError`."""

    def value(found: re.Match[str]) -> str:
        name, kind, default = found.groups()
        return values.get(name, default) if kind == "-" else values[name]

    return VARIABLE.sub(value, text)


def test_these_are_the_services(composed: dict[str, Any]) -> None:
    assert set(composed) == SERVICES


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_each_container_has_no_rights_it_does_not_need(composed: dict[str, Any], name: str) -> None:
    service = composed[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert filled(service["user"], {"DIALPLANE_UID": "1", "DIALPLANE_GID": "2"}) == "1:2"
    assert service["restart"] == ("no" if name == "init" else "unless-stopped")
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    assert name == "init" or service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert not {"privileged", "cap_add", "devices", "pid", "ipc"} & set(service)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_nothing_is_published_beyond_this_machine(composed: dict[str, Any], name: str) -> None:
    service = composed[name]
    if name in {"postgres", "valkey"}:
        assert "network_mode" not in service
        [port] = service["ports"]
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", filled(port, {}))
    else:
        assert service["network_mode"] == "host"
        assert "ports" not in service


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_images_are_of_a_version(composed: dict[str, Any], name: str) -> None:
    image = filled(composed[name]["image"], {})
    repository, _, tag = image.partition(":")
    assert repository
    assert tag
    assert tag != "latest"


def test_what_is_mounted_is_there(composed: dict[str, Any], prepared: Prepared) -> None:
    missing = [path for path in mounted(composed) if not (prepared.folder / path).exists()]
    assert missing == []


def mounted(composed: dict[str, Any]) -> Iterator[str]:
    for service in composed.values():
        for volume in service["volumes"]:
            yield volume.split(":")[0]
        yield from service.get("env_file", [])


def test_every_secret_is_a_file(composed: dict[str, Any], docker: Path, prepared: Prepared) -> None:
    files = [read(docker / name).get("secrets", {}) for name in FILES]
    secrets = {name: told for secrets in files for name, told in secrets.items()}
    for service in composed.values():
        for name in service.get("secrets", []):
            assert (prepared.folder / secrets[name]["file"]).stat().st_size == 48


def test_no_secret_is_in_a_compose_file_nor_in_what_all_may_read(prepared: Prepared) -> None:
    secret = re.compile(r"[0-9a-f]{48}|[\w-]{32}@")
    for path in (*(prepared.folder / name for name in FILES), prepared.folder / ".env"):
        assert not secret.search(path.read_text()), path.name


def test_every_variable_has_a_default_or_is_made(docker: Path, prepared: Prepared) -> None:
    made = assignments(prepared.folder / ".env")
    for name in FILES:
        text = (docker / name).read_text().replace("$$", "")
        for variable, kind, _ in VARIABLE.findall(text):
            assert kind == "-" or variable in made, f"{name}: {variable}"


def test_the_environment_names_the_same_ports(prepared: Prepared) -> None:
    made = assignments(prepared.folder / ".env")
    assert f"@127.0.0.1:{made['POSTGRES_PORT']}/" in prepared.environ["DIALPLANE_DATABASE_URL"]
    assert f"@127.0.0.1:{made['VALKEY_PORT']}/" in prepared.environ["DIALPLANE_REDIS_URL"]
    assert set(made["COMPOSE_FILE"].split(":")) == set(FILES)


def test_the_image_is_built_from_files_that_git_has(docker: Path) -> None:
    """The context is an allow-list: a site's secrets and a checkout's rubbish stay out."""
    lines = (docker.parent / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    taken = [line.removeprefix("!") for line in lines if line.startswith("!")]
    for name in taken:
        listed = subprocess.run(
            ["git", "-C", docker.parent, "ls-files", "--error-unmatch", name],
            capture_output=True,
            check=False,
        )
        assert listed.returncode == 0, name
    project = (docker.parent / "pyproject.toml").read_text()
    packages = re.findall(r'^    "(\w+)",$', project.partition("packages = [")[2], re.MULTILINE)
    assert set(packages[:10]) <= set(taken)


def test_the_image_runs_as_nobody_special_and_has_no_compiler(docker: Path) -> None:
    text = (docker / "Dockerfile").read_text()
    stages = text.split("\nFROM ")
    assert len(stages) == 3
    assert "g++" not in stages[2]
    assert "swig" not in stages[2]
    assert "\nUSER 10001:10001\n" in stages[2]
    assert 'ENTRYPOINT ["dialplane"]' in stages[2]
