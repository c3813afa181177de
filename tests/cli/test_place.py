"""Sessions by whatever address people have of them."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tests.cli.running import Tallylight
from tests.proxies import make_certificate
from tests.serving import messages

from tallylight.cli.place import parsed
from tallylight.errors import BadParameters

AT = {"session_id": "s-1", "status": "completed", "seq": 1, "phase": "commit", "progress": 100, "t": 1.0}
STATS = {"stats": {"errors": 0}, "commit": {"errors": 0}, "processed_files": 1}


class Ended(BaseHTTPRequestHandler):
    """A server whose one session has ended."""

    def do_GET(self) -> None:
        kind, told = "application/json", json.dumps({"session_id": "s-1", "items": []})
        if self.path.startswith("/api/ingest/stream/"):
            end = f"id: k3f9a2-1.end\nevent: end\ndata: {json.dumps(AT)}\n\n"
            kind, told = "text/event-stream", f"id: k3f9a2-1\ndata: {json.dumps(AT | STATS)}\n\n{end}"
        self.send_response(200)
        self.send_header("content-type", kind)
        self.end_headers()
        self.wfile.write(told.encode())

    def log_message(self, *_: object) -> None:
        pass


@dataclass(frozen=True)
class Secure:
    """A server with a certificate that nobody knows."""

    url: str
    certificate: Path


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Secure]:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    make_certificate(certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = HTTPServer(("127.0.0.1", 0), Ended)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Secure(f"https://127.0.0.1:{server.server_port}", certificate)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("path", ["", "/sessions/s-1"])
def test_a_certificate_counts_where_it_is_named(tallylight: Tallylight, secure: Secure, path: str) -> None:
    ran = tallylight("follow", secure.url + path, "--ca", secure.certificate, "--json")
    assert (ran.status, ran.err) == (0, "")
    assert messages(ran.out)[-1]["session_id"] == "s-1"


@pytest.mark.parametrize("path", ["", "/sessions/s-1"])
def test_one_that_nobody_knows_does_not_and_it_says_how(tallylight: Tallylight, secure: Secure, path: str) -> None:
    ran = tallylight("follow", secure.url + path)
    assert (ran.status, ran.out) == (2, "")
    assert "give its authority's certificate with --ca FILE" in ran.err


def test_a_file_without_certificates_is_told(tallylight: Tallylight, secure: Secure, tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("none")
    ran = tallylight("follow", secure.url, "--ca", tmp_path / "none.pem")
    assert (ran.status, ran.out) == (2, "")
    assert "holds no certificates that can be read" in ran.err


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://127.0.0.1:8710", ("http://127.0.0.1:8710", "")),
        ("http://127.0.0.1:8710/", ("http://127.0.0.1:8710", "")),
        ("http://h:1/api/ingest/stream", ("http://h:1", "")),
        ("http://h:1/sessions/ab-1", ("http://h:1", "ab-1")),
        ("https://h/tally/sessions/ab-1/", ("https://h/tally", "ab-1")),
        ("https://h/tally/", ("https://h/tally", "")),
        ("https://h/api/ingest/stream/ab%2F1?patch=1", ("https://h", "ab/1")),
        ("https://h/tally/api/ingest/status/ab", ("https://h/tally", "ab")),
        ("https://h/api/ingest/report/ab#top", ("https://h", "ab")),
    ],
)
def test_what_people_paste(url: str, place: tuple[str, str]) -> None:
    assert parsed(url) == place


@pytest.mark.parametrize("url", ["ftp://h/x", "http://", "://", "https:///sessions/a"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(BadParameters, match="begins with http"):
        parsed(url)
