from __future__ import annotations

import pytest

from tallylight.public_url import PublicUrl


@pytest.mark.parametrize(
    ("text", "origin", "prefix", "whole"),
    [
        ("https://pics.example", "https://pics.example", "", "https://pics.example/"),
        ("https://pics.example/", "https://pics.example", "", "https://pics.example/"),
        (" HTTPS://Pics.Example:443/tally ", "https://pics.example", "/tally", "https://pics.example/tally/"),
        ("http://pics.example:8080/a/b-c_d.e~f/", "http://pics.example:8080", "/a/b-c_d.e~f", None),
        ("http://192.168.1.5:8710", "http://192.168.1.5:8710", "", "http://192.168.1.5:8710/"),
        ("https://[FE80:0::1]:8443/x", "https://[fe80::1]:8443", "/x", "https://[fe80::1]:8443/x/"),
        ("https://bücher.example", "https://xn--bcher-kva.example", "", "https://xn--bcher-kva.example/"),
    ],
)
def test_an_address_is_taken_apart(text: str, origin: str, prefix: str, whole: str | None) -> None:
    url = PublicUrl.of(text)
    assert (url.origin, url.prefix) == (origin, prefix)
    assert str(url) == (whole or f"{origin}{prefix}/")
    assert PublicUrl.of(str(url)) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pics.example",
        "ftp://pics.example",
        "https://",
        "https:///tally",
        "https://user@pics.example",
        "https://pics.example?x",
        "https://pics.example/#x",
        "https://pics.example/a b",
        "https://pics.example/%74ally",
        "https://pics.example/a//b",
        "https://pics.example/../x",
        "https://pics.example/./",
        "https://pics.example:port",
        "https://pics.example:99999",
        "https://pics example",
        "https://[::1",
        "https://-é" + "x" * 80,
    ],
)
def test_what_is_none_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"write it as https://pics\.example"):
        PublicUrl.of(text)
