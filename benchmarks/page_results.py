"""What the page benchmark found: the targets, tables."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Self

from page_load import Load
from page_wire import Traffic
from stream_results import Target

#: Milliseconds.
PAINT_WITHIN: Final = 50.0
LONGEST_TASK: Final = 50.0
FIRST_PAINT_MORE: Final = 150.0
SLOTS_PER_S: Final = 20
#: Bytes that each update may leave behind: what is kept of 100,000 of them is then below 100 kB.
KEPT_OF_AN_UPDATE: Final = 1.0
PAGE_KB: Final = 60.0


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds, over all updates."""

    count: int
    p50: float
    p95: float
    longest: float

    @classmethod
    def of(cls, delays: Sequence[float]) -> Self:
        cuts = statistics.quantiles(delays, n=20, method="inclusive")
        return cls(len(delays), cuts[9], cuts[18], max(delays))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paint:
    """How soon the page showed what happened, at one rate."""

    files_per_s: float
    reached: float  #: files a second that the session did
    own: Spread  #: arrival to paint, as the page itself measures it
    next_frame: (
        Spread  #: change of the number to the beginning of the frame after it, as an observer in the page sees it
    )
    painted: Spread  #: change of the number to its paint, as Chromium's trace has it
    presented: Spread  #: change of the number to the screen, as Chromium's trace has it
    newest_painted: Spread  #: the newest fact in an update to its paint
    newest_presented: Spread  #: and to the screen
    every_painted: Spread  #: every fact to the paint of the first number that includes it
    loading_ms: float  #: processor time of the main thread's longest task before the first number
    moving_ms: float  #: and while numbers moved
    review_ms: float  #: and after the last
    shift: float  #: the sum of layout shifts while numbers moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What a session's progress cost on the wire, as the page does it and by polling."""

    files: int
    files_per_s: float
    polls_per_s: float
    seconds: float
    updates: int  #: that the page was told
    page: Traffic
    polling: Traffic
    at_most: float  #: share of polling's bytes that is allowed

    @property
    def share(self) -> float:
        return self.page.bytes / self.polling.bytes


@dataclass(slots=True, kw_only=True)
class Results:
    """Everything that was measured."""

    date: str
    machine: str
    versions: dict[str, str]
    paints: list[Paint] = field(default_factory=list)
    updates: int = 0
    heap_kb: list[float] = field(default_factory=list)  #: after a warm-up, then after each tenth of the updates
    moved: list[Moved] = field(default_factory=list)
    load: Load | None = None

    @property
    def kept(self) -> float:
        """Bytes that the page kept of an update: the slope of the line through all looks."""
        looks = [number * self.updates / (len(self.heap_kb) - 1) for number in range(len(self.heap_kb))]
        return statistics.linear_regression(looks, self.heap_kb).slope * 1000

    def complete(self, earlier: dict[str, Any]) -> None:
        """Take what was not measured from an earlier run's JSON."""
        if not self.paints:
            # Not those of before shifts were measured.
            self.paints = [_paint(paint) for paint in earlier["paints"] if "shift" in paint]
        if not self.heap_kb:
            self.updates, self.heap_kb = earlier["updates"], earlier["heap_kb"]
        if not self.moved:
            self.moved = [_moved(moved) for moved in earlier["moved"]]
        if self.load is None and earlier.get("load"):
            self.load = Load(**earlier["load"])

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"targets": [asdict(target) for target in targets(self)]}


def _paint(body: dict[str, Any]) -> Paint:
    return Paint(**{key: Spread(**value) if isinstance(value, dict) else value for key, value in body.items()})


def _moved(body: dict[str, Any]) -> Moved:
    return Moved(**{key: Traffic(**value) if isinstance(value, dict) else value for key, value in body.items()})


def targets(results: Results) -> list[Target]:
    """The targets beside the figures."""
    found = _load_targets(results.load) if results.load else []
    for paint in results.paints:
        at = f"at {paint.files_per_s:,g} files/s"
        fact = _at_most(f"newest fact to paint, p95 ms, {at}", PAINT_WITHIN, paint.newest_painted.p95)
        longest = max(paint.loading_ms, paint.moving_ms, paint.review_ms)
        found += [
            _at_most(f"arrival to paint, p95 ms, {at}", PAINT_WITHIN, paint.own.p95),
            # Where every slot is taken, facts wait for the next one: 50 ms in themselves.
            fact if paint.files_per_s < SLOTS_PER_S else replace(fact, wanted="reported", met=None),
            _at_most(f"longest task, ms of CPU, {at}", LONGEST_TASK, longest),
            Target(f"layout shift while numbers move, {at}", "0", f"{paint.shift:.4f}", paint.shift == 0),
        ]
    if results.heap_kb:
        found.append(_at_most("bytes kept of an update", KEPT_OF_AN_UPDATE, results.kept))
    found += [
        _at_most(f"bytes, of polling {moved.polls_per_s:g}/s, {_session(moved)}", moved.at_most, moved.share)
        for moved in results.moved
    ]
    return found


