"""What requests may hold. A field that is unknown, missing or out of range is refused before anything starts, with a
sentence that names it: a mistyped option that is quietly ignored costs a person a run.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)
from pydantic_core import PydanticCustomError

from tallylight.errors import BadParameters
from tallylight.ingest.choosing import MOST_SEQS
from tallylight.ingest.discover import name_filter
from tallylight.ingest.retrying import Wanted
from tallylight.ingest.writeback import Target
from tallylight.journal import Choice
from tallylight.messages import elide
from tallylight.model import ConflictRule, Effect, Parameters, Reason, Tier
from tallylight.roots import Roots, escape, outermost

MOST_DIRECTORIES: Final = 100


# The limits of length are also what makes pydantic refuse half a surrogate pair, which JSON can spell and no file name,
# database or answer can hold.
Pattern = Annotated[StrictStr, Field(max_length=1000)]
Folder = Annotated[StrictStr, Field(min_length=1, max_length=16_384)]
SessionId = Annotated[StrictStr, Field(min_length=1, max_length=100)]


def _printable(name: Any) -> str:
    # pydantic cannot render half a surrogate pair, and fails itself where an error holds one.
    return elide(str(name), 100).encode("utf-8", "backslashreplace").decode()


def _instead_of(name: Any, known: Iterable[str]) -> str:
    nearest = get_close_matches(str(name)[:100], known, n=1)
    return f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(known)}"


class _Request(BaseModel):
    """A request body: every field is known, and a wrong name is told with its nearest right one."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _only_known_names(cls, body: Any) -> Any:
        known = [field.alias or name for name, field in cls.model_fields.items()]
        unknown = [name for name in body if name not in known] if isinstance(body, dict) else []
        if unknown:
            raise PydanticCustomError(
                "unknown_field",
                "has no field {name}; {instead}",
                {"name": _printable(unknown[0]), "instead": _instead_of(unknown[0], known)},
            )
        return body


class ProcessParameters(_Request):
    """What to ingest, and how deep. Give `directory`, `directories` or both: all are scanned, each file once."""

    directory: Folder | None = Field(None, description="Absolute path of a folder inside a root.")
    directories: list[Folder] = Field(
        default_factory=list, max_length=MOST_DIRECTORIES, description="Several such folders."
    )
    pattern: Pattern = Field(
        "",
        description="File names to take, case ignored, alternatives between `|`; empty takes every media type.",
        examples=["*.mp4|*.png"],
    )
    tier: Tier = Field(
        Tier.FULL,
        description="`index` lists, `metadata` reads headers and embedded text, `full` also hashes, decodes and makes "
        "thumbnails.",
    )
    extract_metadata: StrictBool = Field(True, description="Read technical facts and generation parameters.")
    extract_keywords: StrictBool = Field(True, description="Keywords from prompt, size, captions and tags.")
    import_scores: StrictBool = Field(True, description="Scores and favourites, from sidecars and from files.")
    enable_nsfw_detection: StrictBool = Field(
        False, description="Score pictures and videos (tier `full`); needs the extra `nsfw`, without which true is 400."
    )
    nsfw_threshold: StrictFloat = Field(0.5, ge=0, le=1, description="Files scored at or over it count as detected.")
    skip_existing: StrictBool = Field(
        True, description="Pass over files that the catalog knows by path, size and modification time."
    )
    max_files: StrictInt | None = Field(
        None, ge=0, le=2**53, description="Process at most so many; 0 only counts, null is no limit."
    )
    conflict_rule: ConflictRule = Field(
        ConflictRule.NEWEST,
        description="Whom to believe where a file, its sidecars and the catalog disagree: `newest`, `sidecar`, "
        "`database`, `highest`.",
    )
    pixel_hash: StrictBool = Field(
        False, description="Also hash the decoded pixels: the same picture with other metadata."
    )
    read_stealth: StrictBool = Field(False, description="Look for parameters hidden in the alpha channel.")

    def to_parameters(self, roots: Roots) -> Parameters:
        """The parameters of a session, folders resolved to real paths inside the roots.

        A folder inside another one asked for is dropped, since that one brings its files. Raises BadFolder for a
        folder that cannot be scanned and BadParameters where none is given. Reads the disk: call it off the event loop.
        """
        if self.directory is None and not self.directories:
            raise BadParameters("No folder was given; name at least one in parameters.directories.")
        return self.to_preset(roots)

    def to_preset(self, roots: Roots) -> Parameters:
        """The same, where there need be no folder."""
        asked = [*([self.directory] if self.directory is not None else []), *self.directories]
        folders = outermost(roots.folder(folder) for folder in asked)
        return Parameters(
            directories=tuple(escape(folder) for folder in folders),
            pattern=self.pattern,
            tier=self.tier,
            extract_metadata=self.extract_metadata,
            extract_keywords=self.extract_keywords,
            import_scores=self.import_scores,
            enable_nsfw_detection=self.enable_nsfw_detection,
            nsfw_threshold=self.nsfw_threshold,
            skip_existing=self.skip_existing,
            max_files=self.max_files,
            conflict_rule=self.conflict_rule,
            pixel_hash=self.pixel_hash,
            read_stealth=self.read_stealth,
        )


