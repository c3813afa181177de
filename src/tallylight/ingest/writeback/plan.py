"""Which sidecars say something else than the catalog, and writing them. Only what a person can want: a value that the
catalog does not know takes nobody's away, and what the file itself says needs no sidecar.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import anyio
from anyio import to_thread

from tallylight.catalog import USER, Catalog, Medium
from tallylight.errors import BadPath
from tallylight.ingest.agreement import CATALOG
from tallylight.ingest.extract.claims import Claim, is_silent
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.sidecars import reading, scores, xmp
from tallylight.ingest.extract.sidecars.neighbours import neighbours
from tallylight.ingest.extract.sidecars.opening import Opening
from tallylight.ingest.writeback import place, rating_xmp, scores_file
from tallylight.ingest.writeback.place import CannotWrite, Content
from tallylight.model import Json
from tallylight.roots import Roots, escape, unescape

#: Media looked at in one go: a server that is stopped waits for no more.
BATCH: Final = 100
#: Changes and failures that are told one by one; the rest are counted.
MOST_TOLD: Final = 1_000


class Target(StrEnum):
    """Which kind of sidecar is written."""

    SCORES = "scores"  #: `.scores/<name.ext>.json`
    XMP = "xmp"  #: the XMP the file has, else `<name.ext>.xmp`


_SOURCES: Final = {Target.SCORES: scores.SOURCE, Target.XMP: xmp.SOURCE}
#: XMP has no word for a favourite.
_FIELDS: Final = {Target.SCORES: ("score", "favourite"), Target.XMP: ("score",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one sidecar is to say."""

    media_id: int
    path: str  #: of the media file; absolute, escaped, as the sidecar's
    sidecar: str
    is_new: bool  #: there is no such sidecar yet
    fields: dict[str, tuple[Any, Any]]  #: what it says and is to say; None where it says nothing
    at: float  #: when the newest of them was said

    def as_json(self) -> Json:
        said = {name: list(pair) for name, pair in self.fields.items()}
        known = {name: getattr(self, name) for name in ("media_id", "path", "sidecar", "is_new")}
        return {**known, **said}


@dataclass(frozen=True, slots=True)
class Failure:
    """A file whose rating cannot be written, and why, for people."""

    media_id: int
    path: str
    message: str

    def as_json(self) -> Json:
        return {"media_id": self.media_id, "path": self.path, "message": self.message}


