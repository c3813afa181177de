"""What a commit looks at before it touches a store: which items can be stored at all, and what tells them from what is
stored already. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tallylight.catalog.contract import USER, CommitItem, Medium, Refused, Reread
from tallylight.encoding import encoded
from tallylight.model import Json, Outcome, OutcomeKind, RawText

#: Text, weight and source of a keyword as it is stored.
Keyword = tuple[str, float, str]


@dataclass(frozen=True, slots=True)
class Prepared:
    """An item that can be stored. Two of a path with the same digest would be stored as the same row."""

    item: CommitItem
    row: Json  #: of `media`, as far as it tells of the file; JSON as its text
    keywords: tuple[Keyword, ...]
    digest: str  #: 32 hex digits


def prepare(items: Iterable[CommitItem]) -> tuple[list[Prepared], list[Refused]]:
    """Sort out what no store can hold. Of several items with one path (overlapping directories) the last one counts."""
    ready: dict[str, Prepared] = {}
    refused: list[Refused] = []
    for item in items:
        if item.outcome.kind is not OutcomeKind.EXTRACTED:
            kind = item.outcome.kind.value
            refused.append(Refused(item.seq, item.path, f"Only extracted files can be committed; this one is {kind}."))
            continue
        try:
            ready[item.path] = _prepared(item)
        except (ValueError, TypeError, LookupError) as error:
            refused.append(refusal(item, error))
    return list(ready.values()), refused


def reread_item(medium: Medium, texts: tuple[RawText, ...], anew: Reread) -> CommitItem:
    """A committed file as an item that differs from it only in what its texts say."""
    outcome = replace(medium.outcome, generation=anew.generation, keywords=anew.keywords, provenance=anew.provenance)
    return CommitItem(medium.media_id, medium.path, outcome, texts)


def rated_item(
    medium: Medium, texts: tuple[RawText, ...], said: Mapping[str, int | bool | None], at: float
) -> CommitItem:
    """A committed file as an item that differs from it only in what a person says of it."""
    outcome = medium.outcome
    words = {name: {"source": USER, "at": at} for name, value in said.items() if value is not None}
    provenance = {name: entry for name, entry in outcome.provenance.items() if name not in said} | words
    conflicts = tuple(entry for entry in outcome.conflicts if entry["field"] not in said)
    changes: Json = {**said, "provenance": provenance, "conflicts": conflicts}
    return CommitItem(medium.media_id, medium.path, replace(outcome, **changes), texts)


def with_words(stood: Outcome, now: Outcome) -> Outcome:
    """What stood before a commit, with what a person said of it since: an undo takes back what files said."""
    said = [name for name in ("score", "favourite") if now.provenance.get(name, {}).get("source") == USER]
    if not said:
        return stood
    changes: Json = {name: getattr(now, name) for name in said}
    words = {name: now.provenance[name] for name in said}
    return replace(stood, **changes, provenance=stood.provenance | words)


def refusal(item: CommitItem, error: Exception) -> Refused:
    """Why an item was not stored, for people."""
    return Refused(item.seq, item.path, f"The catalog cannot store what was read of this file: {_reason(error)}.")


def digest_of(item: CommitItem) -> str | None:
    """What tells whether committing an item would change what is stored; None where it cannot be stored."""
    ready, _ = prepare([item])
    return ready[0].digest if ready else None


def in_order(refused: Iterable[Refused]) -> list[Refused]:
    return sorted(refused, key=lambda one: one.seq)


def split(path: str) -> tuple[str, str]:
    """The folder and the name of an absolute, escaped path."""
    folder, _, name = path.rpartition("/")
    return folder or "/", name


def stored_outcome(outcome: Outcome, path: str) -> Json:
    """The fields of an outcome that the catalog keeps, `root` and `file` now being its folder and name.

    What it took (`ms`) says nothing about the file, and texts are stored beside it.
    """
    folder, name = split(path)
    return {
        "root": folder,
        "file": name,
        "kind": outcome.kind,
        "bytes": outcome.bytes,
        "mtime_ns": outcome.mtime_ns,
        "warnings": outcome.warnings,
        "media": outcome.media,
        "generation": outcome.generation,
        "keywords": tuple(keyword(found) for found in outcome.keywords),
        "score": outcome.score,
        "favourite": outcome.favourite,
        "nsfw_score": outcome.nsfw_score,
        "nsfw_model": outcome.nsfw_model,
        "sha256": outcome.sha256,
        "pixel_sha256": outcome.pixel_sha256,
        "phash": outcome.phash,
        "frame_phashes": outcome.frame_phashes,
        "provenance": outcome.provenance,
        "conflicts": outcome.conflicts,
        "has_thumbnail": outcome.has_thumbnail,
        "extractor_version": outcome.extractor_version,
        "tier": outcome.tier,
    }


def keyword(found: Json) -> Json:
    """A keyword as it is stored: all three fields, the weight a float."""
    text, weight, source = _keyword(found)
    return {"text": text, "weight": weight, "source": source}


def _keyword(found: Json) -> Keyword:
    weight = found.get("weight")
    return found["text"], 1.0 if weight is None else float(weight), found.get("source") or "prompt"


def _prepared(item: CommitItem) -> Prepared:
    texts = [(text.key, text.sha256) for text in item.texts]
    row, lists, keywords = _columns(item.path, item.outcome), _encoded_columns(item.outcome), _keywords(item.outcome)
    digest = _digest(row, lists, keywords, texts)
    row.update(lists)
    return Prepared(item, row, keywords, digest)


def digest(path: str, outcome: Outcome, texts: Sequence[tuple[str, str]]) -> str:
    """Of all that is stored of a file; of its texts the key and the hash. ValueError, TypeError and LookupError where
    it cannot be stored.
    """
    return _digest(_columns(path, outcome), _encoded_columns(outcome), _keywords(outcome), texts)


def _digest(row: Json, lists: Mapping[str, str], keywords: Sequence[Keyword], texts: Sequence[tuple[str, str]]) -> str:
    beside = encoded([[*row.values()], keywords, texts])
    # No line ends inside JSON: what differs anywhere differs here.
    told = "\n".join((beside, *lists.values()))
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


def _keywords(outcome: Outcome) -> tuple[Keyword, ...]:
    return tuple([_keyword(found) for found in outcome.keywords])


def _columns(path: str, outcome: Outcome) -> Json:
    """The plain columns; what is searched for has columns of its own beside the JSON it comes from."""
    folder, name = split(path)
    described = outcome.media.get
    return {
        "path": path,
        "folder": folder,
        "name": name,
        "size": outcome.bytes,
        "mtime_ns": outcome.mtime_ns,
        "type": described("type"),
        "format": described("format"),
        "width": described("width"),
        "height": described("height"),
        "duration": _number(described("duration")),
        "created_at": described("created_at"),
        "score": outcome.score,
        "favourite": _choice(outcome.favourite),
        "nsfw_score": _number(outcome.nsfw_score),
        "nsfw_model": outcome.nsfw_model,
        "sha256": outcome.sha256,
        "pixel_sha256": outcome.pixel_sha256,
        "phash": outcome.phash,
        "has_thumbnail": outcome.has_thumbnail,
        "extractor_version": outcome.extractor_version,
        "tier": outcome.tier.value if outcome.tier is not None else None,
        "model": outcome.generation.get("model"),
    }


def _number(value: Any) -> Any:
    """SQLite would store anything in a column of numbers."""
    if value is not None and not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return value


def _choice(value: Any) -> Any:
    if value is not None and not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _encoded_columns(outcome: Outcome) -> dict[str, str]:
    return {
        "media": encoded(outcome.media),
        "generation": encoded(outcome.generation),
        "warnings": encoded(outcome.warnings),
        "frame_phashes": encoded(outcome.frame_phashes),
        "provenance": encoded(outcome.provenance),
        "conflicts": encoded(outcome.conflicts),
    }


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return "a text in it is not valid Unicode"
    if isinstance(error, OverflowError):
        return "a number in it is too large"
    if isinstance(error, ValueError):
        return "a number in it is NaN, infinite or no number"
    if isinstance(error, LookupError):
        return f"a keyword lacks its {error}"
    # A database's error carries the whole statement; what its driver said is enough.
    said = str(getattr(error, "orig", None) or error)
    return said.splitlines()[0] if said else type(error).__name__
