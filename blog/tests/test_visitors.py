"""Who is at the other end: a network, told by nobody we do not trust."""

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import Settings

from blog.visitors import client_ip, client_network, is_from_elsewhere, keyed_hash


def a_request(remote: str = "192.0.2.1", **headers: str) -> HttpRequest:
    return RequestFactory(headers=headers).post("/", REMOTE_ADDR=remote)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", "192.0.2.1"),
        (0, "198.51.100.7", "192.0.2.1"),
        (0, "198.51.100.7, 203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        (1, "6.6.6.6,,  198.51.100.7 ", "198.51.100.7"),
        (1, "198.51.100.7,", "192.0.2.1"),
        (2, "198.51.100.7", "192.0.2.1"),
        (2, "6.6.6.6, 198.51.100.7, 203.0.113.9", "198.51.100.7"),
    ],
)
def test_only_the_proxies_we_know_of_are_believed(
    settings: Settings, proxies: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert client_ip(a_request(**{"X-Forwarded-For": forwarded})) == address


@pytest.mark.parametrize(
    ("remote", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_a_household_is_one_network(remote: str, network: str) -> None:
    assert client_network(a_request(remote)) == network


def test_a_hash_tells_nothing_without_our_key(settings: Settings) -> None:
    settings.SECRET_KEY = "ours"
    ours = keyed_hash("ada@example.com", "suppression")
    assert len(ours) == 43
    assert ours == keyed_hash("ada@example.com", "suppression", "ours")
    assert ours != keyed_hash("ada@example.com", "sign-up address")
    settings.SECRET_KEY = "another"
    assert ours != keyed_hash("ada@example.com", "suppression")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Origin": "http://testserver"},
        {"Origin": "https://careers.example"},
    ],
)
def test_our_own_forms_are_ours(settings: Settings, headers: dict[str, str]) -> None:
    settings.SITE_URL = "https://careers.example"
    assert not is_from_elsewhere(a_request(**headers))


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "made up"},
        *(
            {"Origin": origin}
            for origin in (
                *("null", "https://evil.example", "http://testserver.evil.example", "testserver"),
                *("http://testserver:81", "http://evil@testserver", "http://[", "http://[::1", "x"),
            )
        ),
    ],
)
def test_a_form_of_another_site_is_from_elsewhere(headers: dict[str, str]) -> None:
    assert is_from_elsewhere(a_request(**headers))
