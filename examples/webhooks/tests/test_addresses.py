"""Which URLs and addresses are refused."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from webhooks.addresses import Refused, Rules, check, is_public, target

LOCAL = Rules(loopback=True)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
        "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1",
        "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8",
        "::ffff:0:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1",
        "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "ff0e::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(Refused, match="not public"):
        check([address], Rules())


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255",
     "172.32.0.0", "192.167.255.255", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1"],
)  # fmt: skip
def test_a_public_address_is_allowed(address: str) -> None:
    check([address], Rules())


def test_one_address_that_is_not_public_refuses_the_name() -> None:
    with pytest.raises(Refused):
        check(["8.8.8.8", "10.0.0.1"], Rules())


def test_a_zone_of_an_address_hides_nothing() -> None:
    with pytest.raises(Refused):
        check(["fe80::1%eth0"], Rules())


def test_only_the_parameter_allows_this_computer_and_it_allows_nothing_else() -> None:
    for address in ("127.0.0.1", "::1"):
        check([address], LOCAL)
    for address in ("10.0.0.1", "169.254.169.254", "::ffff:10.0.0.1"):
        with pytest.raises(Refused):
            check([address], LOCAL)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://a.example/", "https"),
        ("ftp://a.example/", "https"),
        ("file:///etc/passwd", "host"),
        ("https://", "host"),
        ("https:///path", "host"),
        ("https://a.example:8443/", "port 8443"),
        ("https://a.example:0/", "port 0"),
        ("https://a.example:99999/", "not a URL"),
        ("https://user@a.example/", "user name"),
        ("https://user:password@a.example/", "user name"),
        ("https://@a.example/", "user name"),
        ("https://a.example/#fragment", "fragment"),
        ("https://a.example\\@b.example/", "backslash"),
        ("https://a.example/ HTTP/1.1\r\nHost: b", "space"),
        ("https://a.example/\r\nX: y", "ASCII"),
        ("https://ä.example/", "ASCII"),
        ("https://[fe80::1%25eth0]/", "host"),
        ("https://" + "a." * 130 + "example/", "253"),
        ("https://[::1/", "not a URL"),
        ("https://a.example/" + "x" * 2048, "2048"),
    ],
)
def test_a_url_that_could_mean_something_else_is_refused(url: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        target(url, Rules())


def test_a_url_is_taken_apart() -> None:
    found = target("https://a.example/hook?x=1", Rules())
    assert (found.tls, found.host, found.port, found.path) == (True, "a.example", 443, "/hook?x=1")
    assert found.authority == "a.example"
    assert target("https://a.example", Rules()).path == "/"
    assert target("https://a.example:8443/", Rules(frozenset({8443}))).authority == "a.example:8443"
    assert target("http://[::1]:8080/", LOCAL).authority == "[::1]:8080"


def test_no_reason_repeats_the_url() -> None:
    with pytest.raises(Refused) as raised:
        target("http://a.example/token-of-the-subscriber", Rules())
    assert "token" not in str(raised.value)
