"""The whole application in this process: real routes, journal and extraction; no socket and no worker process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
from anyio import to_thread
from fastapi import FastAPI
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tallylight.clock import Clock
from tallylight.engine.inline import InlineEngine
from tallylight.model import Json
from tallylight.services import Services, open_services
from tallylight.settings import Settings
from tallylight.testing import PacedEngine, StreamProbe
from tallylight.web.app import create_app

#: Seconds after which a test that still waits has failed; far beyond what a busy machine needs.
ALARM = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A running application over `root`. Its engine is open unless the test asked for a paced one."""

    root: Path
    data: Path
    app: FastAPI
    services: Services
    engine: PacedEngine
    client: httpx.AsyncClient

    async def get(self, path: str, status: int = 200) -> Json:
        """The JSON of a GET that is answered with `status`."""
        answer = await self.client.get(path)
        assert answer.status_code == status, answer.text
        body: Json = answer.json()
        return body

    async def post(self, path: str, body: object = None, status: int = 200) -> Json:
        """The JSON of a POST that is answered with `status`."""
        answer = await (self.client.post(path) if body is None else self.client.post(path, json=body))
        assert answer.status_code == status, answer.text
        told: Json = answer.json()
        return told

    async def start(self, **parameters: object) -> str:
        """Start a session over the root; returns its id."""
        asked = {"directory": str(self.root), **parameters}
        session_id: str = (await self.post("/api/ingest/process", {"parameters": asked}))["session_id"]
        return session_id

    async def finished(self, session_id: str) -> Json:
        """Wait until a session is at rest; returns its message."""
        with anyio.fail_after(ALARM):
            await self.services.supervisor.finished(session_id)
        return await self.get(f"/api/ingest/status/{session_id}")

    async def run(self, **parameters: object) -> str:
        """A session over the root, from start to rest; returns its id."""
        session_id = await self.start(**parameters)
        await self.finished(session_id)
        return session_id

    async def commit(self, session_id: str) -> Json:
        """Commit a session and wait for it; returns its message."""
        await self.post("/api/ingest/commit", {"session_id": session_id})
        return await self.finished(session_id)

    async def items(self, session_id: str) -> list[Json]:
        """All outcomes of a session, at most 1,000."""
        found: list[Json] = (await self.get(f"/api/ingest/items/{session_id}?limit=1000"))["items"]
        return found

    @asynccontextmanager
    async def reading(
        self,
        path: str,
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        leave_by: str = "disconnect",
    ) -> AsyncIterator[StreamProbe]:
        """A client of a stream, connected while the context is open; the alarm rings if it waits for ever."""
        probe = StreamProbe(leave_by=leave_by)
        with anyio.fail_after(ALARM):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(probe.get, self.app, path, query=query, headers=headers))
                yield probe
                probe.leave()
                probe.resume()
                tasks.cancel_scope.cancel()

    async def read(
        self, path: str, *, query: str = "", headers: Mapping[str, str] | None = None, leave_by: str = "disconnect"
    ) -> StreamProbe:
        """A client that stays until the stream ends by itself."""
        probe = StreamProbe(leave_by=leave_by)
        with anyio.fail_after(ALARM):
            await probe.get(self.app, path, query=query, headers=headers)
        return probe


@asynccontextmanager
async def site(
    folder: Path, *, paced: bool = False, clock: Clock | None = None, **settings: Any
) -> AsyncIterator[Site]:
    """Open the application over `folder/root`, which is made if need be, with its data in `folder/data`."""
    root, data = folder / "root", folder / "data"
    await to_thread.run_sync(partial(root.mkdir, parents=True, exist_ok=True))
    engines: list[PacedEngine] = []

    @asynccontextmanager
    async def open_engine(_settings: Settings, clock: Clock) -> AsyncIterator[PacedEngine]:
        async with InlineEngine(clock=clock) as inner:
            engines.append(PacedEngine(inner))
            if not paced:
                engines[0].open()
            yield engines[0]

    opening = partial(open_services, doing="serve", open_engine=open_engine, clock=clock, goes_on=True)
    app = await to_thread.run_sync(partial(create_app, Settings(roots=(root,), data=data, **settings), opening=opening))
    async with app.router.lifespan_context(app):
        # raise_app_exceptions=False: what the application does not answer itself must look as it does on a socket.
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8710") as client:
            yield Site(root=root, data=data, app=app, services=app.state.services, engine=engines[0], client=client)


def paint(folder: Path, count: int, *, first: int = 0) -> list[Path]:
    """Small pictures that differ, each with a prompt."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"picture_{number:03}.png" for number in range(first, first + count)]
    for number, path in enumerate(paths, start=first):
        texts = PngInfo()
        texts.add_text("parameters", f"a lighthouse, night, number {number}\nSteps: 20, Seed: {number}, Size: 8x8")
        Image.new("RGB", (8, 8), (number % 256, number // 256, 90)).save(path, pnginfo=texts)
    return paths


def spoil(path: Path) -> Path:
    """A file of a wanted type that can never be read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def problem(answer: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """The body of an answer, which must be an RFC 9457 problem of this status with a sentence for people."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert {"type", "title", "detail", "code"} <= body.keys()
    assert len(body["detail"]) > 10
    assert body["detail"].rstrip()[-1] in ".?!"
    assert "Traceback" not in answer.text
    if code is not None:
        assert body["code"] == code
    return body
