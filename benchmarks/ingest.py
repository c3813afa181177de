"""How fast Tallylight ingests, and how soon it tells: prints one table and writes one JSON.

    ./scripts/bench [--files 2000] [--corpus DIR] [--jobs N] [--json FILE] [--readme] [--quick]

Everything goes through a real server over real HTTP, on files that the page cache already holds. Files a second are
counted from the POST to the final message of a reader; a latency is the time from a fact (a file got its outcome) to
the moment a reader has the first message that includes it. Server, workers and readers share the same cores. CPU and
memory are what the kernel says of the server's process and of its workers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import corpus
import floor
import readers
from accounts import cpu_of, descendants, peak_of
from readme import machine, put
from results import Latency, Results, Run, table
from server import Server, running
from tallylight.db import open_database
from tallylight.journal.sql import SqlJournal

_LATEST: Final = Path(__file__).with_name("latest.json")
_HEADING: Final = "Latest"
#: Sessions of tier metadata: one takes less than a second, and the kernel counts CPU in hundredths of it.
_ROUNDS: Final = 3
#: Of a run that shows that it works: nothing of it is kept.
_QUICK: Final = {"files": 60, "latency_files": 20}


def main() -> None:
    """Parse the command line, measure, report."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="tallylight-bench-") as scratch:
        folder = asked.corpus or Path(scratch) / "corpus"
        _say(f"Building {asked.files:,} files in {folder} …")
        built = corpus.build(folder, asked.files)
        versions = f"{machine()}; Python {platform.python_version()}"
        results = Results(date=f"{datetime.now(UTC):%Y-%m-%d}", machine=versions, files=built, jobs=asked.jobs)
        _measure(results, folder, Path(scratch) / "data", asked.latency_files)
    print(table(results))
    if asked.quick:
        return
    asked.json.write_text(json.dumps(results.as_json(), indent=2) + "\n")
    if asked.readme:
        put(_HEADING, table(results))


def _measure(results: Results, folder: Path, data: Path, latency_files: int) -> None:
    paths = corpus.paths(folder)
    _warm_page_cache(paths)
    with running(folder, data, results.jobs) as server:
        # On both sides of what it is compared with: a machine that grows slower meanwhile would flatter or blame it.
        results.floors.append(_floor(floor.handle, paths, results.jobs, chunk=8))
        results.full = _run(server, folder, "full", "full tier", commit=True)
        results.floors.append(_floor(floor.handle, paths, results.jobs, chunk=8))
        results.rescan = _run(server, folder, "full", "no-change rescan", skip_existing=True)
        results.header_floors.append(_floor(floor.header, paths, results.jobs, chunk=64))
        results.metadata = [_run(server, folder, "metadata", "metadata tier") for _ in range(_ROUNDS)]
        results.header_floors.append(_floor(floor.header, paths, results.jobs, chunk=64))
        results.main_mb = peak_of(server.pid)
        results.worker_mb = max(map(peak_of, descendants(server.pid)))
        results.first_progress_ms = [_first_progress(server, folder) for _ in range(5)]
        heard = {count: _heard(server, folder, count, latency_files) for count in (1, 100)}
    results.latencies = list(_latencies(data / "tallylight.db", heard))


def _floor(least: floor.Least, paths: Sequence[Path], jobs: int, chunk: int) -> float:
    _say("Floor …")
    return floor.measure(least, paths, jobs, chunk)


def _run(
    server: Server, folder: Path, tier: str, what: str, *, skip_existing: bool = False, commit: bool = False
) -> Run:
    """One session, from POST to final message; with `commit`, it is committed afterwards."""
    _say(f"{what.capitalize()} …")
    workers = descendants(server.pid)
    spent, spent_by_workers, started = cpu_of(server.pid), sum(map(cpu_of, workers)), time.time()
    session_id = server.start(folder, tier=tier, skip_existing=skip_existing)
    last = asyncio.run(readers.follow_all(server.port, session_id, 1))[0][-1]
    stats = last.message["stats"]
    if last.message["status"] != "completed" or stats["errors"]:
        raise SystemExit(f"The session did not go well: {last.data!r}")
    files = stats["total_discovered"]
    run = Run(
        files_per_s=files / (last.at - started),
        main_us=(cpu_of(server.pid) - spent) / files * 1e6,
        workers_us=(sum(map(cpu_of, workers)) - spent_by_workers) / files * 1e6,
    )
    if commit:
        server.commit(session_id)
        asyncio.run(readers.follow_all(server.port, session_id, 1))
    return run


def _first_progress(server: Server, folder: Path) -> float:
    """Milliseconds from POST to the first message with a processed file."""
    started = time.time()
    session_id = server.start(folder, skip_existing=False, max_files=24)
    reached = asyncio.run(readers.first_progress(server.port, session_id))
    asyncio.run(readers.follow_all(server.port, session_id, 1))
    return (reached - started) * 1000


def _heard(server: Server, folder: Path, count: int, files: int) -> tuple[str, list[list[readers.Received]]]:
    _say(f"Latency with {count} reader{'s' * (count > 1)} …")
    session_id = server.start(folder, skip_existing=False, max_files=files)
    return session_id, asyncio.run(readers.follow_all(server.port, session_id, count))


def _latencies(database_path: Path, heard: dict[int, tuple[str, list[list[readers.Received]]]]) -> Iterable[Latency]:
    """The journal knows when each fact happened; each reader, when it had the first message that includes it."""
    database = open_database(database_path)
    try:
        journal = SqlJournal(database)
        for count, (session_id, everyone) in heard.items():
            happened = {seq: fact.at for seq, fact in journal.facts(session_id)}
            yield Latency.of(count, [delay for one in everyone for delay in _delays(one, happened)])
    finally:
        database.close()


def _delays(received: Sequence[readers.Received], happened: dict[int, float]) -> Iterable[float]:
    known = received[0].seq  # what had happened before this reader came is no latency
    for message in received[1:]:
        for seq in range(known + 1, message.seq + 1):
            yield (message.at - happened[seq]) * 1000
        known = max(known, message.seq)


def _warm_page_cache(paths: Iterable[Path]) -> None:
    for path in paths:
        path.read_bytes()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how fast Tallylight ingests and how soon it tells.")
    parser.add_argument("--files", type=int, default=2000, help="how many files (default 2000)")
    parser.add_argument("--latency-files", type=int, default=400, help="files of each latency run (default 400)")
    parser.add_argument("--corpus", type=Path, help="keep the files here for the next time")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="worker processes (default: one a core)")
    parser.add_argument(
        "--json", type=Path, default=_LATEST, help="where the JSON goes (default: benchmarks/latest.json)"
    )
    parser.add_argument("--readme", action="store_true", help="write the tables to README.md too")
    parser.add_argument("--quick", action="store_true", help="a few files, to see that it works: nothing is kept")
    asked = parser.parse_args()
    if asked.quick:
        vars(asked).update(_QUICK)
    return asked


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
