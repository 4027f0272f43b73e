"""Which addresses are in the public Internet, and which only look so."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import pytest

from chassis.public_hosts import Resolve, Unfit, check_url, connecting_to, is_public, place_of


def answering(*addresses: str) -> Resolve:
    """Make a resolver that always returns ``addresses``, in their order."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104
        *("224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::"),
    ],
)
def test_an_address_that_is_not_public_is_known_in_every_dress(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "203.142.81.1", "2400:cb00::1", "::ffff:8.8.8.8"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://a.example/", "scheme"),
        ("file:///etc/passwd", "address"),
        ("https://", "address"),
        ("https://u:p@a.example/", "address"),
        ("https://a.example:99999/", "address"),
        ("https://a.example/#x", "address"),
        ("https://a.example/\r\nHost: b", "address"),
        ("https://a.example\\@b.example/", "address"),
        ("https://ä.example/", "address"),
        ("https://a.example/" + "a" * 1_000, "address"),
        ("kabar", "address"),
        ("http://[::1", "address"),
    ],
)
def test_invalid_receiver_url_is_refused(url: str, why: str) -> None:
    with pytest.raises(Unfit) as refused:
        check_url(url)

    assert why == refused.value.why


@pytest.mark.parametrize(
    ("url", "addresses", "why"),
    [
        ("https://a.example/", ["10.0.0.1"], "private-network"),
        ("https://a.example/", ["8.8.8.8", "10.0.0.1"], "private-network"),
        ("https://a.example/", ["fe80::1%eth0"], "private-network"),
        ("https://a.example/", ["127.0.0.2"], "private-network"),
        ("http://a.example/", ["8.8.8.8"], "scheme"),
        ("https://a.example/", [], "no-such-host"),
    ],
)
async def test_a_name_that_leads_to_a_network_of_ours_is_refused(url: str, addresses: list[str], why: str) -> None:
    with pytest.raises(Unfit) as refused:
        await place_of(url, [ip_network("127.0.0.1/32")], answering(*addresses))

    assert why == refused.value.why


@pytest.mark.parametrize(
    ("url", "address", "at"),
    [
        ("https://a.example/x?y=1", "8.8.8.8", ("https://8.8.8.8/x?y=1", "a.example", "a.example")),
        ("https://a.example:8443/", "2400:cb00::1", ("https://[2400:cb00::1]:8443/", "a.example:8443", "a.example")),
    ],
)
def test_the_address_is_connected_to_and_the_name_is_said(url: str, address: str, at: tuple[str, str, str]) -> None:
    assert at == connecting_to(url, ip_address(address))
