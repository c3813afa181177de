"""Measures live streams side by side: an ASGI floor, Tallylight, sse-starlette, fastapi.sse, nginx + nchan.

Each contender gets a server of its own on one core, the load client the other. See README.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from readme import machine, put
from stream_client import Client, Counted, compiled, connected
from stream_contenders import NAMES, Places, Running, find_nginx, install_sse_starlette, serving
from stream_process import resident, take_precedence, used
from stream_results import LOADS, Load, Measure, Results, table

FOLDER = Path(__file__).parent
MANY = 10_000
#: Readers have settled, and had their first heartbeat, after so long.
_SETTLES_S = 1.0
#: A server that fell behind gets so long to deliver the rest.
_DRAINS_WITHIN_S = 20.0
_QUIET_S = 0.5


def main() -> None:
    """Measure, print, and write stream.json."""
    options = _options()
    take_precedence()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        places = Places(folder, options.sse_starlette or install_sse_starlette(folder), find_nginx(options.nginx))
        results = _measure(options, places, compiled(folder))
    text = table(results)
    print(text)
    (FOLDER / "stream.json").write_text(json.dumps(results.as_json(), indent=2) + "\n")
    if options.readme:
        put("Latest streams", text)


def _measure(options: argparse.Namespace, places: Places, program: Path) -> Results:
    packages = ("uvicorn", "uvloop", "httptools", "fastapi")
    results = Results(
        date=datetime.now(UTC).date().isoformat(),
        machine=machine(),
        versions={"Python": platform.python_version(), **{name: version(name) for name in packages}},
        rounds=options.rounds,
        seconds=options.seconds,
    )
    results.missing = {name: why for name in options.only if (why := places.missing(name))}
    names = [name for name in options.only if name not in results.missing]
    for number in range(options.rounds):
        for name in names:
            for load in LOADS:
                measure = _one(name, load, options.seconds, places, program)
                results.add(name, load, measure)
                figures = f"{measure.cpu_us:.1f} µs, p99 {measure.p99_ms:.1f} ms, waited {measure.waited:.0%}"
                print(f"round {number + 1}: {name}, {load}: {figures}", flush=True)
    if "tallylight" in names and options.many:
        results.many = _stay(options.many, options.seconds, places, program)
    return results


def _one(name: str, load: Load, seconds: float, places: Places, program: Path) -> Measure:
    """Start a contender, connect the readers, publish, and see what they got and what it cost."""
    updates = round(load.rate * seconds)
    with serving(name, places) as server:
        empty = resident(server.pid)
        with connected(program, server.port, load.readers) as client:
            time.sleep(_SETTLES_S)
            idle = resident(server.pid) - empty
            client.reset()
            client_before = client.report().cpu_s
            before, start = used(server.pid), time.monotonic()
            server.publish(load.rate, updates)
            counted = _drained(client, load.readers * updates)
            spent, elapsed = used(server.pid).since(before), time.monotonic() - start
    return Measure(
        cpu_us=spent.cpu_s / max(1, counted.updates) * 1e6,
        busy=spent.cpu_s / elapsed,
        waited=spent.waited_s / elapsed,
        p50_ms=counted.p50_ms,
        p99_ms=counted.p99_ms,
        longest_ms=counted.longest_ms,
        published=updates,
        fewest=counted.fewest,
        most=counted.most,
        gone=counted.gone,
        idle_kb=idle / load.readers / 1024,
        client_busy=(counted.cpu_s - client_before) / elapsed,
    )


def _drained(client: Client, expected: int) -> Counted:
    """What was received once all of it is here, or nothing more comes."""
    counted, quiet_since = client.report(), time.monotonic()
    deadline = quiet_since + _DRAINS_WITHIN_S
    while counted.updates < expected and time.monotonic() < min(deadline, quiet_since + _QUIET_S):
        time.sleep(0.05)
        newer = client.report()
        if newer.updates != counted.updates:
            quiet_since = time.monotonic()
        counted = newer
    return counted


def _stay(readers: int, seconds: float, places: Places, program: Path) -> dict[str, Any]:
    """A crowd that connects, stays, and is told something once a second."""
    with serving("tallylight", places) as server:
        empty, start = resident(server.pid), time.monotonic()
        with connected(program, server.port, readers) as client:
            connected_in = time.monotonic() - start
            time.sleep(_SETTLES_S)
            idle = resident(server.pid) - empty
            client.reset()
            counted = _told(server, client, readers, round(seconds))
    return {
        "readers": readers,
        "connected_in_s": round(connected_in, 2),
        "seconds": seconds,
        "published": round(seconds),
        "fewest": counted.fewest,
        "most": counted.most,
        "gone": counted.gone,
        "p99_ms": counted.p99_ms,
        "idle_kb": round(idle / readers / 1024, 2),
    }


def _told(server: Running, client: Client, readers: int, updates: int) -> Counted:
    server.publish(1.0, updates)
    return _drained(client, readers * updates)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0, help="of publishing, for each contender and load")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--many", type=int, default=MANY, help="readers that connect and stay; 0 leaves it out")
    parser.add_argument("--sse-starlette", type=Path, help="a folder that has it; by default it is installed into one")
    parser.add_argument("--nginx", type=Path, default=Path("/usr"), help="the prefix of nginx and its nchan module")
    parser.add_argument("--readme", action="store_true", help="also put the tables into README.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
