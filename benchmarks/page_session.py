"""A session in motion on a real server, over files that an engine makes outcomes up for."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from server import Server, free_port, launched
from tallylight.db import open_database
from tallylight.facts import Processed
from tallylight.journal.sql import SqlJournal

_SERVER: Final = Path(__file__).with_name("page_server.py")
_FILES_IN_A_FOLDER: Final = 1_000


@dataclass(frozen=True, slots=True)
class Running:
    """A session, and the server that it runs on."""

    server: Server
    session_id: str
    database: Path

    @property
    def path(self) -> str:
        """Where the page shows it."""
        return f"/sessions/{self.session_id}"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.port}{self.path}"

    def status(self) -> dict[str, Any]:
        """Its newest message."""
        return self.server.status(self.session_id)

    def told(self) -> int:
        """Updates that readers of the server's streams got so far."""
        response = self.server.client.get("/api/ingest/stream-stats")
        response.raise_for_status()
        return int(response.json()["delivered"])

    def done(self) -> list[float]:
        """When each file had its outcome, in ms of wall time, in the order in which they are counted."""
        database = open_database(self.database)
        try:
            facts = SqlJournal(database).facts(self.session_id)
            return [fact.at * 1000 for _, fact in facts if isinstance(fact, Processed)]
        finally:
            database.close()


@contextmanager
def running(files: int, files_per_s: float) -> Iterator[Running]:
    """Begin a session over so many files on a server of its own, which stops with the context."""
    with tempfile.TemporaryDirectory(prefix="tallylight-page-") as temporary:
        root, data = Path(temporary) / "archive", Path(temporary) / "data"
        _make_files(root, files)
        port = free_port()
        command = [sys.executable, *map(str, (_SERVER, root, data, port, files_per_s))]
        with launched(command, port, Path(temporary) / "server.log") as server:
            yield Running(server, server.start(root), data / "tallylight.db")


def _make_files(root: Path, files: int) -> None:
    """Files with the names and sizes of generated pictures, and nothing in them: nobody opens them."""
    sizes = random.Random(files)
    for number in range(files):
        path = root / f"day_{number // _FILES_IN_A_FOLDER}" / f"gen_{number:06d}.png"
        if number % _FILES_IN_A_FOLDER == 0:
            path.parent.mkdir(parents=True)
        with path.open("wb") as file:
            file.truncate(sizes.randrange(800_000, 3_000_000))
