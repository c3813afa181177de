"""Reads the texts of committed media again, so that a better parser helps files that may no longer be there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import anyio
from anyio import to_thread

from tallylight.catalog import Catalog, Medium, Refused, Reread
from tallylight.engine import Died, Engine, Verdict
from tallylight.ingest.ports import Write
from tallylight.model import Json, Outcome, RawText

#: Media read, parsed in one worker and written in one transaction: some 50 ms of work.
BATCH: Final = 256
#: Changes and failures that are told one by one; the rest are counted.
MOST_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class Stored:
    """A committed file with its texts: what a worker gets."""

    medium: Medium
    texts: tuple[RawText, ...]

    def __str__(self) -> str:
        return self.medium.path


@dataclass(frozen=True, slots=True)
class Change:
    """What one file had, and has now."""

    path: str  #: absolute, escaped
    generation: dict[str, tuple[object, object]]  #: of each parameter that differs: before and after, None for absent
    added: tuple[str, ...]  #: keywords
    removed: tuple[str, ...]

    def as_json(self) -> Json:
        changed = {name: list(pair) for name, pair in self.generation.items()}
        return {"path": self.path, "generation": changed, "added": list(self.added), "removed": list(self.removed)}


@dataclass(slots=True, kw_only=True)
class Totals:
    """How far it is, and what came of it."""

    total: int = 0  #: media in the catalog when it began
    changed: int = 0
    same: int = 0
    without_texts: int = 0
    failed: int = 0
    changes: list[Change] = field(default_factory=list)  #: the first few
    failures: list[tuple[str, str]] = field(default_factory=list)  #: path and sentence, the first few

    @property
    def done(self) -> int:
        """The sum of the four counts."""
        return self.changed + self.same + self.without_texts + self.failed

    def as_json(self) -> Json:
        counts = ("total", "changed", "same", "without_texts", "failed")
        return {
            **{name: getattr(self, name) for name in counts},
            "changes": [change.as_json() for change in self.changes],
            "failures": [{"path": path, "message": message} for path, message in self.failures],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Reparse:
    """One run over the catalog, and what it is given to do it with."""

    catalog: Catalog
    engine: Engine
    write: Write
    totals: Totals = field(default_factory=Totals)  #: kept up to date while it runs
    dry: bool = False  #: find out what would change, and change nothing
    told: Callable[[], None] = lambda: None  #: called on the event loop after each batch


async def run(reparse: Reparse) -> None:
    """Go through all committed media once. Parsing runs in workers, where a text that hangs or crashes a parser costs
    its own file alone; that file stays as it is, and so does one that is refused.

    Each batch is one transaction: cancelled or killed, whatever was written stands, and the next run does the rest.
    """
    reparse.totals.total = await to_thread.run_sync(reparse.catalog.count)
    work = _Work(reparse)
    async with anyio.create_task_group() as tasks:
        # One batch more than there are workers, so that none idles while another is read or written.
        for _ in range(reparse.engine.jobs + 1):
            tasks.start_soon(work.batches)


class _Work:
    """What the tasks of one run share: where the reading is, and the totals."""

    def __init__(self, reparse: Reparse) -> None:
        self._reparse = reparse
        self._totals = reparse.totals
        self._after = 0
        self._reading = anyio.Lock()

    async def batches(self) -> None:
        while batch := await self._next():
            with_texts = [stored for stored in batch if stored.texts]
            verdicts = await self._reparse.engine.run(read_again, with_texts) if with_texts else []
            self._totals.without_texts += len(batch) - len(with_texts)
            await self._settle(with_texts, verdicts)
            self._reparse.told()

    async def _next(self) -> list[Stored]:
        async with self._reading:
            batch = await to_thread.run_sync(self._read, self._after)
            self._after = batch[-1].medium.media_id if batch else self._after
            return batch

    def _read(self, after: int) -> list[Stored]:
        media = self._reparse.catalog.media(after=after, limit=BATCH)
        texts = self._reparse.catalog.texts([medium.media_id for medium in media])
        return [Stored(medium, texts.get(medium.media_id, ())) for medium in media]

    async def _settle(self, batch: Sequence[Stored], verdicts: Sequence[Verdict[Reread | None]]) -> None:
        changes: dict[int, tuple[Medium, Reread]] = {}
        for stored, verdict in zip(batch, verdicts, strict=True):
            if isinstance(verdict, Died):
                self._failed(stored.medium.path, _sentence(verdict))
            elif verdict.value is None:
                self._totals.same += 1
            else:
                changes[stored.medium.media_id] = (stored.medium, verdict.value)
        for refused in await self._written([anew for _, anew in changes.values()]):
            del changes[refused.seq]
            self._failed(refused.path, refused.message)
        self._totals.changed += len(changes)
        for medium, anew in list(changes.values())[: MOST_TOLD - len(self._totals.changes)]:
            self._totals.changes.append(change(medium, anew))

    async def _written(self, items: list[Reread]) -> list[Refused]:
        if self._reparse.dry or not items:
            return []
        return await self._reparse.write(self._reparse.catalog.reread, items)

    def _failed(self, path: str, sentence: str) -> None:
        self._totals.failed += 1
        if len(self._totals.failures) < MOST_TOLD:
            self._totals.failures.append((path, sentence))


def read_again(stored: Stored) -> Reread | None:
    """What the texts of one file say now; None where that is what is stored. Runs in a worker."""
    # As with `extract`: what parses need not be loaded where nothing is parsed.
    from tallylight.ingest.extract.reread import reread  # noqa: PLC0415

    before = stored.medium.outcome
    after = reread(before, stored.texts)
    if _derived(before) == _derived(after):
        return None
    generation, keywords, provenance = _derived(after)
    return Reread(media_id=stored.medium.media_id, generation=generation, keywords=keywords, provenance=provenance)


def change(medium: Medium, anew: Reread) -> Change:
    """What is different of one file."""
    before, after = medium.outcome.generation, anew.generation
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    had = [keyword["text"] for keyword in medium.outcome.keywords]
    has = [keyword["text"] for keyword in anew.keywords]
    return Change(
        path=medium.path,
        generation={name: (before.get(name), after.get(name)) for name in names},
        added=tuple(text for text in has if text not in had),
        removed=tuple(text for text in had if text not in has),
    )


def _derived(outcome: Outcome) -> tuple[Json, tuple[Json, ...], Json]:
    return outcome.generation, outcome.keywords, outcome.provenance


def _sentence(died: Died) -> str:
    if died.reason == "timeout":
        return "Reading its texts took longer than the time limit."
    if died.reason == "memory":
        return "Reading its texts takes more memory than a worker may use."
    return f"Its texts could not be read ({died.detail})."
