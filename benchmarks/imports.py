"""What `import tallylight.live` and `import tallylight.client` cost an application: prints a table and writes one JSON.

    ./scripts/bench imports [--rounds 15] [--json FILE] [--readme]

Each import is made by an interpreter of its own, which says at its end what the kernel counted of it: processor time
and the most memory that was resident. They take turns, so that what disturbs one disturbs all; the least counts of
processor time, which nothing can make less than it is, and the median of memory.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from readme import machine, put

_LATEST: Final = Path(__file__).with_name("imports.json")
_HEADING: Final = "Latest imports"
#: By what is imported, the least first.
PROGRAMS: Final = {
    "nothing": "pass",
    "asyncio, anyio": "import asyncio, anyio",
    "tallylight.live": "import tallylight.live",
    "httpx": "import httpx",
    "tallylight.client": "import tallylight.client",
}
#: What getrusage tells of the peak is the parent's, where that was larger when it started this one.
_SAY: Final = """
import resource
used = resource.getrusage(resource.RUSAGE_SELF)
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(used.ru_utime + used.ru_stime, peak)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What one import took of its interpreter."""

    name: str
    cpu_ms: float
    peak_mb: float


def measured(rounds: int) -> list[Import]:
    """All of them, in turn; the first round warms the page cache and the compiled modules, and does not count."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in PROGRAMS}
    for number in range(rounds + 1):
        for name, program in PROGRAMS.items():
            taken = _one(program)
            if number:
                found[name].append(taken)
    return [
        Import(
            name=name,
            cpu_ms=1000 * min(cpu for cpu, _ in each),
            peak_mb=statistics.median(peak for _, peak in each),
        )
        for name, each in found.items()
    ]


def _one(program: str) -> tuple[float, float]:
    done = subprocess.run([sys.executable, "-c", program + _SAY], capture_output=True, text=True, check=True)
    cpu, peak = done.stdout.split()
    return float(cpu), int(peak) / 1024


def table(imports: Sequence[Import], rounds: int) -> str:
    """For people."""
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}; Python {sys.version.split()[0]}. {rounds} rounds.",
        "",
        "| imported | CPU ms | peak MB |",
        "| --- | ---: | ---: |",
        *(f"| {one.name} | {one.cpu_ms:.0f} | {one.peak_mb:.1f} |" for one in imports),
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path, default=_LATEST)
    parser.add_argument("--readme", action="store_true", help="put the table into README.md too")
    options = parser.parse_args()
    imports = measured(options.rounds)
    text = table(imports, options.rounds)
    print(text)
    options.json.write_text(json.dumps([asdict(one) for one in imports], indent=2) + "\n")
    if options.readme:
        put(_HEADING, text)


if __name__ == "__main__":
    main()
