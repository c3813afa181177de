"""Measures what readers that take nothing cost: real `curl`s, stopped by SIGSTOP, beside a crowd that reads."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx

from readme import machine, put
from stream_client import Client, compiled, connected
from stream_process import CLIENT_CORE, SERVER_CORE, line_of, pinned, resident, take_precedence

FOLDER = Path(__file__).parent
SERVER = FOLDER / "hub_server.py"
#: Curls that are stopped, in the order of one round.
PHASES: Final = (0, 1, 0, 50)
#: Enough to fill the buffers of a connection, at 7 KB an update: half a megabyte.
_FILL_RATE, _FILL_S = 20.0, 4.0
_SETTLES_S = 0.3
_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """The crowd beside so many curls that are stopped."""

    stopped: int
    p50_ms: float  #: publish to received, of the crowd
    p99_ms: float
    fewest: int  #: updates of the reader of the crowd that got the fewest
    published: int
    server_kb: float = 0.0  #: resident memory of the server for each that is stopped
    queued_kb: float = 0.0  #: in the kernel for each, on the server's side
    unread_kb: float = 0.0  #: on the client's side


@dataclass(frozen=True, slots=True)
class Aborted:
    """How stopped curls ended."""

    after_s: float  #: the first, from SIGSTOP
    all_after_s: float
    exit_status: int  #: of one that was let go on
    behind: int  #: updates that lay between the first state of one that came again and the newest


class Server:
    """The hub's server, and the few requests that are made of it."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self.port = port
        self.url = f"http://127.0.0.1:{port}/"

    def publish(self, rate: float, seconds: float) -> dict[str, Any]:
        query = {"rate": rate, "seconds": seconds}
        return dict(httpx.get(f"{self.url}publish", params=query, timeout=seconds + 60).json())

    def stalled(self) -> int:
        """How many were dropped since they took nothing."""
        return int(httpx.get(f"{self.url}stats", timeout=60).json()["ended"]["stalled"])


def main() -> None:
    """Measure, print, and write stalled.json."""
    options = _options()
    if missing := [name for name in ("curl", "ss") if shutil.which(name) is None]:
        raise SystemExit(f"Needed and not installed: {', '.join(missing)}.")
    take_precedence()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        program = compiled(folder)
        with pinned(SERVER_CORE, [sys.executable, str(SERVER)]) as process:
            server = Server(process.pid, int(line_of(process)))
            with connected(program, server.port, options.readers) as client:
                server.publish(_FILL_RATE, 1.0)
                order = PHASES * options.rounds
                phases = [_phase(server, client, stopped, options, folder) for stopped in order]
            aborted = _aborted(server, folder)
    date = datetime.now(UTC).date().isoformat()
    results = {"date": date, "machine": machine(), "phases": list(map(asdict, phases)), "aborted": asdict(aborted)}
    (FOLDER / "stalled.json").write_text(json.dumps(results, indent=2) + "\n")
    circumstances = (
        f"{date}, {machine()}. {options.readers} readers of eight sessions at {options.rate:g}/s; median of "
        f"{options.rounds} rounds, {options.seconds:g} s each phase."
    )
    text = "\n\n".join([circumstances, _table(phases), _told(aborted)])
    print(text)
    if options.readme:
        put("Latest stalled", text)


def _phase(server: Server, client: Client, stopped: int, options: argparse.Namespace, folder: Path) -> Phase:
    empty = resident(server.pid)
    with _stopped_curls(server, stopped, folder):
        if stopped:
            server.publish(_FILL_RATE, _FILL_S)
        time.sleep(_SETTLES_S)
        client.reset()
        published = server.publish(options.rate, options.seconds)["published"]
        time.sleep(_SETTLES_S)
        counted = client.report()
        each = 1024 * max(1, stopped)
        phase = Phase(
            stopped=stopped,
            p50_ms=counted.p50_ms,
            p99_ms=counted.p99_ms,
            fewest=counted.fewest,
            published=published,
            server_kb=(resident(server.pid) - empty) / each if stopped else 0.0,
            queued_kb=_queued("sport", server.port, "w") / each,
            unread_kb=_queued("dport", server.port, "r") / each,
        )
    print(f"{stopped} stopped: p99 {phase.p99_ms:.1f} ms", flush=True)
    return phase


