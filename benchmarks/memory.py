"""How much memory the main process takes for 10,000 files and for 1,000,000: prints a table and writes one JSON.

    ./scripts/bench memory [--files 10000 1000000] [--json FILE] [--readme]

The files are real and empty, and so are the walk and the journal real; the engine is not: it answers at once, with
outcomes as a generated picture gives them. It begins when all files are counted, so that every candidate waits in the
queue at the same time, which is the worst there is. Each count is measured in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import anyio

from accounts import cpu_of, peak_of
from readme import machine, put
from tallylight.cli.draw import Drawer
from tallylight.cli.near import follow
from tallylight.clock import Clock
from tallylight.engine import Done, Engine, Verdict, WorkerOn
from tallylight.facts import Trouble
from tallylight.model import Candidate, Json, Outcome, OutcomeKind, Parameters
from tallylight.roots import escape
from tallylight.services import open_services
from tallylight.settings import Settings

_LATEST: Final = Path(__file__).with_name("memory.json")
_HEADING: Final = "Latest memory"
_IN_A_FOLDER: Final = 1000
#: What a million files may add: SQLite's page cache, which 10,000 do not fill (32 MB), and as much again for the rest.
_MOST_GROWTH_MB: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one session took of its process."""

    files: int
    seconds: float
    cpu_us: float  #: of the main process, a file
    counted_mb: float  #: peak of resident memory when all were counted and none was done
    peak_mb: float


class Synthetic:
    """An engine that answers at once, once it is let."""

    jobs = 2

    def __init__(self) -> None:
        self.opened = anyio.Event()

    async def run(self, function: Callable[[Any], Any], items: Sequence[Any]) -> list[Verdict[Any]]:
        del function
        await self.opened.wait()
        return [Done(_outcome(item)) for item in items]

    def working_on(self) -> list[WorkerOn]:
        return []

    async def aclose(self) -> None:
        self.opened.set()


class Watcher(Drawer):
    """A reader of the session, which lets the engine begin once all files are counted."""

    def __init__(self, engine: Synthetic) -> None:
        self._engine = engine
        self.counted_mb = 0.0

    def message(self, message: Json) -> None:
        if message["total_final"] and not self.counted_mb:
            self.counted_mb = peak_of()
            self._engine.opened.set()

    def failures(self, troubles: Sequence[Trouble]) -> None:
        pass

    def finish(self, message: Json) -> None:
        pass

    def close(self) -> None:
        pass


def main() -> None:
    """Parse the command line; measure each count in a process of its own, or just the one that is asked for."""
    asked = _arguments()
    if asked.one:
        print(json.dumps(asdict(anyio.run(_measure, asked.one, asked.folder))))
        return
    with tempfile.TemporaryDirectory(prefix="tallylight-memory-") as scratch:
        taken = [_apart(files, Path(scratch)) for files in sorted(asked.files)]
    text = _table(taken)
    print(text)
    asked.json.write_text(json.dumps([asdict(one) for one in taken], indent=2) + "\n")
    if asked.readme:
        put(_HEADING, text)


def _apart(files: int, scratch: Path) -> Taken:
    folder = scratch / str(files)
    _say(f"Making {files:,} files …")
    _make(folder, files)
    _say("Measuring …")
    command = [sys.executable, __file__, "--one", str(files), "--folder", str(folder)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return Taken(**json.loads(answer.stdout))


def _make(folder: Path, files: int) -> None:
    for number in range(files):
        if number % _IN_A_FOLDER == 0:
            inside = folder / f"day_{number // _IN_A_FOLDER:04}"
            inside.mkdir(parents=True)
        (inside / f"gen_{number:08}.png").touch()


async def _measure(files: int, folder: Path) -> Taken:
    engine = Synthetic()

    @asynccontextmanager
    async def open_engine(_settings: Settings, _clock: Clock) -> AsyncIterator[Engine]:
        yield engine

    with tempfile.TemporaryDirectory(prefix="tallylight-memory-") as data:
        settings = Settings(roots=(folder,), data=Path(data))
        async with open_services(settings, open_engine=open_engine) as services:
            began, cpu, watcher = time.monotonic(), cpu_of(), Watcher(engine)
            session = await services.supervisor.start(Parameters(directories=(escape(folder),)))
            message = await follow(services, session.session_id, watcher)
            if message["processed_files"] != files:
                raise SystemExit(f"{files} files did not go well: {message}")
            return Taken(
                files=files,
                seconds=time.monotonic() - began,
                cpu_us=(cpu_of() - cpu) / files * 1e6,
                counted_mb=watcher.counted_mb,
                peak_mb=peak_of(),
            )


def _outcome(candidate: Candidate) -> Outcome:
    words = ("a cat", "on a mat", "soft light", "masterpiece", "square", "1024x1024")
    return Outcome(
        root=candidate.root,
        file=candidate.file,
        kind=OutcomeKind.EXTRACTED,
        ms=0.3,
        media={"type": "image", "format": "png", "width": 1024, "height": 1024, "mode": "RGB", "has_alpha": False},
        generation={"generator": "a1111", "prompt": ", ".join(words[:4]), "steps": 20, "seed": 12, "cfg_scale": 7.0},
        keywords=tuple({"text": word, "weight": 1.0, "source": "prompt"} for word in words),
    )


def _table(taken: Sequence[Taken]) -> str:
    least, most = taken[0], taken[-1]
    growth = most.peak_mb - least.peak_mb
    rows = [
        f"| {one.files:,} | {one.counted_mb:,.1f} | {one.peak_mb:,.1f} | {one.cpu_us:,.0f} | {one.seconds:,.1f} |"
        for one in taken
    ]
    what = f"MB more for {most.files:,} files than for {least.files:,}"
    verdict = "met" if growth <= _MOST_GROWTH_MB else "**missed**"
    return "\n".join(
        (
            f"{datetime.now(UTC):%Y-%m-%d}, {machine()}.",
            "",
            "| files | peak MB when all were counted | peak MB | main CPU µs/file | s |",
            "| ---: | ---: | ---: | ---: | ---: |",
            *rows,
            "",
            "| target | wanted | found | |",
            "| --- | ---: | ---: | --- |",
            f"| {what} | ≤ {_MOST_GROWTH_MB} | {growth:.1f} | {verdict} |",
        )
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how much memory the main process takes.")
    parser.add_argument("--files", type=int, nargs="+", default=[10_000, 1_000_000], help="how many (default both)")
    parser.add_argument("--json", type=Path, default=_LATEST, help="where the JSON goes (default: memory.json)")
    parser.add_argument("--readme", action="store_true", help="write the table to README.md too")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
