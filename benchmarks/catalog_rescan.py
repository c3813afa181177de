"""How long a rescan takes that finds nothing new, beside the bare walk of the same tree, and what memory it takes.

*Bare* goes through the folders with `scandir`, asks `stat` of each file and adds up sizes. *Rescan* is a whole session
with `skip_existing`, from its start to its end, with journal, catalog (SQLite) and record as they always are: the
catalog knows each file, by size and modification time. Only the engine does nothing, because nothing is to be done.
The files are empty, so that the disk holds them all, and the catalog's entries are those of the demo archive's
pictures. Both run in turn in one process of their own, after a first time that counts for neither.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, Final

import anyio

import catalog_files
from accounts import cpu_of, peak_of
from tallylight.catalog.sql import SqlCatalog
from tallylight.cli.draw import Drawer
from tallylight.cli.near import follow
from tallylight.clock import Clock
from tallylight.data_folder import DataFolder
from tallylight.db import open_database
from tallylight.engine import Engine, Verdict, WorkerOn
from tallylight.facts import Trouble
from tallylight.model import Json, Outcome, Parameters, Status
from tallylight.roots import escape
from tallylight.services import Services, open_services
from tallylight.settings import Settings

_COMMITTED: Final = 1000


@dataclass(slots=True)
class Rescanned:
    """Seconds and seconds of CPU, a round each."""

    files: int
    bare: list[float] = field(default_factory=list)
    rescan: list[float] = field(default_factory=list)
    bare_cpu: list[float] = field(default_factory=list)
    rescan_cpu: list[float] = field(default_factory=list)
    peak_mb: float = 0

    @property
    def of_bare(self) -> float:
        """How many times as long as the bare walk: the median of the rounds' own ratios."""
        return median(own / bare for own, bare in zip(self.rescan, self.bare, strict=True))


class Idle:
    """An engine that is never asked for anything."""

    jobs = 2

    async def run(self, function: Callable[[Any], Any], items: Sequence[Any]) -> list[Verdict[Any]]:
        raise SystemExit(f"{len(items)} files are not as the catalog knows them: {items[0]}")

    def working_on(self) -> list[WorkerOn]:
        return []

    async def aclose(self) -> None:
        pass


class Silent(Drawer):
    """A reader that shows nothing."""

    def message(self, message: Json) -> None:
        pass

    def failures(self, troubles: Sequence[Trouble]) -> None:
        pass

    def finish(self, message: Json) -> None:
        pass

    def close(self) -> None:
        pass


def measure(templates: Sequence[Outcome], files: int, rounds: int, scratch: Path) -> Rescanned:
    """Make the tree and the catalog, and run both ways in a process of their own."""
    folder, data = scratch / "tree", scratch / "data"
    make(folder, templates, files)
    fill(data, folder, templates, files)
    command = [sys.executable, __file__, str(folder), str(data), str(rounds)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Rescanned(**json.loads(answer.stdout))


def make(folder: Path, templates: Sequence[Outcome], files: int) -> None:
    """Empty files of the outcomes' names."""
    for outcome in catalog_files.outcomes(templates, files, str(folder)):
        path = folder / outcome.file
        if not path.parent.exists():
            path.parent.mkdir(parents=True)
        path.touch()


def fill(data: Path, folder: Path, templates: Sequence[Outcome], files: int) -> None:
    """Commit an outcome for each file, with the size and the time that it has."""
    with closing(open_database(DataFolder.at(data).database)) as database:
        catalog, found = SqlCatalog(database), _as_on_disk(folder, templates, files)
        while some := list(islice(found, _COMMITTED)):
            if refused := catalog.commit("s", catalog_files.items(some), 1.0):
                raise SystemExit(f"Refused: {refused[0]}")


def _as_on_disk(folder: Path, templates: Sequence[Outcome], files: int) -> Iterator[Outcome]:
    for outcome in catalog_files.outcomes(templates, files, str(folder)):
        found = (folder / outcome.file).stat()
        yield replace(outcome, bytes=found.st_size, mtime_ns=found.st_mtime_ns)


# --- in a process of its own --------------------------------------------------------------------------------------


def main() -> None:
    """Measure a tree and a data folder that are there; the answer is JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("rounds", type=int)
    asked = parser.parse_args()
    print(json.dumps(asdict(anyio.run(_measure, asked.folder, asked.data, asked.rounds))))


async def _measure(folder: Path, data: Path, rounds: int) -> Rescanned:
    settings = Settings(roots=(folder,), data=data)
    found = Rescanned(bare(str(folder)))
    async with open_services(settings, open_engine=_open_idle) as services:
        await _rescan(services, folder, found.files)
        for _ in range(rounds):
            began, cpu = time.perf_counter(), cpu_of()
            bare(str(folder))
            found.bare.append(time.perf_counter() - began)
            found.bare_cpu.append(cpu_of() - cpu)
            began, cpu = time.perf_counter(), cpu_of()
            await _rescan(services, folder, found.files)
            found.rescan.append(time.perf_counter() - began)
            found.rescan_cpu.append(cpu_of() - cpu)
    found.peak_mb = peak_of()
    return found


async def _rescan(services: Services, folder: Path, files: int) -> None:
    parameters = Parameters(directories=(escape(folder),), skip_existing=True)
    session = await services.supervisor.start(parameters)
    await follow(services, session.session_id, Silent())
    state = await services.state(session.session_id)
    if state.status is not Status.COMPLETED or state.unchanged != files:
        raise SystemExit(f"The rescan did not go well: {state}")


def bare(top: str) -> int:
    """Walk a tree and ask `stat` of each file; answers how many there are."""
    files, size, waiting = 0, 0, [top]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    size += entry.stat(follow_symlinks=False).st_size
                    files += 1
    return files


@asynccontextmanager
async def _open_idle(_settings: Settings, _clock: Clock) -> AsyncIterator[Engine]:
    yield Idle()


if __name__ == "__main__":
    main()
