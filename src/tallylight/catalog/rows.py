"""Between prepared items and the catalog's rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from tallylight.catalog.contract import Medium
from tallylight.catalog.prepared import Prepared
from tallylight.model import Json, Outcome, OutcomeKind, Tier
from tallylight.roots import raw_bytes

_COMMITTED: Final = ("path_raw", "session_id", "committed_at", "missing_since", "digest")


def media_row(prepared: Prepared, session_id: str, at: float) -> Json:
    """One row of `media`."""
    return {
        **prepared.row,
        "path_raw": raw_bytes(prepared.item.path),
        "session_id": session_id,
        "committed_at": at,
        "missing_since": None,
        "digest": prepared.digest,
    }


def media_columns(prepared: Prepared) -> tuple[str, ...]:
    """Of `media`, in the order of `media_values`."""
    return ("media_id", *prepared.row, *_COMMITTED)


def media_values(prepared: Prepared, media_id: int, session_id: str, at: float) -> tuple[Any, ...]:
    """The same row as `media_row`, as the driver takes it."""
    path_raw = raw_bytes(prepared.item.path)
    return (media_id, *prepared.row.values(), path_raw, session_id, at, None, prepared.digest)


def reread_row(prepared: Prepared) -> Json:
    """Of a row of `media` what changes with what its texts say."""
    outcome = prepared.item.outcome
    return {
        "model": outcome.generation.get("model"),
        "generation": outcome.generation,
        "provenance": outcome.provenance,
        "digest": prepared.digest,
    }


def rated_row(prepared: Prepared) -> Json:
    """Of a row of `media` what changes with a person's word on it."""
    outcome = prepared.item.outcome
    return {
        "score": outcome.score,
        "favourite": outcome.favourite,
        "provenance": outcome.provenance,
        "conflicts": list(outcome.conflicts),
        "digest": prepared.digest,
    }


#: Of `media_keywords`, in the order of `keyword_rows`.
KEYWORD_COLUMNS: Final = ("media_id", "position", "text", "weight", "source")


def keyword_rows(batch: Iterable[Prepared], ids: Mapping[str, int]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for prepared in batch:
        media_id = ids[prepared.item.path]
        rows += [(media_id, position, *keyword) for position, keyword in enumerate(prepared.keywords)]
    return rows


def text_rows(batch: Iterable[Prepared], ids: Mapping[str, int]) -> list[Json]:
    return [
        {"media_id": ids[prepared.item.path], "position": position, "key": text.key, "sha256": text.sha256}
        for prepared in batch
        for position, text in enumerate(prepared.item.texts)
    ]


def tier_of(stored: str | None) -> Tier | None:
    return Tier(stored) if stored is not None else None


def medium_of(row: Mapping[str, Any], keywords: Sequence[Json]) -> Medium:
    """The medium of a row and its keywords, `root` and `file` being its folder and name."""
    outcome = Outcome(
        root=row["folder"],
        file=row["name"],
        kind=OutcomeKind.EXTRACTED,
        bytes=row["size"],
        mtime_ns=row["mtime_ns"],
        warnings=tuple(row["warnings"]),
        media=row["media"],
        generation=row["generation"],
        keywords=tuple(keywords),
        score=row["score"],
        favourite=row["favourite"],
        nsfw_score=row["nsfw_score"],
        nsfw_model=row["nsfw_model"],
        sha256=row["sha256"],
        pixel_sha256=row["pixel_sha256"],
        phash=row["phash"],
        frame_phashes=tuple(row["frame_phashes"]),
        provenance=row["provenance"],
        conflicts=tuple(row["conflicts"]),
        has_thumbnail=row["has_thumbnail"],
        extractor_version=row["extractor_version"],
        tier=tier_of(row["tier"]),
    )
    return Medium(
        media_id=row["media_id"],
        path=row["path"],
        session_id=row["session_id"],
        committed_at=row["committed_at"],
        missing_since=row["missing_since"],
        outcome=outcome,
    )