def _load_targets(load: Load) -> list[Target]:
    return [
        _at_most("first paint after that of a blank page, ms", FIRST_PAINT_MORE, load.more_ms),
        *(
            _at_most(f"our own code, kB as it travels, page “{name}”", PAGE_KB, size / 1000)
            for name, size in load.page_bytes.items()
        ),
        _at_most("our own code, kB as it travels, all pages, all languages", PAGE_KB, load.all_bytes / 1000),
    ]


def table(results: Results) -> str:
    """The results for people, in Markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    parts = [f"{results.date}, {results.machine}; {versions}."]
    if results.load:
        load = results.load
        parts.append(
            f"First paint, median of {load.loads} fresh loads: {load.page_ms:.0f} ms; of a blank page of the same "
            f"server: {load.blank_ms:.0f} ms."
        )
    if results.paints:
        parts += [_paint_table(results.paints), _tasks(results.paints)]
    if results.heap_kb:
        looks = ", ".join(f"{kilobytes:,.0f}" for kilobytes in results.heap_kb)
        parts.append(
            f"Heap after a warm-up and after each tenth of {results.updates:,} updates, kB: {looks}; "
            f"{results.kept:.2f} bytes an update."
        )
    if results.moved:
        parts.append(_wire_table(results.moved))
    return "\n\n".join([*parts, _target_table(targets(results))])


def _paint_table(paints: Sequence[Paint]) -> str:
    rows = [
        "| files/s | ms from … to … | updates | p50 | p95 | longest |",
        "| ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for paint in paints:
        spreads = {
            "arrival to paint (the page's own figure)": paint.own,
            "change of the number to its paint (trace)": paint.painted,
            "change of the number to the next frame (observer)": paint.next_frame,
            "change of the number to the screen (trace)": paint.presented,
            "newest fact of an update to its paint": paint.newest_painted,
            "newest fact of an update to the screen": paint.newest_presented,
            "every fact to the paint that includes it": paint.every_painted,
        }
        rate = f"{paint.reached:,.0f}"
        rows += [
            f"| {rate} | {what} | {one.count:,} | {one.p50:.1f} | {one.p95:.1f} | {one.longest:.1f} |"
            for what, one in spreads.items()
        ]
    return "\n".join(rows)


def _tasks(paints: Sequence[Paint]) -> str:
    rows = ["| files/s | longest task, ms of CPU: loading | numbers move | review |", "| ---: | ---: | ---: | ---: |"]
    rows += [
        f"| {paint.reached:,.0f} | {paint.loading_ms:.1f} | {paint.moving_ms:.1f} | {paint.review_ms:.1f} |"
        for paint in paints
    ]
    return "\n".join(rows)


def _wire_table(moved: Sequence[Moved]) -> str:
    head = "| session | | told | bytes up | bytes down | bytes/s | of polling |"
    rows = [head, "| --- | --- | ---: | ---: | ---: | ---: | ---: |"]
    for each in moved:
        polls = each.polling.requests
        rows += [
            _wire_row(_session(each), "page, `?patch=1`", each.updates, each.page, each.seconds, f"{each.share:.2f}"),
            _wire_row("", f"polling {each.polls_per_s:g}/s", polls, each.polling, each.seconds, "1.00"),
        ]
    return "\n".join(rows)


def _wire_row(session: str, what: str, told: int, traffic: Traffic, seconds: float, share: str) -> str:
    counts = (told, traffic.up, traffic.down, round(traffic.bytes / seconds))
    return f"| {session} | {what} | {' | '.join(f'{count:,}' for count in counts)} | {share} |"


def _session(moved: Moved) -> str:
    return f"{moved.files:,} files at {moved.files_per_s:g}/s"


def _at_most(what: str, most: float, found: float) -> Target:
    return Target(what, f"≤ {most:g}", f"{found:.2f}", found <= most)


def _target_table(found: Sequence[Target]) -> str:
    words = {True: "met", False: "**missed**", None: "–"}
    rows = [f"| {each.what} | {each.wanted} | {each.found} | {words[each.met]} |" for each in found]
    return "\n".join(["| target | wanted | found | |", "| --- | ---: | ---: | --- |", *rows])
