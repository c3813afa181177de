"""What a benchmark found, for programs and for people."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from corpus import Corpus


@dataclass(frozen=True, slots=True)
class Latency:
    """From fact to received, in milliseconds, over all pairs of fact and reader."""

    readers: int
    pairs: int
    p50: float
    p95: float
    p99: float
    longest: float

    @classmethod
    def of(cls, readers: int, delays: Sequence[float]) -> Latency:
        """The percentiles of at least two delays."""
        cuts = statistics.quantiles(delays, n=100, method="inclusive")
        return cls(readers, len(delays), cuts[49], cuts[94], cuts[98], max(delays))


@dataclass(slots=True, kw_only=True)
class Results:
    """Everything that was measured; files a second where no unit is named."""

    machine: str
    files: Corpus
    jobs: int
    floors: list[float] = field(default_factory=list)  #: before and after the full tier
    full: float = 0
    metadata: float = 0
    rescan: float = 0
    first_progress_ms: list[float] = field(default_factory=list)
    latencies: list[Latency] = field(default_factory=list)

    @property
    def floor(self) -> float:
        return statistics.mean(self.floors)

    @property
    def was_disturbed(self) -> bool:
        """Whether something else used the cores meanwhile: then the same floor is not the same twice."""
        return max(self.floors) > 1.1 * min(self.floors)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"full_of_floor": round(self.full / self.floor, 3), "was_disturbed": self.was_disturbed}


def table(results: Results) -> str:
    """The results for people, in Markdown."""
    sections = [[_circumstances(results)], _speeds(results), _latencies(results), [_first(results)]]
    if results.was_disturbed:
        before, after = results.floors
        sections.append(
            [f"Something else used the cores: the floor was {before:,.1f}, later {after:,.1f}. Measure again."]
        )
    return "\n\n".join("\n".join(section) for section in sections)


def _circumstances(results: Results) -> str:
    files = results.files
    kinds = f"{files.pngs:,} PNGs of 1 MP, {files.jpegs:,} JPEGs of 12 MP, {files.videos:,} videos of 3 s"
    return f"{files.files:,} files, {files.bytes / 1e9:.1f} GB ({kinds}); {results.jobs} workers on {results.machine}."


def _speeds(results: Results) -> list[str]:
    rates = {
        "floor (read, SHA-256, decode, one 256 px thumbnail)": results.floor,
        "full": results.full,
        "metadata": results.metadata,
        "no-change rescan": results.rescan,
    }
    rows = [f"| {what} | {rate:,.1f} | {rate / results.floor:.2f} |" for what, rate in rates.items()]
    return ["| ingest | files/s | of the floor |", "| --- | ---: | ---: |", *rows]


def _latencies(results: Results) -> list[str]:
    rows = [
        f"| {one.readers} | {one.p50:,.0f} | {one.p95:,.0f} | {one.p99:,.0f} | {one.longest:,.0f} |"
        for one in results.latencies
    ]
    return [
        "| readers | fact to received, p50 ms | p95 | p99 | longest |",
        "| ---: | ---: | ---: | ---: | ---: |",
        *rows,
    ]


def _first(results: Results) -> str:
    times = results.first_progress_ms
    return (
        f"First progress after POST: {statistics.median(times):,.0f} ms (median), {max(times):,.0f} ms (longest of "
        f"{len(times)})."
    )
