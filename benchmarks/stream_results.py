"""What the stream benchmark found: medians, the targets, tables."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

FLOOR: Final = "floor"
OURS: Final = "tallylight"
#: A server that waited this share of the time for its core was disturbed by others.
DISTURBED: Final = 0.05


@dataclass(frozen=True, slots=True)
class Load:
    """So many readers, so many updates a second for each."""

    readers: int
    rate: float

    def __str__(self) -> str:
        return f"{self.readers:,} readers × {self.rate:g}/s"


LIGHT: Final = Load(1_000, 10)
HEAVY: Final = Load(5_000, 4)
LOADS: Final = (LIGHT, HEAVY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One contender under one load in one round."""

    cpu_us: float  #: processor time of the server for each update that a reader received
    busy: float  #: share of the core that the server had
    waited: float  #: share of the time in which it wanted the core and others had it
    p50_ms: float
    p99_ms: float
    longest_ms: float
    published: int
    fewest: int  #: updates of the reader that got the fewest
    most: int
    gone: int
    idle_kb: float  #: resident memory for each reader before the first update
    client_busy: float  #: share of its core that the load client had

    @property
    def spread(self) -> float:
        """How much fewer updates one reader got than another."""
        return 1 - self.fewest / self.most if self.most else 1.0


@dataclass(slots=True, kw_only=True)
class Results:
    """Everything that was measured."""

    date: str
    machine: str
    versions: dict[str, str]
    rounds: int
    seconds: float
    measures: dict[str, dict[str, list[Measure]]] = field(default_factory=dict)  #: by contender, by load
    missing: dict[str, str] = field(default_factory=dict)
    many: dict[str, Any] = field(default_factory=dict)  #: the crowd that only connects and stays

    def add(self, name: str, load: Load, measure: Measure) -> None:
        self.measures.setdefault(name, {}).setdefault(str(load), []).append(measure)

    def median(self, name: str, load: Load, of: Callable[[Measure], float]) -> float | None:
        """The median over the rounds; None where it was not measured."""
        found = self.measures.get(name, {}).get(str(load), [])
        return statistics.median(map(of, found)) if found else None

    def ratio(self, name: str, to: str, load: Load, of: Callable[[Measure], float]) -> float | None:
        """The median of the rounds' ratios: what disturbs a round disturbs both."""
        ours, theirs = (self.measures.get(each, {}).get(str(load), []) for each in (name, to))
        ratios = [of(one) / of(other) for one, other in zip(ours, theirs, strict=False) if of(other)]
        return statistics.median(ratios) if ratios else None

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"targets": [asdict(target) for target in targets(self)]}


@dataclass(frozen=True, slots=True)
class Target:
    """What was asked for, and what came of it. `met` is None where it could not be measured."""

    what: str
    wanted: str
    found: str
    met: bool | None


def cpu(measure: Measure) -> float:
    return measure.cpu_us


def p99(measure: Measure) -> float:
    return measure.p99_ms


def targets(results: Results) -> list[Target]:
    """The targets beside the figures."""
    found = [
        _at_most("CPU an update, of the floor's", 1.3, results.ratio(OURS, FLOOR, LIGHT, cpu)),
        _at_most("CPU an update, of sse-starlette's", 0.5, results.ratio(OURS, "sse-starlette", LIGHT, cpu)),
        *(_at_most(f"p99 at {load}, of the floor's", 1.25, results.ratio(OURS, FLOOR, load, p99)) for load in LOADS),
        *(
            _at_most(
                f"fewest updates below most, at {load}",
                0.05,
                results.median(OURS, load, lambda measure: measure.spread),
            )
            for load in LOADS
        ),
        _at_most("KB an idle reader, at 5,000", 14.0, results.median(OURS, HEAVY, lambda measure: measure.idle_kb)),
    ]
    nchan = results.ratio(OURS, "nginx + nchan", LIGHT, cpu)
    found.append(Target("CPU an update, of nchan's", "reported", _number(nchan), None))
    if results.many:
        many = results.many
        stay = many["gone"] == 0 and many["fewest"] == many["published"]
        figure = f"{many['readers'] - many['gone']:,} stayed {many['seconds']:g} s, fewest {many['fewest']} of "
        found.append(Target("connect and stay", f"{many['readers']:,}", f"{figure}{many['published']} updates", stay))
    return found


def table(results: Results) -> str:
    """The results for people, in Markdown."""
    parts = [
        _circumstances(results),
        *(_load_table(results, load) for load in LOADS),
        _target_table(results),
        *_cautions(results),
    ]
    parts += [f"Not measured: {name}: {why}." for name, why in results.missing.items()]
    return "\n\n".join(parts)


def _at_most(what: str, most: float, found: float | None) -> Target:
    return Target(what, f"≤ {most:g}", _number(found), None if found is None else found <= most)


def _number(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.2f}"


def _circumstances(results: Results) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return (
        f"{results.date}, {results.machine}; {versions}. Median of {results.rounds} rounds of {results.seconds:g} s; "
        f"in {_disturbed(results):.0%} of all measurements something else had the server's core for more than "
        f"{DISTURBED:.0%} of the time."
    )


def _cautions(results: Results) -> list[str]:
    """What a reader of the figures must know before believing them."""
    found = []
    if _disturbed(results) > 0.2:
        found.append("Not a quiet run: ratios of CPU hold roughly, delays and their targets do not. Measure again.")
    for load in LOADS:
        published = results.median(OURS, load, lambda one: one.published)
        fewest = results.median(OURS, load, lambda one: one.fewest)
        if published and fewest is not None and fewest < published:
            found.append(
                f"At {load} Tallylight replaced updates by newer ones ({fewest:g} of {published:g} arrived): it did "
                "not keep up, and its p99 is that of the updates that were left."
            )
    return found


def _disturbed(results: Results) -> float:
    waited = [measure.waited for measure in _all(results)]
    return sum(share > DISTURBED for share in waited) / len(waited)


def _all(results: Results) -> Iterable[Measure]:
    return (measure for loads in results.measures.values() for measures in loads.values() for measure in measures)


def _load_table(results: Results, load: Load) -> str:
    head = ("CPU/update µs", "of floor", "core busy", "p50 ms", "p99 ms", "fewest–most of published", "idle KB")
    rows = [f"| {load} | {' | '.join(head)} |", f"| --- |{' ---: |' * len(head)}"]
    rows += [_row(results, name, load) for name in results.measures]
    return "\n".join(rows)


def _row(results: Results, name: str, load: Load) -> str:
    def median(of: Callable[[Measure], float]) -> float:
        return results.median(name, load, of) or 0.0

    cells = (
        f"{median(cpu):.1f}",
        _number(results.ratio(name, FLOOR, load, cpu)),
        f"{median(lambda one: one.busy):.0%}",
        f"{median(lambda one: one.p50_ms):,.1f}",
        f"{median(p99):,.1f}",
        f"{median(lambda one: one.fewest):g}–{median(lambda one: one.most):g} of {median(lambda one: one.published):g}",
        f"{median(lambda one: one.idle_kb):.1f}",
    )
    return f"| {name} | {' | '.join(cells)} |"


def _target_table(results: Results) -> str:
    words = {True: "met", False: "**missed**", None: "–"}
    rows = [f"| {each.what} | {each.wanted} | {each.found} | {words[each.met]} |" for each in targets(results)]
    return "\n".join(["| target | wanted | found | |", "| --- | ---: | ---: | --- |", *rows])
