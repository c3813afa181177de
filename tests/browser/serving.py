"""A real server in a thread of its own, on a real socket, with an engine that the test paces."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.request import Request, urlopen

import uvicorn

from tallylight.clock import Clock, SystemClock
from tallylight.engine.inline import InlineEngine
from tallylight.services import Services, open_services
from tallylight.settings import Settings
from tallylight.testing import PacedEngine
from tallylight.token_file import TokenFile
from tallylight.web.app import create_app

#: Seconds after which whoever waits has failed.
ALARM_S = 20.0


class Server:
    """Serves one root. `stop` and `start` may follow each other; address, data and root stay."""

    def __init__(self, folder: Path, *, port: int = 0, public_url: str | None = None) -> None:
        self.root = folder / "archive"
        self.root.mkdir()
        given: dict[str, Any] = {"public_url": public_url, "trusted_proxies": ("127.0.0.1",)}
        self._settings = Settings(roots=(self.root,), data=folder / "data", port=0, jobs=2, **given)
        self._file = TokenFile(folder / "data" / "token.json")
        #: What each request of the test's own shows; empty where no token is needed.
        self.token = self.rotate() if self._settings.needs_token else ""
        self._port = port
        self._running: _Running | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def engine(self) -> PacedEngine:
        assert self._running is not None, "the server is stopped"
        return self._running.engine

    def start(self, live: Literal["auto", "stream", "poll"] = "auto") -> None:
        """Return once requests are answered. `live` is the setting of that name."""
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        self._running = _Running(self._settings.model_copy(update={"live": live}), listener)

    def stop(self) -> None:
        """End all streams and return once the server is gone. Does nothing where it is."""
        if self._running is not None:
            self._running.stop()
            self._running = None

    def rotate(self) -> str:
        """Make another token, as `tallylight token --rotate` does."""
        self._file.path.parent.mkdir(exist_ok=True)
        self.token = self._file.rotate(SystemClock().now())[1]
        return self.token

    def until(self, condition: Callable[[], bool]) -> None:
        """Return once the condition holds; it asks the server, so each look takes a moment."""
        clock = SystemClock()
        alarm = clock.monotonic() + ALARM_S
        while not condition():
            assert clock.monotonic() < alarm, "it never came about"

    def get(self, path: str) -> dict[str, Any]:
        """The JSON that a GET answers."""
        with urlopen(Request(f"{self.url}{path}", headers=self._shown()), timeout=5) as response:
            body: dict[str, Any] = json.load(response)
            return body

    def begin(self) -> str:
        """Start a session over the whole root, as a script does. Returns its id."""
        body = json.dumps({"parameters": {"directory": str(self.root)}}).encode()
        headers = {"content-type": "application/json"} | self._shown()
        request = Request(f"{self.url}/api/ingest/process", body, headers)
        with urlopen(request, timeout=5) as response:
            session: str = json.load(response)["session_id"]
            return session

    def _shown(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"} if self.token else {}


class _Running:
    """One life of the server."""

    engine: PacedEngine
    _loop: asyncio.AbstractEventLoop

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._listener = listener
        self._services: Services | None = None
        self._ready = threading.Event()
        opening = partial(open_services, doing="serve", open_engine=self._open_engine, goes_on=True)
        app = create_app(settings, opening=opening, ready=self._note)
        # As the serve command has it: the doors judge what proxies say.
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2, proxy_headers=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()
        if not self._ready.wait(10):
            listener.close()
            raise AssertionError("the server did not start; its log says why")

    def stop(self) -> None:
        assert self._services is not None
        # As the serve command does: streams never end by themselves, and uvicorn would wait for them.
        self._loop.call_soon_threadsafe(self._services.hub.close)
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive(), "the server did not stop"
        self._listener.close()

    def _note(self, services: Services) -> None:
        self._services = services
        self._ready.set()

    @asynccontextmanager
    async def _open_engine(self, _settings: Settings, clock: Clock) -> AsyncIterator[PacedEngine]:
        async with InlineEngine(clock=clock) as engine:
            self._loop = asyncio.get_running_loop()
            self.engine = PacedEngine(engine)
            yield self.engine
