"""Measures what a flood of updates from threads does to the event loop: how often it is woken, how long it is held."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from readme import machine, put
from stream_client import compiled, connected
from stream_process import SERVER_CORE, line_of, pinned, take_precedence

FOLDER = Path(__file__).parent
SERVER = FOLDER / "hub_server.py"
READERS = (0, 1, 100)
SLOTS_A_SECOND = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """One flood."""

    readers: int
    updates_a_second: float
    wakes_a_slot: float
    callbacks: int
    median_ms: float  #: processor time of one callback of the loop
    p99_ms: float
    longest_ms: float
    writes_a_second: float  #: to each reader, of four sessions each
    delay_p99_ms: float  #: publish to received


def main() -> None:
    """Measure, print, and write flood.json."""
    options = _options()
    take_precedence()
    with tempfile.TemporaryDirectory() as temporary:
        program = compiled(Path(temporary))
        floods = [_one(options, program, readers) for _ in range(options.rounds) for readers in READERS]
    date = datetime.now(UTC).date().isoformat()
    results = {"date": date, "machine": machine(), "floods": [asdict(flood) for flood in floods]}
    (FOLDER / "flood.json").write_text(json.dumps(results, indent=2) + "\n")
    text = _table(floods, f"{date}, {machine()}. Median of {options.rounds} floods of {options.seconds:g} s each.")
    print(text)
    if options.readme:
        put("Latest flood", text)


def _one(options: argparse.Namespace, program: Path, readers: int) -> Flood:
    command = [sys.executable, str(SERVER), *(["--profile"] if options.profile else [])]
    with pinned(SERVER_CORE, command) as server:
        port = int(line_of(server))
        if readers == 0:
            return _flood(readers, _told(options, port), 0.0)
        with connected(program, port, readers) as client:
            client.reset()
            told = _told(options, port)
            return _flood(readers, told, client.report().p99_ms)


def _told(options: argparse.Namespace, port: int) -> dict[str, Any]:
    query = {"rate": options.rate, "seconds": options.seconds}
    return dict(httpx.get(f"http://127.0.0.1:{port}/flood", params=query, timeout=60).json())


def _flood(readers: int, told: dict[str, Any], delay_p99_ms: float) -> Flood:
    spent, seconds = told["spent"], told["seconds"]
    return Flood(
        readers=readers,
        updates_a_second=told["published"] / seconds,
        # The first slot is at once.
        wakes_a_slot=told["wakes"] / (1 + seconds * SLOTS_A_SECOND),
        callbacks=len(spent),
        median_ms=statistics.median(spent) * 1e3,
        p99_ms=spent[len(spent) * 99 // 100] * 1e3,
        longest_ms=spent[-1] * 1e3,
        writes_a_second=told["delivered"] / max(1, readers) / 4 / seconds,
        delay_p99_ms=delay_p99_ms,
    )


def _table(floods: list[Flood], circumstances: str) -> str:
    head = ("updates/s", "wakes a slot", "callback p50 ms", "p99 ms", "longest ms", "writes/s to each", "delay p99 ms")
    rows = [f"| readers | {' | '.join(head)} |", f"| ---: |{' ---: |' * len(head)}"]
    for readers in READERS:
        those = [flood for flood in floods if flood.readers == readers]
        rows.append(f"| {readers} | {' | '.join(_cells(those))} |")
    return "\n\n".join([circumstances, "\n".join(rows)])


def _cells(floods: list[Flood]) -> list[str]:
    def median(name: str) -> float:
        return statistics.median(getattr(flood, name) for flood in floods)

    cells = [f"{median('updates_a_second'):,.0f}", f"{median('wakes_a_slot'):.2f}"]
    cells += [f"{median(name):.3f}" for name in ("median_ms", "p99_ms", "longest_ms")]
    told = floods[0].readers > 0
    return [*cells, *(f"{median(name):.1f}" if told else "–" for name in ("writes_a_second", "delay_p99_ms"))]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=100_000, help="updates a second, of four threads together")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each flood")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", action="store_true", help="also print what the loop's thread spent its time on")
    parser.add_argument("--readme", action="store_true", help="also put the table into README.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