def _aborted(server: Server, folder: Path) -> Aborted:
    before = server.stalled()
    with _stopped_curls(server, 3, folder) as curls:
        start = time.monotonic()
        server.publish(_FILL_RATE, _FILL_S)
        moments = [_moment(server, before + number, start) for number in (1, len(curls))]
        newest = server.publish(1.0, 1.0)["tally"]
        curls[0].send_signal(signal.SIGCONT)
        status = curls[0].wait(_WITHIN_S)
        with _stopped_curls(server, 1, folder) as again:
            text = (folder / str(again[0].args[-2])).read_text()
    position = re.findall(r"^id: \w+-(\d+)$", text, re.MULTILINE)[-1]
    return Aborted(*moments, status, newest - int(position))


def _moment(server: Server, count: int, start: float) -> float:
    while server.stalled() < count:
        if time.monotonic() > start + _WITHIN_S:
            raise SystemExit("Curls that are stopped are not dropped.")
        time.sleep(0.1)
    return time.monotonic() - start


@contextmanager
def _stopped_curls(server: Server, count: int, folder: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many curls that have been told the state, and then were stopped; killed when the context ends."""
    outputs = [folder / f"curl-{number}" for number in range(count)]
    for output in outputs:
        output.unlink(missing_ok=True)
    command = ["taskset", "-c", str(CLIENT_CORE), "curl", "--silent", "--no-buffer", "--output"]
    curls = [subprocess.Popen([*command, str(output), server.url]) for output in outputs]
    try:
        deadline = time.monotonic() + _WITHIN_S
        while not all(output.exists() and output.stat().st_size for output in outputs):
            if time.monotonic() > deadline:
                raise SystemExit("Curls are not answered.")
            time.sleep(0.01)
        for curl in curls:
            curl.send_signal(signal.SIGSTOP)
        yield curls
    finally:
        for curl in curls:
            curl.kill()
            curl.wait()


def _queued(side: str, port: int, what: str) -> int:
    """Bytes that the kernel holds for the connections of a port: `w` those to be sent, `r` those to be read."""
    command = ["ss", "-tnmH", "state", "established", f"{side} = :{port}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return sum(map(int, re.findall(rf"skmem:\([^)]*\b{what}(\d+)", told)))


def _table(phases: Sequence[Phase]) -> str:
    head = (
        "p50 ms",
        "p99 ms",
        "p99, of none's",
        "fewest of published",
        "server KB each",
        "queued KB each",
        "unread KB each",
    )
    rows = [f"| stopped | {' | '.join(head)} |", f"| ---: |{' ---: |' * len(head)}"]
    alone = statistics.median(phase.p99_ms for phase in phases if phase.stopped == 0)
    for stopped in sorted(set(PHASES)):
        those = [phase for phase in phases if phase.stopped == stopped]
        rows.append(f"| {stopped} | {' | '.join(_cells(those, alone))} |")
    return "\n".join(rows)


def _cells(phases: Sequence[Phase], alone: float) -> list[str]:
    def median(name: str) -> float:
        return statistics.median(getattr(phase, name) for phase in phases)

    p99 = median("p99_ms")
    cells = [f"{median('p50_ms'):.1f}", f"{p99:.1f}", f"{p99 / alone:.2f}"]
    cells.append(f"{min(phase.fewest for phase in phases)} of {phases[0].published}")
    memory = ("server_kb", "queued_kb", "unread_kb")
    return [*cells, *(f"{median(name):,.0f}" if phases[0].stopped else "–" for name in memory)]


def _told(aborted: Aborted) -> str:
    return (
        f"Stopped curls were dropped {aborted.after_s:.1f} to {aborted.all_after_s:.1f} s after SIGSTOP. One that was "
        f"let go on then ended with status {aborted.exit_status}; come again, it was {aborted.behind} updates behind "
        "the newest."
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=200, help="of the crowd")
    parser.add_argument("--rate", type=float, default=10.0, help="updates a second of each of eight sessions")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each phase")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--readme", action="store_true", help="also put the table into README.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