class ProcessRequest(_Request):
    """Start a session."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"parameters": {"directories": ["/media/photos"], "pattern": "*.png|*.jpg"}}]}
    )

    parameters: ProcessParameters


class PresetRequest(_Request):
    """Keep parameters by a name."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"parameters": {"tier": "metadata", "pattern": "*.png"}}]}
    )

    parameters: ProcessParameters


class CommitRequest(_Request):
    """Commit what a session extracted to the catalog."""

    session_id: SessionId = Field(description="Id of a session at rest.")
    preview: Annotated[StrictStr, Field(max_length=100)] | None = Field(
        None,
        description="The `preview` of what was shown: 409 `preview_changed` where the commit would do anything else.",
    )


class RetryRequest(_Request):
    """Which failed files to try again: those with a reason, or single ones. Everything that is given has to fit."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"codes": ["timeout", "io_error"]}, {"seqs": [17, 23]}]})

    codes: list[Reason] = Field(default_factory=list, max_length=len(Reason), description="With one of these codes.")
    seqs: list[Annotated[StrictInt, Field(ge=1, le=2**62)]] = Field(
        default_factory=list, max_length=MOST_SEQS, description="Their numbers, as the list of items has them."
    )

    def to_wanted(self) -> Wanted:
        """Raises BadParameters where nothing is given: whoever means all sends no body."""
        if not self.codes and not self.seqs:
            raise BadParameters("Say which files: give codes or seqs, or send no body for all that failed.")
        return Wanted(frozenset(self.codes), frozenset(self.seqs))


class Chosen(_Request):
    """Which files of a preview: single numbers, or a filter. Everything that is given has to fit."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"seqs": [17, 23]}, {"class": ["duplicate"]}]})

    seqs: list[Annotated[StrictInt, Field(ge=1, le=2**62)]] = Field(
        default_factory=list, max_length=MOST_SEQS, description="Their numbers, as the preview lists them."
    )
    effects: list[Effect] = Field(
        default_factory=list, max_length=len(Effect), alias="class", description="Of one of these classes."
    )
    code: Reason | None = Field(None, description="With this reason code: `bad_metadata` is that of warnings.")
    folder: Annotated[StrictStr, Field(max_length=16_384)] = Field(
        "", description="In or below this folder: absolute, or relative to the directory asked for."
    )
    name: Pattern = Field("", description="With such a name, as `pattern`.", examples=["*.gif|draft*"])
    conflicts: StrictBool = Field(False, description="On which somebody disagrees.")
    nsfw: StrictFloat | None = Field(None, ge=0, le=1, description="With an NSFW score of at least so much.")

    def to_choice(self) -> Choice:
        """Raises BadParameters where nothing is given: that everything is meant has to be said."""
        if not any((self.seqs, self.effects, self.code, self.folder, self.name, self.conflicts, self.nsfw is not None)):
            raise BadParameters(
                "Say which files: give seqs, or a filter of class, code, folder, name, conflicts or nsfw."
            )
        return Choice(
            effects=tuple(effect.value for effect in self.effects),
            seqs=tuple(self.seqs),
            code=self.code,
            folder=self.folder,
            named=name_filter(self.name) if self.name else None,
            conflicts=self.conflicts,
            nsfw=self.nsfw,
        )


class ScheduleRequest(_Request):
    """Look at a folder by itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"folder": "/media/photos", "rule": "every 15m"}]})

    folder: Folder = Field(description="Absolute path of a folder inside a root.")
    rule: Annotated[StrictStr, Field(max_length=100)] = Field(
        "events", description="When: `events`, `poll`, `every 15m` (s, m, h, d), `daily 03:00`."
    )
    auto_commit: StrictBool = Field(False, description="Commit what was found without a review.")


class RateRequest(_Request):
    """A person's word on a committed file. A field that is left out stays as it is; null takes the word back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"score": 4}, {"favourite": True}]})

    score: StrictInt | None = Field(None, ge=-1, le=5, description="−1 (reject) to 5; 0 is unrated.")
    favourite: StrictBool | None = None

    def said(self) -> dict[str, int | bool | None]:
        """The fields that were given. Raises BadParameters where none was."""
        if not self.model_fields_set:
            raise BadParameters("Nothing was said of the file; give score, favourite or both.")
        return {name: getattr(self, name) for name in sorted(self.model_fields_set)}


class WriteScoresRequest(_Request):
    """Write ratings of the catalog to sidecars of the files."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"q": "is:rated", "to": "xmp", "dry_run": False}]})

    q: Annotated[StrictStr, Field(max_length=4000)] = Field("", description="Which files, as a search; empty: all.")
    to: Target = Field(description="`scores`: `.scores/NAME.json`; `xmp`: the XMP beside the file.")
    dry_run: StrictBool = Field(True, description="Only say what would be written; false writes.")


#: The body of a request for file types: a bare JSON list of folders.
Folders = Annotated[
    list[Folder],
    Field(
        min_length=1, max_length=MOST_DIRECTORIES, description="Folders inside the roots.", examples=[["/media/photos"]]
    ),
]
