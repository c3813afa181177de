"""What the ingest benchmark found, beside the targets, for programs and for people."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from corpus import Corpus

_FULL_OF_FLOOR: Final = 0.85
_METADATA_PER_S: Final = 2500
_METADATA_OF_FLOOR: Final = 0.5
_MAIN_US: Final = 150
_WORKER_MB: Final = 400


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


@dataclass(frozen=True, slots=True)
class Run:
    """One session; CPU is microseconds a file, of the server's process and of all workers together."""

    files_per_s: float = 0
    main_us: float = 0
    workers_us: float = 0


@dataclass(frozen=True, slots=True)
class Target:
    """What was asked for, and what came of it."""

    what: str
    wanted: str
    found: str
    met: bool


@dataclass(slots=True, kw_only=True)
class Results:
    """Everything that was measured; files a second where no unit is named."""

    date: str
    machine: str
    files: Corpus
    jobs: int
    floors: list[float] = field(default_factory=list)  #: before and after the full tier
    header_floors: list[float] = field(default_factory=list)  #: before and after the metadata tier
    full: Run = Run()
    metadata: list[Run] = field(default_factory=list)
    rescan: Run = Run()
    main_mb: float = 0  #: the most that was resident, of the server's process
    worker_mb: float = 0  #: of the worker that had most
    first_progress_ms: list[float] = field(default_factory=list)
    latencies: list[Latency] = field(default_factory=list)

    @property
    def floor(self) -> float:
        return statistics.mean(self.floors)

    @property
    def header_floor(self) -> float:
        return statistics.mean(self.header_floors)

    @property
    def typical(self) -> Run:
        """Of the metadata tier: the median of each figure."""
        runs = [(run.files_per_s, run.main_us, run.workers_us) for run in self.metadata]
        return Run(*map(statistics.median, zip(*runs, strict=True)))

    @property
    def was_disturbed(self) -> bool:
        """Whether something else used the cores meanwhile: then the same floor is not the same twice."""
        return max(self.floors) > 1.1 * min(self.floors)

    def as_json(self) -> dict[str, Any]:
        found = [asdict(target) for target in targets(self)]
        return asdict(self) | {"targets": found, "was_disturbed": self.was_disturbed}


def targets(results: Results) -> list[Target]:
    """The targets beside the figures."""
    metadata = results.typical
    of_floor = metadata.files_per_s / results.header_floor
    fast = metadata.files_per_s >= _METADATA_PER_S or of_floor >= _METADATA_OF_FLOOR
    return [
        target("full, of the floor", results.full.files_per_s / results.floor, ".2f", least=_FULL_OF_FLOOR),
        Target(
            "metadata, files/s (or of the loop that reads headers)",
            f"≥ {_METADATA_PER_S:,} (≥ {_METADATA_OF_FLOOR})",
            f"{metadata.files_per_s:,.0f} ({of_floor:.2f})",
            fast,
        ),
        target("metadata, µs of the main process a file", metadata.main_us, ",.0f", most=_MAIN_US),
        target("MB of the largest worker", results.worker_mb, ",.0f", most=_WORKER_MB),
    ]


def target(what: str, found: float, shown: str, *, least: float = 0, most: float | None = None) -> Target:
    """A figure, written as `shown`, beside the least or the most it may be."""
    if most is None:
        return Target(what, f"≥ {least:g}", format(found, shown), found >= least)
    return Target(what, f"≤ {most:g}", format(found, shown), found <= most)


def table(results: Results) -> str:
    """The results for people, in Markdown."""
    sections = [[_circumstances(results)], _speeds(results), [_memory(results)], _latencies(results), [_first(results)]]
    if results.was_disturbed:
        before, after = results.floors
        sections.append(
            [f"Something else used the cores: the floor was {before:,.1f}, later {after:,.1f}. Measure again."]
        )
    return "\n\n".join("\n".join(section) for section in [*sections, target_table(targets(results))])


def _circumstances(results: Results) -> str:
    files = results.files
    kinds = f"{files.pngs:,} PNGs of 1 MP, {files.jpegs:,} JPEGs of 12 MP, {files.videos:,} videos of 3 s"
    return (
        f"{results.date}, {results.machine}; {results.jobs} workers; {files.files:,} files, {files.bytes / 1e9:.1f} GB "
        f"({kinds})."
    )


def _speeds(results: Results) -> list[str]:
    return [
        "| ingest | files/s | of its floor | CPU µs/file: main | workers |",
        "| --- | ---: | ---: | ---: | ---: |",
        f"| floor (read, SHA-256, decode, one 256 px thumbnail) | {results.floor:,.1f} | 1.00 | | |",
        _speed("full", results.full, results.floor),
        f"| floor (open, read the header) | {results.header_floor:,.1f} | 1.00 | | |",
        _speed("metadata", results.typical, results.header_floor),
        _speed("no-change rescan", results.rescan, None),
    ]


def _speed(what: str, run: Run, least: float | None) -> str:
    share = "" if least is None else f"{run.files_per_s / least:.2f}"
    return f"| {what} | {run.files_per_s:,.1f} | {share} | {run.main_us:,.0f} | {run.workers_us:,.0f} |"


def _memory(results: Results) -> str:
    return (
        f"Most memory that was resident: {results.main_mb:,.0f} MB in the main process, {results.worker_mb:,.0f} MB in "
        "the largest worker."
    )


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


def target_table(found: Sequence[Target]) -> list[str]:
    """The lines of the table that every report ends with."""
    words = {True: "met", False: "**missed**"}
    rows = [f"| {each.what} | {each.wanted} | {each.found} | {words[each.met]} |" for each in found]
    return ["| target | wanted | found | |", "| --- | ---: | ---: | --- |", *rows]
