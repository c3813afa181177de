"""A client of streams through a proxy: HTTP/2 where the proxy speaks it, and when each event arrived."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx
from tests.proxies import Proxy
from tests.serving import ALARM, Server

from tallylight.clock import SystemClock
from tallylight.live import Event, Parser
from tallylight.model import Json


@dataclass
class Arrivals:
    """What one connection, or several after each other, brought: each event with its time of arrival."""

    events: list[tuple[float, Event]] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)  #: status and HTTP version of each connection
    headers: Mapping[str, str] = field(default_factory=dict)
    moved: threading.Condition = field(default_factory=threading.Condition)

    @property
    def names(self) -> list[str]:
        return [event.name for _, event in self.events]

    @property
    def states(self) -> list[Json]:
        return [json.loads(event.data) for _, event in self.events if event.name == "message"]

    def lags(self) -> list[float]:
        """Seconds from the fact that an event tells to its arrival, of the whole states."""
        return [at - json.loads(event.data)["t"] for at, event in self.events if event.name == "message"]

    def outcomes(self) -> list[str]:
        """The files of all outcomes, in order."""
        told = [json.loads(event.data) for _, event in self.events if event.name == "outcomes"]
        return [item["file"] for lot in told for item in lot["items"]]


class Follower:
    """Reads a stream in a thread until `end`, comes back with the last id where it breaks, and gives up never."""

    def __init__(self, server: Server, proxy: Proxy, path: str, headers: Mapping[str, str] | None = None) -> None:
        self.arrivals = Arrivals()
        self.is_over = False
        self.trouble: BaseException | None = None
        self._headers = server.headers() | {"Accept": "text/event-stream"} | dict(headers or {})
        self._url = proxy.url + path
        self._trust: ssl.SSLContext = proxy.trust()
        self._left = threading.Event()
        self._answer: httpx.Response | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        if kind is None and self.trouble is not None:
            raise self.trouble

    def until(self, met: Callable[[Arrivals], object]) -> Arrivals:
        """Wait until what arrived meets a condition."""
        with self.arrivals.moved:
            happened = self.arrivals.moved.wait_for(lambda: self.trouble or met(self.arrivals), ALARM)
            if self.trouble is not None:
                raise self.trouble
            assert happened, f"the alarm rang; {self.arrivals.answers}, {self.arrivals.names[-5:]}"
            return self.arrivals

    def _run(self) -> None:
        parser = Parser()
        try:
            while not self._left.is_set() and not self.is_over:
                self._connect(parser)
                self._left.wait(0.1)
        except BaseException as error:  # noqa: BLE001 (told by whoever waits)
            self.trouble = error
        with self.arrivals.moved:
            self.arrivals.moved.notify_all()

    def _connect(self, parser: Parser) -> None:
        position = {"Last-Event-ID": parser.last_event_id} if parser.last_event_id else {}
        try:
            with (
                httpx.Client(http2=True, verify=self._trust, timeout=ALARM) as client,
                client.stream("GET", self._url, headers=self._headers | position) as answer,
            ):
                self._note(answer)
                if answer.status_code == 204:
                    self.is_over = True
                elif answer.status_code == 200:
                    self._read(answer, parser)
        except (httpx.TransportError, OSError):
            # The proxy or the server is away, or went away: the next one goes on.
            return

    def _note(self, answer: httpx.Response) -> None:
        with self.arrivals.moved:
            self.arrivals.answers.append((answer.status_code, answer.http_version))
            self.arrivals.headers = answer.headers
            self.arrivals.moved.notify_all()

    def _read(self, answer: httpx.Response, parser: Parser) -> None:
        for chunk in answer.iter_bytes():
            found = parser.feed(chunk)
            now = SystemClock().now()
            with self.arrivals.moved:
                self.arrivals.events += [(now, event) for event in found]
                self.is_over = self.is_over or any(event.name == "end" for event in found)
                self.arrivals.moved.notify_all()
            if self._left.is_set():
                return
