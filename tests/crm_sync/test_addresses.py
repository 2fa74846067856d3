import ipaddress
import socket
from typing import Any

import pytest

from crm_sync.addresses import NotAllowed, NotFound, Target, is_global, resolve


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2001:db8::1",
        "fec0::1",
        "::7f00:1",
        "::10.0.0.5",
        "::ffff:8.8.8.8",
        "64:ff9b:1::7f00:1",
        "3fff::1",
        "5f00::1",
    ],
)
def test_not_of_the_open_internet(address: str) -> None:
    assert not is_global(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1", "64:ff9b::808:808"]
)
def test_of_the_open_internet(address: str) -> None:
    assert is_global(ipaddress.ip_address(address))


def answer_with(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    asked: list[str] = []

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        kind = socket.SOCK_STREAM
        return [(socket.AF_INET, kind, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_a_name_is_looked_up_once_and_its_address_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answer_with(monkeypatch, "93.184.216.34", "8.8.8.8")
    assert resolve("https://crm.example/x") == Target("crm.example", 443, "93.184.216.34")
    assert asked == ["crm.example"]


def test_one_inside_address_among_several_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer_with(monkeypatch, "93.184.216.34", "127.0.0.1")
    with pytest.raises(NotAllowed, match=r"crm\.example is at 127\.0\.0\.1, .*allow_private"):
        resolve("https://crm.example/x")


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example/",
        "https://crm.example:5038/",
        "https://crm.example:6379/",
        "https://crm.example:22/",
    ],
)
def test_other_ports_and_plain_http_are_refused_unread(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    asked = answer_with(monkeypatch, "93.184.216.34")
    with pytest.raises(NotAllowed, match="only https on port 443 or 8443"):
        resolve(url)
    assert asked == []


def test_what_is_meant_may_be_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, "10.0.0.5")
    target = resolve("http://crm.internal:8080/", allow_private=True)
    assert target == Target("crm.internal", 8080, "10.0.0.5")


def test_a_name_that_nobody_knows_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(NotFound, match=r"crm\.example cannot be resolved"):
        resolve("https://crm.example/")


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example:99999/",
        "https://crm.example:0/",
        "https://crm.example:x/",
        "https://[::1/",
        "https:///path",
        "https://.../",
        "https://" + "a" * 64 + ".example/",
    ],
)
def test_what_is_no_url_is_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(NotAllowed, match=r"webhook\.url is no address of a web server"):
        resolve(url, allow_private=True)


def test_a_name_in_another_alphabet_is_asked_for_as_dns_spells_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = answer_with(monkeypatch, "93.184.216.34")
    assert resolve("https://bücher.example/").host == "xn--bcher-kva.example"
    assert asked == ["xn--bcher-kva.example"]
