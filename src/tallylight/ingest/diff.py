"""The preview as a diff over all files of a session: what a commit would do, a page at a time."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from tallylight.catalog import Catalog, Medium, Rated
from tallylight.errors import PreviewChanged
from tallylight.ingest.agreement import agree
from tallylight.ingest.differences import changes
from tallylight.ingest.looking import DECIDED, is_up_to_date
from tallylight.ingest.preview import Preview
from tallylight.journal import Choice, Journal, Previewed, Session, Standing
from tallylight.model import Effect, Json, Outcome, OutcomeKind
from tallylight.roots import absolute, raw_bytes

#: Names of missing files that are told of one folder.
MOST_NAMES: Final = 1000
#: What a commit stores. Everything else it leaves alone.
STORED: Final = (Effect.NEW, Effect.CHANGED, Effect.MOVED, Effect.DUPLICATE)
#: The technical facts that a page tells of each file; `/items` has all.
_SHOWN: Final = ("type", "width", "height", "orientation", "duration")
_DIFFERING: Final = (Effect.CHANGED, Effect.MOVED)
TO_COMMIT: Final = Choice(effects=tuple(effect.value for effect in STORED), set_aside=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a commit would do, in numbers. But for `missing`, which are on no disk, `files` add up to all that were
    discovered and have an outcome.
    """

    session_id: str
    preview: str  #: names what is shown: hand it to the commit, which then refuses to do anything else
    complete: bool  #: everything was looked at, and the catalog has not changed since
    files: dict[str, int]  #: by effect, those set aside included
    unlisted: dict[str, int]  #: those of `files` that discovery only counted: no page has them
    set_aside: dict[str, int]  #: those of `files` that you excluded, by effect
    to_commit: int  #: files that a commit would store
    conflicts: int  #: those of `files` on which sources, or a source and the catalog, disagree

    def as_json(self) -> Json:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a page."""

    shown: Previewed
    changes: tuple[Json, ...]  #: of a changed file, as `differences.changes`
    conflicts: tuple[Json, ...]  #: as a commit would settle them
    beside: Json | None = None  #: what a person would put beside it, as `_beside` tells

    @property
    def same_as(self) -> str | None:
        """Of a duplicate, where its content is already: absolute, escaped."""
        return self.beside["path"] if self.beside and self.shown.effect == Effect.DUPLICATE else None

    def as_json(self) -> Json:
        """`file_raw` (base64) is there only where the name is not UTF-8."""
        shown, outcome = self.shown, self.shown.item.outcome
        raw = raw_bytes(outcome.file)
        return {
            "seq": shown.item.seq,
            "root": outcome.root,
            "file": outcome.file,
            **({"file_raw": b64encode(raw).decode("ascii")} if raw is not None else {}),
            "class": shown.effect,
            "bytes": outcome.bytes,
            "code": outcome.remark.value if outcome.remark else None,
            "message": outcome.message,
            "warnings": list(outcome.warnings),
            "changes": list(self.changes),
            "conflicts": list(self.conflicts),
            "same_as": self.same_as,
            "moved_from": shown.moved_from,
            "set_aside": shown.is_set_aside,
            "refused": shown.refused,
            "has_thumbnail": outcome.has_thumbnail,
            "beside": self.beside,
            "media": {name: outcome.media[name] for name in _SHOWN if name in outcome.media},
            "score": outcome.score,
            "favourite": outcome.favourite,
            "nsfw_score": outcome.nsfw_score,
        }


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a preview; `next` is the `after` of the following page, None at the end."""

    summary: Summary
    entries: tuple[Entry, ...]
    next: int | None

    def as_json(self) -> Json:
        entries = [entry.as_json() for entry in self.entries]
        return {**self.summary.as_json(), "items": entries, "next": self.next}


def summary(journal: Journal, catalog: Catalog, session_id: str) -> Summary:
    """The numbers of a preview as far as it has come. Reads one row."""
    session, standing = journal.session(session_id), journal.previews.standing(session_id)
    return _summary(session, standing, complete=is_up_to_date(journal, catalog, session_id))


def first_page(
    journal: Journal,
    catalog: Catalog,
    session_id: str,
    choice: Choice | None = None,
    *,
    after: int = 0,
    offset: int = 0,
    limit: int = 100,
) -> Page:
    """A page of a preview as far as it has come, in the order in which files were processed.

    Takes as long for a million files as for a hundred, provided that they were looked at (`looking`), the choice is
    one of effects and it begins `after` a file: those of an `offset` are counted. Blocking. NotFound for an unknown
    session.
    """
    found = journal.previews.page(session_id, choice or Choice(), after=after, offset=offset, limit=limit + 1)
    shown = found[:limit]
    return Page(
        summary(journal, catalog, session_id),
        tuple(_entries(journal, catalog, journal.session(session_id), shown)),
        shown[-1].item.seq if len(found) > limit else None,
    )


def total(journal: Journal, now: Summary, choice: Choice) -> int:
    """How many files a choice has. Of one class alone the summary knows; of any other they are counted."""
    effect = choice.effects[0] if len(choice.effects) == 1 else ""
    if effect != Effect.MISSING and choice == Choice(effects=(effect,)):
        return now.files[effect] - now.unlisted.get(effect, 0)
    return journal.previews.count(now.session_id, choice)