@dataclass(slots=True, kw_only=True)
class Totals:
    """How far it is, and what came of it."""

    total: int = 0  #: media that the search found
    same: int = 0  #: nothing is to be written of these
    written: int = 0  #: or would be, in a dry run
    failed: int = 0
    changes: list[Change] = field(default_factory=list)  #: the first of them
    failures: list[Failure] = field(default_factory=list)

    def as_json(self) -> Json:
        return {
            **{name: getattr(self, name) for name in ("total", "same", "written", "failed")},
            "changes": [change.as_json() for change in self.changes],
            "failures": [failure.as_json() for failure in self.failures],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBack:
    """One run, and what it is given to do it with."""

    catalog: Catalog
    roots: Roots  #: nothing outside these is read or written
    target: Target
    now: Callable[[], float]
    dry: bool  #: find out what would be written, and write nothing
    limits: Limits = LIMITS
    totals: Totals = field(default_factory=Totals)  #: kept up to date while it runs


async def run(write_back: WriteBack, media_ids: Sequence[int]) -> Totals:
    """Go through these media. A sidecar that cannot be written costs itself alone, and is told with its reason. Stop it
    whenever you like: each sidecar is written whole or not at all, and the next run does the rest.
    """
    totals = write_back.totals
    totals.total = len(media_ids)
    for start in range(0, len(media_ids), BATCH):
        await anyio.lowlevel.checkpoint_if_cancelled()
        await to_thread.run_sync(_batch, write_back, media_ids[start : start + BATCH])
    return totals


def _batch(write_back: WriteBack, media_ids: Sequence[int]) -> None:
    totals, found = write_back.totals, write_back.catalog.media_of(media_ids)
    totals.same += len(media_ids) - len(found)  # gone from the catalog in the meantime
    for medium in found:
        try:
            change = _settle(write_back, medium)
        except CannotWrite as error:
            totals.failed += 1
            if len(totals.failures) < MOST_TOLD:
                totals.failures.append(Failure(medium.media_id, medium.path, str(error)))
            continue
        totals.same += change is None
        totals.written += change is not None
        if change is not None and len(totals.changes) < MOST_TOLD:
            totals.changes.append(change)


def _settle(write_back: WriteBack, medium: Medium) -> Change | None:
    """Find out what is to be written of one file, and write it unless it is a dry run."""
    if not _may_differ(medium, write_back.target):
        return None
    path, limits = unescape(medium.path), write_back.limits
    _check_there(write_back.roots, path)
    claims = reading.read(write_back.roots, path, reading.Wanted(described=False), limits).claims
    wanted = dict(_wanted(medium, write_back.target, claims))
    if not wanted:
        return None
    sidecar = _sidecar(write_back, path)
    before = place.read(write_back.roots, sidecar, limits.sidecar)
    own = {claim.field: claim.value for claim in claims if claim.source == _SOURCES[write_back.target]}
    change = Change(
        media_id=medium.media_id,
        path=medium.path,
        sidecar=escape(sidecar),
        is_new=before is None,
        fields={name: (own.get(name), value) for name, value in wanted.items()},
        at=max(medium.outcome.provenance.get(name, {}).get("at", 0.0) for name in wanted) or write_back.now(),
    )
    raw = _changed(write_back, before, change)
    if not write_back.dry:
        place.replace(write_back.roots, sidecar, raw, before)
    return change


def _changed(write_back: WriteBack, before: Content | None, change: Change) -> bytes:
    raw, values = before.raw if before is not None else None, {name: pair[1] for name, pair in change.fields.items()}
    if write_back.target is Target.SCORES:
        return scores_file.with_ratings(raw, values, change.at, write_back.limits)
    return rating_xmp.with_rating(raw, values["score"], change.at, write_back.limits)


def _may_differ(medium: Medium, target: Target) -> bool:
    return any(getattr(medium.outcome, name) is not None for name in _FIELDS[target])


def _wanted(medium: Medium, target: Target, claims: Iterable[Claim]) -> Iterator[tuple[str, Any]]:
    """The fields that a sidecar of this kind is to say, and what. Pure."""
    claims = list(claims)
    for name in _FIELDS[target]:
        value = getattr(medium.outcome, name)
        said = [claim for claim in claims if claim.field == name]
        own = [claim.value for claim in said if claim.source == _SOURCES[target]]
        if value is not None and own != [value] and (own or not _is_said(medium, name, value, said)):
            yield name, value


def _is_said(medium: Medium, name: str, value: Any, said: Sequence[Claim]) -> bool:
    """Whether a file without a sidecar of the wanted kind says it anyway: in other sidecars, or in itself."""
    if said:
        return all(claim.value == value for claim in said)
    source = medium.outcome.provenance.get(name, {}).get("source", "")
    # What a sidecar said that is gone since, and what a person said here, is said nowhere else any more.
    in_file = source not in {"", USER, CATALOG} and not source.endswith(":sidecar")
    return in_file or is_silent(name, value) or value is False


def _check_there(roots: Roots, path: str) -> None:
    if not roots.contains(os.path.realpath(path)):
        raise CannotWrite(f"{escape(path)} is outside the folders that may be written: {roots.named()}.")
    if not os.path.exists(path):  # noqa: PTH110 (names that are not UTF-8)
        raise CannotWrite(f"{escape(path)} is not there any more; a sidecar would stand alone.")


def _sidecar(write_back: WriteBack, path: str) -> str:
    """The sidecar to write: the one that is read, or a new one in the scheme that names the file most exactly."""
    folder, name = os.path.split(path)
    if write_back.target is Target.SCORES:
        return os.path.join(folder, scores.FOLDER, f"{name}.json")  # noqa: PTH118 (names that are not UTF-8)
    try:
        beside = neighbours(write_back.roots, folder, write_back.limits)
    except (OSError, BadPath) as error:
        raise CannotWrite(f"{escape(folder)} cannot be listed.") from error
    opening = Opening(write_back.roots, write_back.limits)
    return xmp.find(name, beside, opening) or os.path.join(folder, f"{name}.xmp")  # noqa: PTH118
