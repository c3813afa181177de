"""What the catalog benchmark found, beside the targets, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Final

from catalog_commit import WAYS, Committed
from catalog_journal import Sizes
from catalog_looking import Answered
from catalog_rescan import Rescanned
from results import Target, target, target_table

_RESCAN_OF_BARE: Final = 2.5
_RESCAN_MB: Final = 300
_COMMIT_OF_BARE: Final = 0.5
_ALIKE_MS: Final = 10
_PAGE_MS: Final = 200
_JOURNAL_BYTES: Final = 1000


@dataclass(slots=True, kw_only=True)
class Results:
    """Everything that was measured. What was not asked for is not there."""

    date: str
    machine: str
    rescans: list[Rescanned] = field(default_factory=list)
    commits: list[Committed] = field(default_factory=list)
    alikes: list[Answered] = field(default_factory=list)
    pages: list[Answered] = field(default_factory=list)
    sizes: list[Sizes] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"targets": [asdict(each) for each in targets(self)]}


def targets(results: Results) -> list[Target]:
    """The targets beside the figures."""
    return [*_rescan_targets(results), *_commit_targets(results), *_answer_targets(results)]


def _rescan_targets(results: Results) -> Iterator[Target]:
    for one in results.rescans:
        yield target(f"rescan of {one.files:,} files, times bare", one.of_bare, ".2f", most=_RESCAN_OF_BARE)
        yield target(f"MB, rescan of {one.files:,} files", one.peak_mb, ",.0f", most=_RESCAN_MB)


def _commit_targets(results: Results) -> Iterator[Target]:
    for one in results.commits:
        yield target(f"commit, of bare, {one.kind}", one.of_bare("catalog"), ".2f", least=_COMMIT_OF_BARE)


def _answer_targets(results: Results) -> Iterator[Target]:
    for one in results.alikes:
        what = f"ms, look-alikes among {one.among:,}, {one.kind}"
        yield target(what, one.slowest(), ".1f", most=_ALIKE_MS)
    for one in results.pages:
        yield target(f"ms, first page of {one.among:,}, {one.kind}", one.slowest(), ".0f", most=_PAGE_MS)
    for size in results.sizes:
        yield target("bytes of the journal, a file", size.counted, ",.0f", most=_JOURNAL_BYTES)


def table(results: Results) -> str:
    """The results for people, in Markdown."""
    parts = [_rescans(results.rescans), _commits(results.commits), _answers(results), _sizes(results.sizes)]
    sections = [[f"{results.date}, {results.machine}."], *parts, target_table(targets(results))]
    return "\n\n".join("\n".join(section) for section in sections if section)


def _rescans(found: list[Rescanned]) -> list[str]:
    if not found:
        return []
    rows = [
        f"| {one.files:,} | {median(one.bare):.2f} | {median(one.bare_cpu):.2f} | {median(one.rescan):.2f} "
        f"| {median(one.rescan_cpu):.2f} | {one.of_bare:.2f} | {one.peak_mb:,.0f} |"
        for one in found
    ]
    return [
        "| files, none of them new | bare s | CPU s | rescan s | CPU s | times bare | peak MB |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *rows,
    ]


def _commits(found: list[Committed]) -> list[str]:
    if not found:
        return []
    columns = ("bare", "bare, once", "catalog", "of bare", "session", "of bare", "CPU: bare", "catalog", "session")
    return [
        f"| commit, µs a file | {' | '.join(columns)} |",
        f"| --- |{' ---: |' * len(columns)}",
        *map(_commit, found),
    ]


def _commit(one: Committed) -> str:
    us = {way: median(one.seconds[way]) / one.files * 1e6 for way in WAYS}
    cpu = {way: median(one.cpu[way]) / one.files * 1e6 for way in WAYS}
    cells = (
        f"{one.kind}, {one.files:,} files of {one.rows / one.files:.1f} rows, {one.batch} a transaction",
        *(f"{us[way]:,.0f}" for way in ("bare", "bare, once", "catalog")),
        f"{one.of_bare('catalog'):.2f}",
        f"{us['session']:,.0f}",
        f"{one.of_bare('session'):.2f}",
        *(f"{cpu[way]:,.0f}" for way in ("bare", "catalog", "session")),
    )
    return f"| {' | '.join(cells)} |"


def _answers(results: Results) -> list[str]:
    rows = [
        f"| {what} | {one.among:,} | {one.kind} | {asked} | {median(times):,.1f} | {one.p95(asked):,.1f} "
        f"| {one.first_ms:,.0f} |"
        for what, found in (("look-alikes", results.alikes), ("first page", results.pages))
        for one in found
        for asked, times in one.ms.items()
    ]
    if not rows:
        return []
    head = "| answer | among | | asked for | ms, median | p95 | the very first |"
    return [head, "| --- | ---: | --- | --- | ---: | ---: | ---: |", *rows]


def _sizes(found: list[Sizes]) -> list[str]:
    return [
        f"Of each of {one.files:,} files the journal keeps {one.journal:,.0f} bytes, its preview {one.preview:,.0f}; "
        f"embedded texts, which are not counted, {one.raw_texts:,.0f}."
        for one in found
    ]