def unlisted_folders(journal: Journal, session_id: str, effect: str, after: str = "", limit: int = 100) -> Json:
    """The folders of files that discovery only counted, or did not find: those of one effect, sorted, a page at a time.
    Of missing files the first names of each folder.
    """
    found = journal.previews.folders(session_id, effect, after=after, limit=limit + 1)
    page = found[:limit]
    told = [
        {
            "folder": one.folder,
            "unchanged": one.unchanged,
            "excluded": one.excluded,
            "missing": len(one.missing),
            "names": list(one.missing[:MOST_NAMES]),
        }
        for one in page
        if effect != Effect.MISSING or one.missing
    ]
    return {"session_id": session_id, "folders": told, "next": page[-1].folder if len(found) > limit else None}


def as_told(journal: Journal, catalog: Catalog, session_id: str) -> Preview | None:
    """The numbers as the report has them; None where the preview is not up to date."""
    now = summary(journal, catalog, session_id)
    return Preview(**now.files, conflicts=now.conflicts) if now.complete else None


def to_commit(standing: Standing) -> int:
    """How many files a commit would store."""
    return sum(standing.files.get(effect, 0) - standing.set_aside.get(effect, 0) for effect in STORED)


def name_of(standing: Standing) -> str:
    """What is shown, in a word: the same for the same files with the same effects, and the same set aside."""
    return f"{standing.mark}-{standing.revision}"


def check_name(name: str, standing: Standing) -> None:
    """Raise PreviewChanged unless the preview of this name is still what a commit would do."""
    if name != name_of(standing):
        raise PreviewChanged


def _summary(session: Session, standing: Standing, *, complete: bool) -> Summary:
    state = session.state
    unlisted = {Effect.UNCHANGED.value: state.unchanged, Effect.EXCLUDED.value: state.excluded}
    files = {effect.value: standing.files.get(effect, 0) + unlisted.get(effect, 0) for effect in Effect}
    files[Effect.MISSING] = standing.missing
    return Summary(
        session_id=session.session_id,
        preview=name_of(standing),
        complete=complete,
        files=files,
        unlisted={effect: count for effect, count in unlisted.items() if count},
        set_aside=dict(standing.set_aside),
        to_commit=to_commit(standing),
        conflicts=standing.conflicts,
    )


def _entries(journal: Journal, catalog: Catalog, session: Session, shown: Sequence[Previewed]) -> list[Entry]:
    paths = [absolute(one.item.outcome.root, one.item.outcome.file) for one in shown]
    stood = [one.moved_from or path for one, path in zip(shown, paths, strict=True)]
    stored = catalog.media_at(stood) if session.state.status not in DECIDED else {}
    beside = _same_as(journal, catalog, session.session_id, shown)
    return [
        _entry(one, session, stored.get(path), beside.get(one.item.seq)) for one, path in zip(shown, stood, strict=True)
    ]


def _entry(shown: Previewed, session: Session, medium: Medium | None, same_as: Json | None) -> Entry:
    outcome = shown.item.outcome
    if medium is None or outcome.kind is not OutcomeKind.EXTRACTED:
        return Entry(shown, (), outcome.conflicts, same_as)
    agreed = agree(outcome, rated(medium), session.parameters.conflict_rule)
    if shown.effect not in _DIFFERING:
        return Entry(shown, (), agreed.conflicts, same_as)
    differing = changes(medium.outcome, agreed.outcome)
    return Entry(shown, tuple(differing), agreed.conflicts, _beside(medium.path, medium.outcome, medium=medium))


def _beside(path: str, outcome: Outcome, *, medium: Medium | None = None, seq: int | None = None) -> Json:
    """Of a duplicate the file with its content, of a changed or moved one what is stored of it: where it is, and where
    its picture is found, in the catalog (`media_id`) or in this session (`seq`).
    """
    found = {"media_id": medium.media_id} if medium is not None else {"seq": seq}
    return {"path": path, "bytes": outcome.bytes, "has_thumbnail": outcome.has_thumbnail, **found}


def rated(medium: Medium) -> Rated | None:
    """What the catalog holds of a person's verdict on this file; None where it holds none."""
    one = medium.outcome
    if one.score is None and one.favourite is None:
        return None
    return Rated(score=one.score, favourite=one.favourite, provenance=one.provenance)


def _same_as(journal: Journal, catalog: Catalog, session_id: str, shown: Sequence[Previewed]) -> Mapping[int, Json]:
    """Where the contents of duplicates are already: in the catalog, or in a file of the session that came before."""
    hashed = {
        one.item.seq: one.item.outcome.sha256
        for one in shown
        if one.effect == Effect.DUPLICATE and one.item.outcome.sha256
    }
    held = catalog.hashes(list(hashed.values()))
    first = journal.previews.firsts(session_id, {seq: sha for seq, sha in hashed.items() if sha not in held})
    items = {item.seq: item.outcome for item in journal.previews.items(session_id, sorted(set(first.values())))}
    media = catalog.media_at(sorted(set(held.values())))
    found = {seq: media[held[sha]] for seq, sha in hashed.items() if held.get(sha) in media}
    return {seq: _beside(medium.path, medium.outcome, medium=medium) for seq, medium in found.items()} | {
        seq: _beside(absolute(items[other].root, items[other].file), items[other], seq=other)
        for seq, other in first.items()
        if other in items
    }
