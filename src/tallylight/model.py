"""The nouns of an ingest: frozen values, no behaviour beyond reading them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif", ".hif"}
)
VIDEO_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi"})
MEDIA_SUFFIXES = IMAGE_SUFFIXES | VIDEO_SUFFIXES


class Tier(StrEnum):
    """How deep extraction goes; each tier includes the ones before it."""

    INDEX = "index"  #: name, size and time only; no file is opened
    METADATA = "metadata"  #: reads headers and embedded text; decodes and hashes nothing
    FULL = "full"  #: one read and one decode: hashes, perceptual hash, thumbnail

    def reaches(self, other: Tier) -> bool:
        """Whether this goes at least as deep as the other."""
        return _DEPTHS[self] >= _DEPTHS[other]


_DEPTHS = {tier: depth for depth, tier in enumerate(Tier)}


class ConflictRule(StrEnum):
    """Whom to believe where a file, its sidecars and the catalog say different things of one field."""

    NEWEST = "newest"  #: who said it last
    SIDECAR = "sidecar"  #: a sidecar, before the file itself and the catalog
    DATABASE = "database"  #: what the catalog has, before everything
    HIGHEST = "highest"  #: the highest score; other fields as `newest`


class Status(StrEnum):
    """Where a session stands. Spelled as users of the earlier tool know it."""

    STARTING = "starting"
    PROCESSING = "processing"
    PAUSED = "paused"  #: by you; goes on when told to
    HELD = "held"  #: waits until you confirm that the folders are as they should be
    COMPLETED = "completed"  #: everything has an outcome; ready to review
    CANCELLED = "cancelled"
    ERROR = "error"
    COMMITTING = "committing"
    COMMITTED = "committed"
    COMMIT_ERROR = "commit_error"
    UNDOING = "undoing"
    UNDONE = "undone"  #: the catalog is as it was before the commit


#: A session with one of these has nothing running: its stream ends, and it changes only by a command.
AT_REST = frozenset(
    {
        Status.COMPLETED,
        Status.CANCELLED,
        Status.ERROR,
        Status.COMMITTED,
        Status.COMMIT_ERROR,
        Status.UNDONE,
    }
)


class OutcomeKind(StrEnum):
    """What happened to a candidate."""

    EXTRACTED = "extracted"
    UNCHANGED = "unchanged"
    EXCLUDED = "excluded"
    FAILED = "failed"


class Effect(StrEnum):
    """What a commit would do with one file."""

    NEW = "new"  #: a path and a content the catalog does not have
    CHANGED = "changed"  #: a path it has, of which something else would be stored: other bytes, or a new score, …
    MOVED = "moved"  #: a path it does not have, with the bytes of a file that is gone from where the catalog has it
    DUPLICATE = "duplicate"  #: a path it does not have, with the bytes of another file
    UNCHANGED = "unchanged"  #: a path it has, just as it is stored
    FAILED = "failed"
    EXCLUDED = "excluded"
    MISSING = "missing"  #: a path it has, and no file there


class Reason(StrEnum):
    """Why a candidate failed, or was read with warnings. A closed list: people filter by it, programs match it."""

    EMPTY = "empty"  #: 0 bytes
    TRUNCATED = "truncated"  #: ends before its own structure says it does
    UNSUPPORTED = "unsupported"  #: a wanted suffix, but the bytes are of no kind that can be read
    DAMAGED = "damaged"  #: the right kind, but the decoder gives up
    TOO_LARGE = "too_large"  #: more pixels or bytes than the limits allow
    TIMEOUT = "timeout"  #: took longer than the time limit for one file; its worker was killed
    CRASHED = "crashed"  #: its worker died on it
    MEMORY = "memory"  #: needed more memory than a worker may have
    PERMISSION = "permission"  #: the server's user may not read it
    VANISHED = "vanished"  #: was there when listed, gone when opened
    OUTSIDE = "outside"  #: leads out of the roots (a link that changed under the scan)
    IO_ERROR = "io_error"  #: the disk or network refused
    BAD_METADATA = "bad_metadata"  #: read all the same, with warnings: the one code that is no failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What a session was asked to do. `directories` are absolute, escaped as `roots.escape` does."""

    directories: tuple[str, ...]
    pattern: str = ""  #: `*.mp4|*.png`, matched on the name without case; empty means every wanted type
    tier: Tier = Tier.FULL
    extract_metadata: bool = True
    extract_keywords: bool = True
    import_scores: bool = True
    enable_nsfw_detection: bool = False
    nsfw_threshold: float = 0.5
    skip_existing: bool = True
    max_files: int | None = None
    conflict_rule: ConflictRule = ConflictRule.NEWEST
    pixel_hash: bool = False  #: tell copies of a picture with other metadata
    read_stealth: bool = False  #: look for parameters hidden in the alpha channel
    auto_commit: bool = False  #: nobody reviews it: whoever started it commits it once it is completed

    def as_json(self) -> Json:
        chosen = {"tier": self.tier.value, "conflict_rule": self.conflict_rule.value}
        return {**asdict(self), "directories": list(self.directories), **chosen}

    @classmethod
    def from_json(cls, body: Json) -> Parameters:
        known = {**body, "directories": tuple(body["directories"]), "tier": Tier(body["tier"])}
        # Sessions of before there was a choice have none.
        return cls(**{**known, "conflict_rule": ConflictRule(body.get("conflict_rule", ConflictRule.NEWEST))})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file of a wanted type that discovery found. `root` is the directory asked for, `file` the path below it; both
    escaped.
    """

    root: str
    file: str
    size: int  #: bytes, as listed
    mtime_ns: int
    number: int = 0  #: its place in the session's queue, from 1 and without gaps; 0 where it is in none

    def __str__(self) -> str:
        return self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Haul:
    """What one stretch of a discovery brought, and how far the walk had come by then: enough for a later process to go
    on. Folders are absolute and escaped.
    """

    candidates: tuple[Candidate, ...]  #: numbered on from those of the haul before
    finished: tuple[str, ...] = ()  #: folders that were listed to their end, all in them counted
    folder: str = ""  #: the one that the stretch ended in the middle of; empty where there is none
    unchanged: int = 0  #: counted so far in `folder`, by this stretch and those before
    excluded: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderFound:
    """What a session found in one folder, once it was through with it. Files that are as the catalog knows them are
    recorded by this alone. Names are escaped.
    """

    folder: str  #: absolute, escaped
    files: int = 0  #: to process
    unchanged: int = 0
    excluded: int = 0
    known: int = 0  #: files the catalog has here, but for those that were marked as missing before
    lost: int = 0  #: of `known`, those that are missing
    missing: tuple[str, ...] = ()  #: files the catalog has here and the disk does not
    found: tuple[str, ...] = ()  #: files that were marked as missing and are there


@dataclass(frozen=True, slots=True)
class RawText:
    """Embedded text as found (a prompt, a workflow): compressed by the worker, stored once per content hash, outside
    the facts.
    """

    key: str  #: where it stood: `parameters`, `prompt`, `workflow`, `exif:UserComment`, …
    sha256: str  #: of the UTF-8 text
    zlib: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happened to one candidate, with all that was read. Every dict holds only JSON values, no NUL, no NaN, no
    lone surrogate.
    """

    root: str
    file: str
    kind: OutcomeKind
    bytes: int = 0
    mtime_ns: int = 0
    ms: float = 0.0  #: spent on it in the worker
    code: Reason | None = None  #: set exactly when `kind` is failed
    message: str = ""  #: for people, when failed
    warnings: tuple[str, ...] = ()  #: trouble with the metadata of a readable file
    #: Technical facts: type (`image`|`video`), format, width, height, mode, has_alpha, created_at (ISO 8601),
    #: created_at_certainty (`exact`|`local`|`day`|`guess`), camera_make, camera_model, lens, exposure_time (text),
    #: f_number, iso, focal_length, flash, gps {latitude, longitude, altitude}, title, description, creator, copyright,
    #: label, orientation, duration, frame_rate, codec, tags …; only what is known.
    media: Json = field(default_factory=dict)
    #: The normalised generation parameters: generator, version, prompt, negative_prompt,
    #: negative_terms [{text, weight}], model, model_hash, models [name], loras [{name, weight}], embeddings [name],
    #: sampler, scheduler, steps, cfg_scale, seed (text: beyond 2^53), clip_skip, width, height, denoise, hires {…},
    #: parameters {…}.
    generation: Json = field(default_factory=dict)
    keywords: tuple[Json, ...] = ()  #: {text, weight, source}; source: prompt, size, xmp, iptc, exif, caption, takeout
    #: For each field, who said so: {source, at}. `source` is `exif:DateTimeOriginal`, `xmp`, `xmp:sidecar` …, `at` when
    #: it was said, in seconds since 1970; absent where nobody knows.
    provenance: Json = field(default_factory=dict)
    #: {field, rule, chosen, values: [{value, source, at}]}: fields on which sources disagreed, the believed one first.
    conflicts: tuple[Json, ...] = ()
    score: int | None = None  #: −1 (reject) … 5, from a sidecar or the file itself; 0 is unrated
    favourite: bool | None = None
    nsfw_score: float | None = None  #: 0 to 1, as the model says it; of a video, the highest of its frames
    nsfw_model: str | None = None  #: which model gave that score
    sha256: str | None = None  #: of the file's bytes, hex
    pixel_sha256: str | None = None  #: of the decoded pixels: the same picture, whatever its metadata
    phash: str | None = None  #: 64-bit DCT hash after EXIF rotation, 16 hex digits; of a video, the thumbnail's frame
    frame_phashes: tuple[str, ...] = ()  #: of up to three frames of a video, in order; the first is `phash`
    has_thumbnail: bool = False
    extractor_version: int = 0  #: of what read it; 0 where nothing did, or from before versions were counted
    tier: Tier | None = None  #: how deep it was read; None where nothing did
    texts: tuple[RawText, ...] = ()

    @property
    def remark(self) -> Reason | None:
        """`code`; of an extracted file with warnings `bad_metadata`: what people filter by."""
        warned = self.kind is OutcomeKind.EXTRACTED and self.warnings
        return Reason.BAD_METADATA if warned else self.code
