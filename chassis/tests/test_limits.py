"""Token buckets, and the identity of a client. Time is a number that the tests change."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from chassis.limits import Buckets, Rate, Seldom, client_of, home_of, is_among, network_of
from testing.fakes import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def test_a_burst_is_given_at_once_and_then_one_at_a_time(clock: ManualClock) -> None:
    buckets = Buckets(Rate(burst=3, per_hour=60), clock)
    given = []
    for _ in range(600):
        if not buckets.wait_s("a"):
            buckets.take("a")
            given.append(clock.now)
        clock.now += 1

    assert [1000, 1001, 1002, 1060, 1120, 1180, 1240, 1300, 1360, 1420, 1480, 1540] == given


def test_the_wait_is_when_the_next_token_comes(clock: ManualClock) -> None:
    buckets = Buckets(Rate(burst=2, per_hour=60), clock)
    waits = []
    for _ in range(3):
        waits.append(buckets.wait_s("a"))
        buckets.take("a")
    clock.now += 45

    assert [0, 0, 60] == waits
    assert (75, 135, 0) == (buckets.wait_s("a"), buckets.full_in_s("a"), buckets.wait_s("b"))


def test_overdrawn_bucket_pays_its_debt_before_allowing_more(clock: ManualClock) -> None:
    buckets = Buckets(Rate(burst=2, per_hour=60), clock)
    for _ in range(10):
        buckets.take("a")

    assert buckets.wait_s("a") == 9 * 60


def test_a_token_given_back_is_there_again_but_never_more_than_the_burst(clock: ManualClock) -> None:
    buckets = Buckets(Rate(burst=1, per_hour=60), clock)
    buckets.take("a")
    buckets.give_back("a")
    buckets.give_back("a")
    buckets.give_back("b")
    buckets.take("a")

    assert buckets.wait_s("a") == 60


def test_fullest_buckets_are_forgotten_when_there_are_too_many_keys(clock: ManualClock) -> None:
    buckets = Buckets(Rate(burst=2, per_hour=60), clock, most=10)
    for _ in range(5):
        buckets.take("guilty")
    for n in range(1_000):
        buckets.take(f"other {n}")
        clock.now += 0.001

    assert len(buckets) <= 10
    assert buckets.wait_s("guilty") > 0


def test_one_line_is_let_through_and_the_others_counted(clock: ManualClock) -> None:
    seldom = Seldom(60, clock)
    due = []
    for _ in range(5):
        due.append(seldom.due())
    clock.now += 60

    assert ([1, 0, 0, 0, 0], 5) == (due, seldom.due())


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown" * 20, ("unknown" * 20)[:45]),
    ],
)
def test_a_client_is_an_address_or_the_network_it_has_all_of(address: str, network: str) -> None:
    assert network_of(address) == network


PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.1 ,"], "198.51.100.1"),
        ("2001:db8::1", ["10.9.9.9, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db9::1]:4711"], "2001:db9::/64"),
        ("10.0.0.1", ["2001:db9::1"], "2001:db9::/64"),
    ],
)
def test_client_address_is_the_peer_or_the_one_reported_by_our_proxies(
    peer: str, forwarded: list[str], client: str
) -> None:
    assert client_of(peer, forwarded, PROXIES) == client


@pytest.mark.parametrize(
    ("network", "home"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db9:1:2ff::/64", "2001:db9:1:200::/56"), ("unknown", "unknown"), ("", "")],
)
def test_a_home_has_all_of_a_network_a_few_of_its_size(network: str, home: str) -> None:
    assert home == home_of(network)


def test_invalid_address_is_not_a_proxy() -> None:
    assert not is_among("unknown", PROXIES)
