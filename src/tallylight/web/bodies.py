"""What responses hold: plain dicts with fixed keys, `null` where something is unknown."""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from tallylight.catalog import Medium
from tallylight.catalog.facets import Facets, Value
from tallylight.catalog.search import word
from tallylight.facts import COMMIT_FAILED, State
from tallylight.ingest.scheduler import due
from tallylight.journal import Item, Session, StoredText
from tallylight.messages import phase, progress
from tallylight.model import Json, Outcome, Status
from tallylight.presets import Preset
from tallylight.roots import raw_bytes
from tallylight.schedules import Schedule

#: Characters of an embedded text that are told.
LONGEST_RAW: Final = 262_144


def item(entry: Item) -> Json:
    """One outcome. `file` is relative to `root`, the directory asked for; `file_raw` (base64) is there only where the
    name is not UTF-8.
    """
    outcome = entry.outcome
    raw = raw_bytes(outcome.file)
    return {
        "seq": entry.seq,
        "at": entry.at,
        "root": outcome.root,
        "file": outcome.file,
        **({"file_raw": b64encode(raw).decode("ascii")} if raw is not None else {}),
        "outcome": outcome.kind.value,
        "code": outcome.remark.value if outcome.remark else None,
        "message": outcome.message,
        "ms": outcome.ms,
        **_read_of(outcome),
    }


def raw_text(entry: StoredText) -> Json:
    """An embedded text, cut where it is long."""
    return {"key": entry.key, "length": len(entry.text), "text": entry.text[:LONGEST_RAW]}


def medium(entry: Medium) -> Json:
    """One committed file; `path_raw` (base64) is there only where the path is not UTF-8."""
    raw = raw_bytes(entry.path)
    return {
        "media_id": entry.media_id,
        "path": entry.path,
        **({"path_raw": b64encode(raw).decode("ascii")} if raw is not None else {}),
        "session_id": entry.session_id,
        "committed_at": entry.committed_at,
        "missing_since": entry.missing_since,
        **_read_of(entry.outcome),
    }


#: The name in a search of what a facet counts.
_ASKED_BY: Final = {"year": "date", "keyword": ""}


def facets(found: Facets) -> Json:
    """What found files have in common. `word` narrows the search down to a value; null where none can be written."""
    return {
        "counted": found.counted,
        "complete": found.complete,
        "facets": {
            name: [{"value": value, "count": count, "word": facet_word(name, value)} for value, count in values]
            for name, values in found.values.items()
        },
    }


def facet_word(name: str, value: Value) -> str | None:
    """The word that finds what a facet counted under this value."""
    if name == "favourite":
        return "is:favourite"
    return word(_ASKED_BY.get(name, name), f"={value}" if name == "model" else str(value))


def _read_of(outcome: Outcome) -> Json:
    """What was read of a file."""
    return {
        "warnings": list(outcome.warnings),
        "bytes": outcome.bytes,
        "media": outcome.media,
        "generation": outcome.generation,
        "keywords": list(outcome.keywords),
        "score": outcome.score,
        "favourite": outcome.favourite,
        "nsfw_score": outcome.nsfw_score,
        "nsfw_model": outcome.nsfw_model,
        "hashes": {
            "sha256": outcome.sha256,
            "pixel_sha256": outcome.pixel_sha256,
            "phash": outcome.phash,
            "frame_phashes": list(outcome.frame_phashes),
        },
        "provenance": outcome.provenance,
        "conflicts": list(outcome.conflicts),
        "has_thumbnail": outcome.has_thumbnail,
        "extractor_version": outcome.extractor_version,
        "tier": outcome.tier.value if outcome.tier else None,
    }


def items(entries: list[Item], limit: int) -> Json:
    """A page of outcomes asked for with `limit`. `next` is the `after` of the following page, null at the end.

    Ask the journal for `limit + 1` entries: the extra one only tells that there is a following page.
    """
    page = entries[:limit]
    return {"items": [item(entry) for entry in page], "next": page[-1].seq if len(entries) > limit else None}


def session(entry: Session, message: Json) -> Json:
    """A session in a list: its message, when it was made and what it was asked to do."""
    return {**message, "created_at": entry.created_at, "parameters": entry.parameters.as_json()}


def schedule(entry: Schedule, now: float, *, is_busy: bool) -> Json:
    """A schedule. `next_at` is null where the disk tells when there is something, in the past where it is due."""
    known = {name: getattr(entry, name) for name in entry.__slots__}
    return {**known, "trouble": entry.trouble or None, "next_at": due(entry, now), "is_busy": is_busy}


def preset(entry: Preset) -> Json:
    """A preset, with what a session is asked for by it."""
    return {"name": entry.name, "parameters": entry.parameters.as_json(), "saved_at": entry.saved_at}


def commit_status(state: State) -> Json:
    """How a commit stands: percent, which items were refused last and why, and why the commit as a whole failed."""
    refused = [trouble for trouble in state.troubles if trouble.code == COMMIT_FAILED]
    return {
        "session_id": state.session_id,
        "status": state.status.value,
        "commit_progress": progress(state) if phase(state) == "commit" else 0,
        "commit_errors": [{"at": each.at, "file": each.file, "message": each.message} for each in refused],
        "commit_error": (state.message or state.code) if state.status is Status.COMMIT_ERROR else None,
    }
