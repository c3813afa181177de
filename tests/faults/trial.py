"""One fault under one seed: the folders it strikes, the database, and what an undisturbed run makes of the same."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import anyio
from tests import databases
from tests.faults import oracle
from tests.faults.corpus import EARLY, Corpus, build, rewrite
from tests.faults.tripwire import Moment, Point, Watcher
from tests.serving import Server

from tallylight.clock import Clock
from tallylight.engine.inline import InlineEngine
from tallylight.model import Json, Parameters
from tallylight.services import open_services
from tallylight.settings import Settings

REPOSITORY: Final = Path(__file__).resolve().parents[2]
#: How a session's stages show in the database, and what a row is there.
WRITES: Final = {
    "discover": ("INSERT INTO hauls", "stretch"),
    "process": ("INSERT INTO outcomes ", "outcome"),
    "commit": ("INSERT INTO (media|replaced) ", "catalog row"),
    "undo": ("DELETE FROM (media|replaced) ", "step"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A row of the table: what a trial did, and what people were told."""

    fault: str
    where: str
    database: str
    seed: int
    message: str  #: the sentence about it; empty where there was nothing to say
    end: str  #: how it came to its right end


class Armed(Server):
    """A server that stops at a moment and waits there, where it is given one."""

    def __init__(
        self,
        trial: Trial,
        watcher: Watcher | None = None,
        *,
        prefix: Sequence[str] = (),
        jobs: int = 2,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(trial.corpus.root, trial.data, jobs=jobs, prefix=prefix)
        self._watcher = watcher
        self._database = trial.database
        self._extra = extra or {}

    def command(self) -> list[str]:
        program, *arguments = super().command()
        return [*(self._watcher.command if self._watcher else [program]), *arguments]

    def environment(self) -> dict[str, str]:
        path = os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH", ""))))
        database = {"TALLYLIGHT_DATABASE": self._database} if self._database else {}
        return {"PYTHONPATH": path, **database, **self._extra}

    def disarm(self, extra: Mapping[str, str] | None = None) -> None:
        """From the next start on it is a server like any other, in this environment."""
        self._watcher = None
        self._extra = extra or {}


@dataclass(kw_only=True)
class Trial:
    """What a fault is given."""

    fault: str
    seed: int
    folder: Path
    kind: str  #: of the database
    database: str  #: its URL; empty where it lies in the data folder
    corpus: Corpus
    before: oracle.Catalog  #: the catalog that the session begins with, exactly
    after: oracle.Catalog  #: the one that its undisturbed twin left
    rng: Random = field(default_factory=Random)
    seen_at: Path | None = None  #: where this process sees the data folder, if not at its own path
    blind: frozenset[str] = frozenset()  #: columns of the catalog that the fault may change

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def address(self) -> str:
        """Where the database can be read."""
        if self.database or self.seen_at is None:
            return self.database or str(self.data / "tallylight.db")
        # SQLite resolves the links in a path, and this one's way into another process's mounts is such a link.
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for path in self.seen_at.glob("tallylight.db*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, copy)
        return str(copy / "tallylight.db")

    def moment(self, stage: str) -> Moment:
        """Some moment of a stage, as the seed wants it."""
        most = {
            "discover": 3,
            "process": self.corpus.left,
            "commit": 2 * self.corpus.good,
            "undo": 4,
        }[stage]
        pattern, what = WRITES[stage]
        count, point = self.rng.randint(1, most), self.rng.choice(list(Point))
        return Moment(pattern=pattern, count=count, point=point, what=what)

    def catalog(self, *, exactly: bool = False) -> oracle.Catalog:
        return oracle.catalog(self.address, exactly=exactly, blind=self.blind)

    @property
    def expected(self) -> oracle.Catalog:
        """What its undisturbed twin left, as far as the fault may not change it."""
        return {
            path: {name: value for name, value in row.items() if name not in self.blind}
            for path, row in self.after.items()
        }

    def shown(self, where: object, message: str, end: str) -> Shown:
        return Shown(fault=self.fault, where=str(where), database=self.kind, seed=self.seed, message=message, end=end)

    def conclude(self, server: Server, session_id: str, *, missing: int = 0) -> None:
        """From wherever the session rests now, on to a commit, a second one and an undo; each with what must hold."""
        oracle.accounted(self.address, session_id, self.corpus, missing=missing)
        status = server.get(f"/api/ingest/status/{session_id}")["status"]
        if status == "undone":
            assert oracle.catalog(self.address, exactly=True) == self.before, "the undo left something behind"
        if status != "committed":
            assert status in {"completed", "undone"}, status
            commit(server, session_id)
        assert self.catalog() == self.expected, "the catalog is not that of an undisturbed run"
        commit(server, session_id)
        assert self.catalog() == self.expected, "the second commit changed something"
        server.post(f"/api/ingest/undo/{session_id}")
        assert server.finished(session_id)["status"] == "undone"
        assert oracle.catalog(self.address, exactly=True) == self.before, "the undo left something behind"
        oracle.sound(self.address)
        server.stop()
        assert server.exit_status == 0
        oracle.tidy(self.seen_at or self.data)


def commit(server: Server, session_id: str) -> Json:
    """Commit a session and wait for it."""
    if server.post("/api/ingest/commit", {"session_id": session_id})["status"] == "committed":
        return dict(server.get(f"/api/ingest/status/{session_id}"))
    message = server.finished(session_id)
    assert (message["status"], message["commit"]["errors"]) == ("committed", 0)
    return message


@contextmanager
def trial(fault: str, seed: int, folder: Path, kind: str, *, database: str | None = None) -> Iterator[Trial]:
    """Set one up. `kind` is that of the database; `database` the URL of one that is there already."""
    corpus = build(folder / "root", seed)
    data, twin = folder / "data", folder / "twin"
    with ExitStack() as stack:
        address = database or ("" if kind == "sqlite" else stack.enter_context(databases.address(kind, folder)))
        ingest(corpus.root, twin, pattern=EARLY)
        if address:
            ingest(corpus.root, data, pattern=EARLY, database=address)
        else:
            shutil.copytree(twin, data)
        before = oracle.catalog(address or str(data / "tallylight.db"), exactly=True)
        rewrite(corpus)
        ingest(corpus.root, twin)
        after = oracle.catalog(str(twin / "tallylight.db"))
        assert len(after) == len(corpus.names) - len(corpus.bad)
        yield Trial(
            fault=fault,
            seed=seed,
            folder=folder,
            kind=kind,
            database=address,
            corpus=corpus,
            before=before,
            after=after,
            rng=Random(f"{fault} {seed}"),
        )


def ingest(root: Path, data: Path, *, pattern: str = "", database: str = "") -> None:
    """A whole session with its commit, in this process, undisturbed."""
    settings = Settings(roots=(root,), data=data, database=database or None)

    async def session() -> None:
        async with open_services(settings, open_engine=_inline) as services:
            supervisor = services.supervisor
            started = await supervisor.start(Parameters(directories=services.roots.folders, pattern=pattern))
            await supervisor.finished(started.session_id)
            await supervisor.commit(started.session_id)
            await supervisor.finished(started.session_id)

    anyio.run(session)


@asynccontextmanager
async def _inline(_settings: Settings, clock: Clock) -> AsyncIterator[InlineEngine]:
    async with InlineEngine(clock=clock) as engine:
        yield engine
