"""The charts of a report, drawn from what was counted. `static/preview/charts.js` shows the same on the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tallylight.ingest.facets import OTHER
from tallylight.model import Json
from tallylight.web.texts import Texts
from tallylight.web.written import Written

_MOST_ROWS: Final = 8
#: Beyond this many months a chart is by year; and beyond this many years, cut off: a camera without a clock says 1980.
_MOST_MONTHS: Final = 36
_MOST_YEARS: Final = 100
_NSFW_COLUMNS: Final = 20
_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_UNSCORED: Final = -9


@dataclass(frozen=True, slots=True)
class Bar:
    """So many files of one kind."""

    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Chart:
    """One question answered. `upright`: in columns, from the first label to the last."""

    title: str
    bars: tuple[Bar, ...]
    upright: bool = False

    @property
    def most(self) -> int:
        return max((bar.count for bar in self.bars), default=0)


def charts(facets: Json, t: Texts) -> list[Chart]:
    """Those that have something to compare: files by model, score, size, date and NSFW score."""
    if not facets.get("files"):
        return []
    drawn = (
        (Chart(t("charts.model"), _models(facets["model"], t)), 2),
        (Chart(t("charts.score"), _scores(facets["score"], t)), 2),
        (Chart(t("charts.size"), _sizes(facets["size"], t)), 1),
        (Chart(t("charts.month"), tuple(_spans(facets["month"])), upright=True), 2),
        (Chart(t("charts.nsfw"), _nsfw(facets["nsfw"]), upright=True), 1),
    )
    return [chart for chart, least in drawn if len(chart.bars) >= least]


def _models(found: Mapping[str, int], t: Texts) -> tuple[Bar, ...]:
    ranked = sorted(((value, count) for value, count in found.items() if value != OTHER), key=lambda each: -each[1])
    rest = sum(count for _, count in ranked[_MOST_ROWS:]) + found.get(OTHER, 0)
    told = tuple(Bar(value or t("charts.none"), count) for value, count in ranked[:_MOST_ROWS])
    return (*told, Bar(t("charts.other"), rest)) if rest else told


def _scores(found: Mapping[str, int], t: Texts) -> tuple[Bar, ...]:
    def label(score: int) -> str:
        if score == _UNSCORED:
            return t("charts.none")
        return t("plan.rejected") if score < 0 else f"★ {score}"

    numbered = {int(score) if score else _UNSCORED: count for score, count in found.items() if score != OTHER}
    return tuple(Bar(label(score), count) for score, count in sorted(numbered.items(), reverse=True))


def _sizes(found: Json, t: Texts) -> tuple[Bar, ...]:
    size, ends = Written(t).size, found["ends"]
    labels = [*(t("charts.under", size=size(end)) for end in ends), t("charts.over", size=size(ends[-1]))]
    some = [place for place, count in enumerate(found["files"]) if count]
    span = range(some[0], some[-1] + 1) if some else range(0)
    return tuple(Bar(labels[place], found["files"][place]) for place in span)


def _spans(found: Mapping[str, int]) -> Iterator[Bar]:
    """Months without gaps, or years where they are too many."""
    months = {
        int(known[1]) * 12 + int(known[2]) - 1: n for month, n in found.items() if (known := _MONTH.fullmatch(month))
    }
    if not months:
        return
    is_by_year = max(months) - min(months) >= _MOST_MONTHS
    counts: dict[int, int] = {}
    for month, count in months.items():
        place = month // 12 if is_by_year else month
        counts[place] = counts.get(place, 0) + count
    for place in range(min(counts), min(max(counts) + 1, min(counts) + _MOST_YEARS)):
        yield Bar(str(place) if is_by_year else f"{place // 12:04}-{place % 12 + 1:02}", counts.get(place, 0))


def _nsfw(found: list[int]) -> tuple[Bar, ...]:
    if not any(found):
        return ()
    wide = len(found) // _NSFW_COLUMNS
    starts = range(0, len(found), wide)
    return tuple(Bar(f"{100 * start // len(found)}%", sum(found[start : start + wide])) for start in starts)
