"""Who comes in through a proxy: by the link, by the cookie it leaves, and nobody where there is no token."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from tests.open_server import OpenServer
from tests.proxied.conftest import KINDS, Put
from tests.proxies import Site, Variant
from tests.serving import Server

PLACES: tuple[Site, ...] = ("deploy", "prefix")
SITES = [(kind, Variant(site=site)) for kind in KINDS for site in PLACES]
PAGE = {"Accept": "text/html"}


@pytest.mark.parametrize(("kind", "variant"), SITES, ids=str)
def test_the_link_leaves_a_cookie_that_opens_everything(
    kind: str, variant: Variant, slow_files: Path, tmp_path: Path
) -> None:
    proxy = KINDS[kind]("http://127.0.0.1:1", variant, tmp_path / kind)
    options = ("--public-url", f"{proxy.url}/", "--trusted-proxy", "127.0.0.1")
    with OpenServer(slow_files, tmp_path / "data", *options) as server:
        proxy.points_to(server.address)
        proxy.start()
        try:
            with proxy.client() as client:
                assert client.get(f"{proxy.url}/api/ingest/sessions").status_code == 401
                page = client.get(f"{proxy.url}/", headers=PAGE)
                assert page.status_code == 401
                assert f'action="{variant.prefix}/login"' in page.text

                answer = client.get(f"{proxy.url}/?token={server.token}", headers=PAGE)
                assert (answer.status_code, answer.headers["location"]) == (303, f"{variant.prefix}/")
                cookie = answer.headers["set-cookie"]
                assert cookie.startswith("tallylight-")
                for attribute in ("HttpOnly", "SameSite=lax", "Secure", f"Path={variant.prefix or '/'}"):
                    assert attribute in cookie.split("; ")

                assert client.get(f"{proxy.url}/", headers=PAGE).status_code == 200
                assert client.get(f"{proxy.url}/api/ingest/sessions").json() == {"sessions": []}
                own = {"Origin": proxy.url.removesuffix(variant.prefix)}
                body = {"parameters": {"directory": str(slow_files), "max_files": 0}}
                assert client.post(f"{proxy.url}/api/ingest/process", json=body, headers=own).status_code == 200
                foreign = client.post(
                    f"{proxy.url}/api/ingest/process", json=body, headers={"Origin": "https://evil.example"}
                )
                assert (foreign.status_code, foreign.json()["code"]) == (403, "foreign_origin")
        finally:
            proxy.stop()
        server.stop()


@pytest.mark.parametrize(
    ("kind", "variant"), [("nginx", Variant()), ("caddy", Variant()), ("caddy", Variant(site="bare"))], ids=str
)
def test_a_server_without_a_token_says_what_to_set(
    kind: str, variant: Variant, slow_files: Path, tmp_path: Path, put: Put
) -> None:
    with Server(slow_files, tmp_path / "data") as server:
        proxy = put(kind, variant, server.url)
        with proxy.client() as client:
            answer = client.get(f"{proxy.url}/api/ingest/sessions")
        assert (answer.status_code, answer.json()["code"]) == (403, "forwarded")
        assert "Start it again with --public-url" in answer.json()["detail"]
        server.stop()


def test_wrong_tokens_are_counted_for_each_client_that_a_trusted_proxy_names(server: OpenServer, put: Put) -> None:
    proxy = put("nginx", Variant(), server.address)
    with proxy.client() as client:

        def log_in(token: str, client_address: str) -> httpx.Response:
            told = {"X-Forwarded-For": client_address}
            return client.post(f"{proxy.url}/login", json={"token": token}, headers=told)

        # nginx adds 127.0.0.1 to what it was told; as a trusted one it is passed over, and the one before believed.
        for client_address, statuses in (("198.51.100.7", [401] * 5 + [429, 429]), ("198.51.100.8", [401])):
            assert [log_in("guess", client_address).status_code for _ in statuses] == statuses
        refused = log_in(server.token, "198.51.100.7")
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert "try again in" in refused.json()["detail"]
