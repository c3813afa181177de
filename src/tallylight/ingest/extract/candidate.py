"""Extracts one candidate: what a worker process runs."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import PurePath

from tallylight.clock import stopwatch
from tallylight.ingest.extract import picture, plugins, sidecars, video
from tallylight.ingest.extract.clean import clean_line
from tallylight.ingest.extract.composed import composed
from tallylight.ingest.extract.findings import Findings
from tallylight.ingest.extract.options import Options
from tallylight.ingest.extract.seen import seen
from tallylight.ingest.extract.sidecars import Told, Wanted
from tallylight.ingest.extract.sniff import Kind, mismatch, other_name, sniff
from tallylight.ingest.extract.source import Source, opened
from tallylight.ingest.extract.trouble import Unreadable, described, explain, wants_memory
from tallylight.ingest.extract.version import EXTRACTOR_VERSION
from tallylight.model import VIDEO_SUFFIXES, Candidate, Outcome, OutcomeKind, Reason, Tier
from tallylight.roots import unescape


def extract(options: Options, candidate: Candidate) -> Outcome:
    """Read one file. Never raises for a bad one: every trouble is a failed outcome with a reason code, or a warning
    where only the metadata is bad. MemoryError alone escapes.

    Tier `index` opens nothing; `metadata` reads headers and embedded texts; `full` reads the file once and decodes it
    once. `bytes` and `mtime_ns` are the opened file's, the candidate's where it could not be opened. Files are opened
    through the roots only, and nothing is written but the thumbnail.
    """
    begun = stopwatch()
    outcome = _listed(options, candidate) if options.tier is Tier.INDEX else _read(options, candidate)
    took = round((stopwatch() - begun) * 1000, 3)
    return replace(outcome, ms=took, extractor_version=EXTRACTOR_VERSION, tier=options.tier)


def _listed(options: Options, candidate: Candidate) -> Outcome:
    suffix = _suffix(candidate).lower()
    type_ = "video" if suffix in VIDEO_SUFFIXES else "image"
    type_ = next((one.type for one in options.extractors if suffix in one.suffixes), type_)
    return _outcome(candidate, OutcomeKind.EXTRACTED, media={"type": type_})


def _read(options: Options, candidate: Candidate) -> Outcome:
    path = os.path.join(unescape(candidate.root), unescape(candidate.file))  # noqa: PTH118 (names that are not UTF-8)
    source: Source | None = None
    try:
        with opened(options.roots, path) as source:
            outcome = _extracted(options, candidate, source, path)
    except MemoryError:
        raise
    except Exception as error:
        if wants_memory(error):
            raise MemoryError(described(error)) from error
        # Decoders raise nearly everything, and a bad file is an outcome.
        outcome = _failed(candidate, explain(error))
    if source is not None and (source.size, source.mtime_ns) != (outcome.bytes, outcome.mtime_ns):
        outcome = replace(outcome, bytes=source.size, mtime_ns=source.mtime_ns)
    return outcome


def _failed(candidate: Candidate, trouble: Unreadable) -> Outcome:
    return _outcome(candidate, OutcomeKind.FAILED, code=trouble.code, message=clean_line(str(trouble), 500))


def _outcome(candidate: Candidate, kind: OutcomeKind, **further: object) -> Outcome:
    known = {"bytes": candidate.size, "mtime_ns": candidate.mtime_ns, **further}
    return Outcome(root=candidate.root, file=candidate.file, kind=kind, **known)  # type: ignore[arg-type]


def _extracted(options: Options, candidate: Candidate, source: Source, path: str) -> Outcome:
    full = options.tier is Tier.FULL
    kind, found = _found(options, source, _suffix(candidate).lower(), full=full)
    found.warnings.insert(0, mismatch(_suffix(candidate), kind))
    outcome = _outcome(candidate, OutcomeKind.EXTRACTED, mtime_ns=source.mtime_ns)
    outcome = composed(outcome, options, found, _beside(options, path))
    return seen(outcome, options, source, found) if full else outcome


def _found(options: Options, source: Source, suffix: str, *, full: bool) -> tuple[Kind, Findings]:
    plugin = plugins.recognised(options.extractors, source.head, suffix) if options.extractors else None
    kind = plugin.kind if plugin else _kind(source)
    if full and kind.type == "image":
        source.slurp(options.limits)
    if plugin:
        return kind, plugins.read(plugin, source, full=full, limits=options.limits, nsfw=options.detect_nsfw)
    if kind.type == "video":
        return kind, video.read(source, kind, full=full, limits=options.limits, nsfw=options.detect_nsfw)
    wanted = {"read_stealth": options.read_stealth, "pixel_hash": options.pixel_hash, "nsfw": options.detect_nsfw}
    return kind, picture.read(source, kind, full=full, limits=options.limits, **wanted)


def _kind(source: Source) -> Kind:
    if not source.head:
        raise Unreadable(Reason.EMPTY, "The file is empty: 0 bytes.")
    kind = sniff(source.head)
    if kind is None:
        name = other_name(source.head)
        seems = f"It is {name}, not" if name else "Its bytes are not those of"
        raise Unreadable(Reason.UNSUPPORTED, f"{seems} an image or video of a kind that can be read.")
    return kind


def _beside(options: Options, path: str) -> Told:
    """What the sidecars tell. A file is never failed for what lies beside it, only where it is gone itself."""
    describing = options.extract_metadata or options.extract_keywords
    if not describing and not options.import_scores:
        return Told()
    wanted = Wanted(scores=options.import_scores, described=describing)
    try:
        return sidecars.read(options.roots, path, wanted, options.limits)
    except (MemoryError, KeyboardInterrupt, FileNotFoundError):
        raise
    except Exception as error:  # noqa: BLE001 (files of any program; the picture is readable all the same)
        return Told(warnings=[f"the sidecars could not be read: {described(error)}"])


def _suffix(candidate: Candidate) -> str:
    return PurePath(candidate.file).suffix
