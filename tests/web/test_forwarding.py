"""Whom is believed what."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Scope

from tallylight.public_url import PublicUrl
from tallylight.web.forwarding import arrived, origin_of, without_prefix

TRUSTED = (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("forwarded_for", "client"),
    [
        ([], "10.0.0.1"),
        (["198.51.100.7"], "198.51.100.7"),
        (["6.6.6.6", "198.51.100.7"], "198.51.100.7"),
        (["198.51.100.7", "10.2.2.2", "127.0.0.1"], "198.51.100.7"),
        (["10.3.3.3", "10.2.2.2"], "10.3.3.3"),
        (["6.6.6.6", "garbage", "10.2.2.2"], "10.2.2.2"),
        (["garbage"], "10.0.0.1"),
        (["198.51.100.7:1234"], "198.51.100.7"),
        (["[2001:db8::7]:1234"], "2001:db8::7"),
        (['"[2001:db8::7]"'], "2001:db8::7"),
        (["2001:db8::7"], "2001:db8::7"),
    ],
)
def test_the_last_that_no_trusted_proxy_vouches_for_is_who_asks(forwarded_for: list[str], client: str) -> None:
    assert origin_of("10.0.0.1", forwarded_for, TRUSTED) == client


@given(st.lists(st.text(max_size=20), max_size=5))
def test_whatever_is_told_the_answer_is_an_address(told: list[str]) -> None:
    assert str(ip_address(origin_of("10.0.0.1", told, TRUSTED)))


def scope_of(client: str | None, path: str = "/", **headers: str) -> Scope:
    return {
        "type": "http",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "client": (client, 4) if client else None,
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }


def test_a_trusted_proxy_is_believed_and_nobody_else() -> None:
    told = {"x_forwarded_for": "198.51.100.7", "x_forwarded_proto": "https"}
    near = arrived(scope_of("127.0.0.1", **told), None, TRUSTED)
    assert (near["client"], near["scheme"]) == (("198.51.100.7", 4), "https")
    for scope in (scope_of("192.0.2.9", **told), scope_of(None, **told)):
        far = arrived(scope, None, TRUSTED)
        assert (far["client"], far["scheme"]) == (scope["client"], "http")
    assert arrived(scope_of("127.0.0.1", **told), None, ())["scheme"] == "http", "nobody is trusted unasked"
    mapped = arrived(scope_of("::ffff:127.0.0.1", **told), None, TRUSTED)
    assert mapped["client"] == ("198.51.100.7", 4)
    assert arrived(scope_of("127.0.0.1", x_forwarded_proto="gopher"), None, TRUSTED)["scheme"] == "http"


def test_the_public_name_tells_the_scheme() -> None:
    public = PublicUrl.of("https://pics.example")
    assert arrived(scope_of("192.0.2.9", host="Pics.Example"), public, ())["scheme"] == "https"
    assert arrived(scope_of("192.0.2.9", host="127.0.0.1:8710"), public, ())["scheme"] == "http"


@pytest.mark.parametrize(
    ("path", "behind"),
    [
        ("/tally/", "/"),
        ("/tally", "/"),
        ("/tally/api/x", "/api/x"),
        ("/tallyho", "/tallyho"),
        ("/api/x", "/api/x"),
        ("/x/tally/", "/x/tally/"),
        ("/tally/tally/", "/tally/"),
        ("/tally//evil.example", "//evil.example"),
    ],
)
def test_the_prefix_is_taken_off(path: str, behind: str) -> None:
    public = PublicUrl.of("https://pics.example/tally/")
    assert without_prefix(path, public) == behind
    scope = arrived(scope_of("127.0.0.1", path), public, ())
    assert (scope["path"], scope["raw_path"]) == (behind, behind.encode())
    assert without_prefix(path, None) == path
