"""Which addresses may be called."""

from __future__ import annotations

import pytest

from providers.errors import AddressRefused
from providers.transport.egress import check_url, is_public

INSIDE = """
    0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 127.0.0.1 127.8.8.8 169.254.169.254 172.16.0.1 192.0.0.1 192.168.1.1
    192.0.0.8 192.0.0.9 192.0.0.255 192.31.196.1 192.52.193.1 192.88.99.1 192.88.99.2 192.175.48.1
    192.0.2.1 198.51.100.1 203.0.113.1 198.18.0.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
    :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:a9fe:a9fe fc00::1 fd12::1 fe80::1 fe80::1%lo fec0::1 ff02::1
    64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::808:808 2002:7f00:1:: 2002:a00:1::1 2001:0:7f00:1:: 2001:db8::1
    ::ffff:192.0.0.8 64:ff9b::c058:6301 ::808:808 100::1 100:0:0:1::1 1::1 4000::1 2001:1::1 2001:1::2 2001:1::3
    2001:2::1 2001:3::1 2001:4:112::1 2001:10::1 2001:20::1 2001:30::1 2002:808:808::1 2620:4f:8000::1
    3fff::1 3fff:fff:ffff::1 5f00::1 8000::1
"""
OUTSIDE = [
    "192.0.1.1",
    "192.88.98.1",
    "2001:200::1",
    "2a00:1450:4001::1",
    "3ffe::1",
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "2606:4700:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", INSIDE.split())
def test_inside(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_outside(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.vendor.example/v1",
        "https://api.vendor.example:8443",
        "https://xn--fiqs8s.example/",
        "https://8.8.8.8/v1",
        "https://[2606:4700:4700::1111]/v1",
        "HTTPS://API.vendor.example/a%20b/c:d",
        "http://localhost:11434/v1",
        "http://LOCALHOST:11434/v1",
        "http://[::1]:8080/v1",
        "http://10.0.0.5:8000",
    ],
)
def test_may_be_called(url: str) -> None:
    check_url(url, frozenset({"localhost:11434", "[::1]:8080", "10.0.0.5:8000"}))


@pytest.mark.parametrize(
    "url",
    [
        "http://api.vendor.example/v1",
        "ftp://api.vendor.example",
        "file:///etc/passwd",
        "gopher://api.vendor.example",
        "unix:/run/x.sock",
        "//api.vendor.example",
        "api.vendor.example",
        "",
        "https://",
        "https://user@api.vendor.example",
        "https://user:pass@api.vendor.example",
        "http://127.0.0.1:80\\@api.vendor.example/",
        "https://api.vendor.example\\@127.0.0.1/",
        "https://api.vendor.example/a\\b",
        "https://api.vendor.example./v1",
        "https://api..vendor.example",
        "https://api.vendor.example:22",
        "https://api.vendor.example:25",
        "https://api.vendor.example:6379",
        "https://api.vendor.example:0",
        "https://api.vendor.example:65536",
        "https://api.vendor.example/v1?key=x",
        "https://api.vendor.example/v1#x",
        "https://api.vendor.example/ v1",
        "https://api.vendor.example/v1\n",
        " https://api.vendor.example",
        "https://%61pi.vendor.example",
        "https://中国.example",
        "https://①②⑦.⓪.⓪.①",
        "https://localhost",
        "https://a.localhost/v1",
        "https://metadata.google.internal/",
        "https://127.0.0.1/v1",
        "https://127.1",
        "https://2130706433",
        "https://0x7f.1",
        "https://0x7f000001",
        "https://0177.0.0.1",
        "https://1.2.3.4.5",
        "https://169.254.169.254/latest",
        "https://[::1]/v1",
        "https://[::ffff:7f00:1]",
        "https://[64:ff9b::7f00:1]",
        "https://[fe80::1%25lo]",
        "https://[:::]",
        "http://localhost:11435/v1",
    ],
)
def test_may_not_be_called(url: str) -> None:
    with pytest.raises(AddressRefused) as raised:
        check_url(url, frozenset({"localhost:11434"}))
    assert raised.value.text
