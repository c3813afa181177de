"""Finds the sidecars of one file and gathers what they tell."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from tallylight.errors import BadPath
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.sidecars import (
    captions,
    downloads,
    scores,
    takeout,
    takeout_names,
    twins,
    workflows,
    xmp,
)
from tallylight.ingest.extract.sidecars.neighbours import Neighbours, neighbours
from tallylight.ingest.extract.sidecars.opening import Opening
from tallylight.ingest.extract.sidecars.told import Told
from tallylight.roots import Roots


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which of a file's sidecars are opened, besides XMP and Takeout, which hold some of everything."""

    scores: bool = True  #: those that hold a score and nothing else
    described: bool = True  #: those that hold a description and no score: captions, graphs, tags


def read(roots: Roots, path: str, wanted: Wanted, limits: Limits = LIMITS) -> Told:
    """What the sidecars of a file tell. Each that cannot be used is a warning. Creates nothing.

    Raises FileNotFoundError where the file itself is gone by now: what is not beside it then says nothing, and a score
    would be lost without a word.
    """
    folder, name = os.path.split(path)
    try:
        beside = neighbours(roots, folder, limits)
    except FileNotFoundError:
        raise
    except (OSError, BadPath) as error:
        why = getattr(error, "strerror", None) or "it leads out of the roots"
        return Told(warnings=[f"sidecars could not be looked for: {why}"])
    if beside.names == {}:
        return Told()
    opening = Opening(roots, limits)
    told = _Reader(name, beside, opening).read(wanted)
    told.warnings += opening.warnings
    if opening.missed:
        os.lstat(path)
    return told


@dataclass(slots=True)
class _Reader:
    name: str
    beside: Neighbours
    opening: Opening
    told: Told = field(default_factory=Told)

    @property
    def stem(self) -> str:
        return os.path.splitext(self.name)[0]  # noqa: PTH122 (names that are not UTF-8)

    def read(self, wanted: Wanted) -> Told:
        if wanted.scores:
            self._scores()
        self._xmp()
        self._takeout()
        if wanted.described:
            self._other_json()
            self._text()
            self._twin()
        return self.told

    def _scores(self) -> None:
        body = self._json(self._inside(scores.FOLDER, f"{self.name}.json"))
        if body is not None:
            scores.add(body, self.told)

    def _xmp(self) -> None:
        path = xmp.find(self.name, self.beside, self.opening)
        if path and (raw := self.opening.read(path)):
            xmp.add(raw, self.told, self.opening.limits)

    def _takeout(self) -> None:
        for name in takeout_names.names(self.name):
            body = self._json(self.beside.find(name))
            if takeout.is_takeout(body):
                takeout.add(body, self.told, self.opening.limits)
                return

    def _other_json(self) -> None:
        """A graph or the tags of a downloader: which of them a JSON holds, its name does not tell."""
        own = (self.beside.find(name) for name in (f"{self.name}.json", f"{self.stem}.json"))
        for path in (*own, self._inside(workflows.FOLDER, f"{self.stem}_workflow.json")):
            body = self._json(path)
            if key := workflows.kind(body):
                self.told.add_text(key, self.opening.text(path), workflows.SOURCE)
            elif not takeout.is_takeout(body):
                downloads.add(body, self.told, self.opening.limits)

    def _text(self) -> None:
        for name in (f"{self.name}.txt", f"{self.stem}.txt", f"{self.stem}.caption"):
            if path := self.beside.find(name):
                captions.add(self.opening.text(path), self.told, self.opening.limits)

    def _twin(self) -> None:
        name = twins.name_of(self.name)
        if name and (path := self.beside.find(name)):
            twins.add(path, self.told, self.opening)

    def _json(self, path: str) -> Any:
        return self.opening.json(path) if path else None

    def _inside(self, folder: str, name: str) -> str:
        """The path of what may lie in a folder beside the file, which is not listed: opening it will tell."""
        path = self.beside.find(folder)
        return os.path.join(path, name) if path else ""  # noqa: PTH118 (names that are not UTF-8)
