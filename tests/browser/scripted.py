"""A server that answers the requests for one stream by bytes that were written beforehand."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STREAM = "/stream"


def answer(body: str = "", *, status: str = "200 OK", content_type: str = "text/event-stream", head: str = "") -> bytes:
    """An answer that ends when the connection does."""
    type_line = f"Content-Type: {content_type}\r\n" if content_type else ""
    return f"HTTP/1.1 {status}\r\n{type_line}{head}Connection: close\r\n\r\n{body}".encode()


#: Ends every test: an EventSource does not come back after it.
ENOUGH = answer(status="204 No Content", content_type="")


class ScriptedServer:
    """Answers `/stream`, and what it redirects to, by one answer after the other; the last one again and again."""

    def __init__(self, *answers: bytes) -> None:
        self.asked: list[dict[str, str]] = []  #: the headers of each request for the stream, names in small letters
        self._answers = list(answers)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.wfile.write(
                    outer._answer(self) if self.path.startswith(STREAM) else answer("", content_type="text/html")
                )
                self.close_connection = True

            def log_request(self, *_: Any) -> None:
                """Nothing on the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _answer(self, request: BaseHTTPRequestHandler) -> bytes:
        self.asked.append({name.lower(): value for name, value in request.headers.items()})
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
