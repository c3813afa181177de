"""The preview as a diff over all files of a session: what a commit would do, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tallylight.catalog import Catalog, Medium, Rated
from tallylight.errors import BadParameters, PreviewChanged, WrongMove
from tallylight.facts import State
from tallylight.ingest.agreement import agree
from tallylight.ingest.changes import changes
from tallylight.ingest.looking import DECIDED, is_up_to_date
from tallylight.ingest.preview import Effect
from tallylight.journal import Choice, Journal, Previewed, Session, Standing
from tallylight.model import Json, OutcomeKind, Status
from tallylight.roots import absolute

#: What a commit stores. Everything else it leaves alone.
STORED: Final = (Effect.NEW, Effect.CHANGED, Effect.DUPLICATE)

_MAY_CHOOSE: Final = frozenset({Status.COMPLETED, Status.CANCELLED, Status.ERROR, Status.COMMIT_ERROR, Status.UNDONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a commit would do, in numbers. `files` add up to all that were discovered and have an outcome."""

    session_id: str
    preview: str  #: names what is shown: hand it to the commit, which then refuses to do anything else
    complete: bool  #: everything was looked at, and the catalog has not changed since
    files: dict[str, int]  #: by effect, those set aside included
    unlisted: dict[str, int]  #: those of `files` that discovery only counted: no page has them
    set_aside: dict[str, int]  #: those of `files` that you excluded, by effect
    to_commit: int  #: files that a commit would store
    conflicts: int  #: those of `files` on which sources, or a source and the catalog, disagree


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a page."""

    shown: Previewed
    changes: tuple[Json, ...]  #: of a changed file, as `changes.changes`
    conflicts: tuple[Json, ...]  #: as a commit would settle them
    same_as: str | None  #: of a duplicate, where its content is already: absolute, escaped


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a preview; `next` is the `after` of the following page, None at the end."""

    summary: Summary
    entries: tuple[Entry, ...]
    next: int | None


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
    limit: int = 100,
) -> Page:
    """A page of a preview as far as it has come, in the order in which files were processed.

    Takes as long for a million files as for a hundred, provided that they were looked at (`looking`) and the choice is
    one of effects. Blocking. NotFound for an unknown session.
    """
    found = journal.previews.page(session_id, choice or Choice(), after=after, limit=limit + 1)
    shown = found[:limit]
    return Page(
        summary(journal, catalog, session_id),
        tuple(_entries(journal, catalog, journal.session(session_id), shown)),
        shown[-1].item.seq if len(found) > limit else None,
    )


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


def check_may_choose(state: State) -> None:
    """Raise WrongMove where files can no longer, or not yet, be set aside."""
    if state.status in _MAY_CHOOSE:
        return
    if state.status in DECIDED:
        raise WrongMove(f"This session is {state.status}; files can be set aside only before a commit.")
    raise WrongMove(f"This session is {state.status}; wait until everything was looked at, then set files aside.")


def set_aside(journal: Journal, session_id: str, choice: Choice, *, aside: bool) -> int:
    """Exclude the files of a choice from the commit, or include them again; returns of how many that was a change.

    A choice of effects, codes, folders or names takes those of its files that a commit would store. BadParameters where
    a number that was given is of no such file: that cannot have been meant.
    """
    check_may_choose(journal.session(session_id).state)
    stored = tuple(effect.value for effect in STORED)
    if choice.seqs:
        found = journal.previews.page(session_id, Choice(seqs=choice.seqs), limit=len(choice.seqs))
        _check_seqs(choice.seqs, found)
    wanted = tuple(effect for effect in choice.effects if effect in stored) if choice.effects else stored
    if not wanted:
        raise BadParameters(
            f"A commit stores only files that are {', '.join(stored)}; the others are left alone anyway."
        )
    return journal.previews.set_aside(session_id, _narrowed(choice, wanted), aside=aside)


def _narrowed(choice: Choice, effects: tuple[str, ...]) -> Choice:
    return Choice(
        effects=effects,
        seqs=choice.seqs,
        code=choice.code,
        folder=choice.folder,
        named=choice.named,
        conflicts=choice.conflicts,
    )


def _check_seqs(seqs: Sequence[int], found: Sequence[Previewed]) -> None:
    effects = {one.item.seq: one.effect for one in found}
    for seq in seqs:
        if seq not in effects:
            raise BadParameters(f"This session's preview has no file number {seq}; its pages have the numbers.")
        if effects[seq] not in STORED:
            raise BadParameters(f"File number {seq} is {effects[seq]}: a commit leaves it alone anyway.")


def _summary(session: Session, standing: Standing, *, complete: bool) -> Summary:
    state = session.state
    unlisted = {Effect.UNCHANGED.value: state.unchanged, Effect.EXCLUDED.value: state.excluded}
    files = {effect.value: standing.files.get(effect, 0) + unlisted.get(effect, 0) for effect in Effect}
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
    stored = catalog.at(paths) if session.state.status not in DECIDED else {}
    same_as = _same_as(journal, catalog, session.session_id, shown)
    return [
        _entry(one, session, stored.get(path), same_as.get(one.item.seq))
        for one, path in zip(shown, paths, strict=True)
    ]


def _entry(shown: Previewed, session: Session, medium: Medium | None, same_as: str | None) -> Entry:
    outcome = shown.item.outcome
    if medium is None or outcome.kind is not OutcomeKind.EXTRACTED:
        return Entry(shown, (), outcome.conflicts, same_as)
    agreed = agree(outcome, rated(medium), session.parameters.conflict_rule)
    differing = changes(medium.outcome, agreed.outcome) if shown.effect == Effect.CHANGED else []
    return Entry(shown, tuple(differing), agreed.conflicts, same_as)


def rated(medium: Medium) -> Rated | None:
    """What the catalog holds of a person's verdict on this file; None where it holds none."""
    one = medium.outcome
    if one.score is None and one.favourite is None:
        return None
    return Rated(score=one.score, favourite=one.favourite, provenance=one.provenance)


def _same_as(journal: Journal, catalog: Catalog, session_id: str, shown: Sequence[Previewed]) -> Mapping[int, str]:
    """Where the contents of duplicates are already: in the catalog, or in a file of the session that came before."""
    hashed = {
        one.item.seq: one.item.outcome.sha256
        for one in shown
        if one.effect == Effect.DUPLICATE and one.item.outcome.sha256
    }
    held = catalog.hashes(list(hashed.values()))
    first = journal.previews.firsts(session_id, {seq: sha for seq, sha in hashed.items() if sha not in held})
    items = {item.seq: item.outcome for item in journal.previews.items(session_id, sorted(set(first.values())))}
    found = {seq: held[sha] for seq, sha in hashed.items() if sha in held}
    return found | {
        seq: absolute(items[other].root, items[other].file) for seq, other in first.items() if other in items
    }
