"""How fast Tallylight ingests, and how soon it tells: prints one table and writes one JSON.

    ./scripts/bench [--files 2000] [--corpus DIR] [--jobs N] [--json FILE]

Everything goes through a real server over real HTTP, on files that the page cache already holds. Files a second are
counted from the POST to the final message of a reader; a latency is the time from a fact (a file got its outcome) to
the moment a reader has the first message that includes it. Server, workers and readers share the same cores.
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
from pathlib import Path
from typing import Final

import corpus
import floor
import readers
from results import Latency, Results, table
from server import Server, running
from tallylight.db import open_database
from tallylight.journal.sql import SqlJournal

_LATEST: Final = Path(__file__).with_name("latest.json")


def main() -> None:
    """Parse the command line, measure, report."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="tallylight-bench-") as scratch:
        folder = asked.corpus or Path(scratch) / "corpus"
        _say(f"Building {asked.files:,} files in {folder} …")
        built = corpus.build(folder, asked.files)
        results = Results(machine=_machine(), files=built, jobs=asked.jobs)
        _measure(results, folder, Path(scratch) / "data", asked.latency_files)
    print(table(results))
    asked.json.write_text(json.dumps(results.as_json(), indent=2) + "\n")


def _measure(results: Results, folder: Path, data: Path, latency_files: int) -> None:
    paths = corpus.paths(folder)
    _warm_page_cache(paths)
    with running(folder, data, results.jobs) as server:
        # On both sides of what it is compared with: a machine that grows slower meanwhile would flatter or blame it.
        results.floors.append(_floor(paths, results.jobs))
        results.full = _rate(server, folder, "full", "full tier", commit=True)
        results.floors.append(_floor(paths, results.jobs))
        results.rescan = _rate(server, folder, "full", "no-change rescan", skip_existing=True)
        results.metadata = _rate(server, folder, "metadata", "metadata tier")
        results.first_progress_ms = [_first_progress(server, folder) for _ in range(5)]
        heard = {count: _heard(server, folder, count, latency_files) for count in (1, 100)}
    results.latencies = list(_latencies(data / "tallylight.db", heard))


def _floor(paths: Sequence[Path], jobs: int) -> float:
    _say("Floor …")
    return floor.measure(paths, jobs)


def _rate(
    server: Server, folder: Path, tier: str, what: str, *, skip_existing: bool = False, commit: bool = False
) -> float:
    """Files per second from POST to final message; with `commit`, the session is committed afterwards."""
    _say(f"{what.capitalize()} …")
    started = time.time()
    session_id = server.start(folder, tier=tier, skip_existing=skip_existing)
    last = asyncio.run(readers.follow_all(server.port, session_id, 1))[0][-1]
    stats = last.message["stats"]
    if last.message["status"] != "completed" or stats["errors"]:
        raise SystemExit(f"The session did not go well: {last.data!r}")
    if commit:
        server.commit(session_id)
        asyncio.run(readers.follow_all(server.port, session_id, 1))
    return float(stats["total_discovered"]) / (last.at - started)


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


def _machine() -> str:
    system = (
        platform.freedesktop_os_release().get("PRETTY_NAME", "") if sys.platform == "linux" else platform.platform()
    )
    return f"{os.cpu_count()} {platform.machine()} cores, {system}, Python {platform.python_version()}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how fast Tallylight ingests and how soon it tells.")
    parser.add_argument("--files", type=int, default=2000, help="how many files (default 2000)")
    parser.add_argument("--latency-files", type=int, default=400, help="files of each latency run (default 400)")
    parser.add_argument("--corpus", type=Path, help="keep the files here for the next time")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="worker processes (default: one a core)")
    parser.add_argument(
        "--json", type=Path, default=_LATEST, help="where the JSON goes (default: benchmarks/latest.json)"
    )
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
