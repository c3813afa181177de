"""Previews in a database: one narrow row for each outcome, so that no request goes through the outcomes themselves."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    bindparam,
    cast,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from tallylight.db.database import Database
from tallylight.db.many import insert_many
from tallylight.db.raw_texts import chunked
from tallylight.db.tables import first_contents, folders, outcome_texts, outcomes, previewed, previews, sessions
from tallylight.db.upsert import insert_or_keep
from tallylight.errors import NotFound
from tallylight.journal.contract import Item
from tallylight.journal.previews import (
    Choice,
    Decided,
    Kept,
    Previewed,
    Sketch,
    Standing,
    left_behind,
    settled,
    with_moves,
    with_set_aside,
)
from tallylight.journal.rows import folder_of, item_of
from tallylight.model import FolderFound, OutcomeKind, RawText, Reason
from tallylight.roots import absolute

#: Names in memory while many are gone through.
_STREAMED: Final = 10_000
#: Files that are set aside in one go.
_AT_ONCE: Final = 20_000

# PostgreSQL compares no JSON, but keeps its text as it was written.
_HAS_CONFLICTS: Final = cast(outcomes.c.conflicts, Text) != "[]"
_SKETCH: Final = (
    select(
        outcomes.c.seq,
        outcomes.c.root,
        outcomes.c.file,
        outcomes.c.kind,
        outcomes.c.bytes,
        outcomes.c.mtime_ns,
        outcomes.c.sha256,
        _HAS_CONFLICTS.label("has_conflicts"),
        outcomes.c.retries,
    )
    .where(outcomes.c.session_id == bindparam("of"), outcomes.c.seq > bindparam("after"))
    .where(outcomes.c.retried_by.is_(None))
    .order_by(outcomes.c.seq)
    .limit(bindparam("most"))
)
_PATH: Final = func.rtrim(outcomes.c.root, "/") + "/" + outcomes.c.file


class SqlPreviews:
    """`Previews` over the tables of `tallylight.db`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self, session_id: str) -> Standing:
        with self._database.reading() as connection:
            return _standing(connection, session_id)[1]

    def is_behind(self, session_id: str) -> bool:
        with self._database.reading() as connection:
            until = _standing(connection, session_id)[1].until
            later = exists().where(outcomes.c.session_id == session_id, outcomes.c.seq > until)
            return bool(connection.scalar(select(later)))

    def sketches(self, session_id: str, *, after: int, limit: int) -> list[Sketch]:
        with self._database.reading() as connection:
            rows = connection.execute(_SKETCH, {"of": session_id, "after": after, "most": limit})
            return [
                Sketch(seq, root, file, OutcomeKind(kind), size, mtime_ns, sha256, bool(conflicts), retries)
                for seq, root, file, kind, size, mtime_ns, sha256, conflicts, retries in rows
            ]

    def first_of(self, session_id: str, contents: Mapping[int, str]) -> dict[int, int]:
        packed = {seq: bytes.fromhex(sha256) for seq, sha256 in contents.items()}
        with self._database.writing() as connection:
            preview_id = _begun(connection, session_id)
            rows = [{"preview_id": preview_id, "sha256": sha, "seq": seq} for seq, sha in packed.items()]
            insert_many(connection, first_contents, rows, keep=True)
            return _first_of(connection, preview_id, packed)

    def firsts(self, session_id: str, contents: Mapping[int, str]) -> dict[int, int]:
        packed = {seq: bytes.fromhex(sha256) for seq, sha256 in contents.items()}
        with self._database.reading() as connection:
            return _first_of(connection, _standing(connection, session_id)[0], packed)

    def settle(
        self, session_id: str, decided: Sequence[Decided], *, gone: Sequence[int], since: Standing, until: int
    ) -> bool:
        with self._database.writing() as connection:
            preview_id = _begun(connection, session_id)
            standing = _standing(connection, session_id)[1]
            if _differ(standing, since):
                return False
            before = _kept(connection, preview_id, [one.seq for one in decided], gone)
            _forget(connection, preview_id, gone)
            _store(connection, preview_id, before, decided)
            _keep(connection, preview_id, settled(standing, before, decided, until))
        return True

    def settle_moves(self, session_id: str, decided: Sequence[Decided], *, since: Standing, missing: int) -> bool:
        with self._database.writing() as connection:
            preview_id, standing = _standing(connection, session_id)
            if _differ(standing, since):
                return False
            before = _kept(connection, preview_id, [one.seq for one in decided])
            _store(connection, preview_id, before, decided)
            _keep(connection, preview_id, with_moves(standing, before, decided, missing))
        return True

    def restart(self, session_id: str, version: int) -> None:
        with self._database.writing() as connection:
            preview_id = _begun(connection, session_id)
            anew = update(previews).where(previews.c.preview_id == preview_id)
            connection.execute(anew.values(until=0, version=version, moves_known=False))

    def page(
        self, session_id: str, choice: Choice, *, after: int = 0, offset: int = 0, limit: int = 100
    ) -> list[Previewed]:
        with self._database.reading() as connection:
            preview_id, _ = _standing(connection, session_id)
            seqs = _chosen_seqs(connection, preview_id, session_id, choice, after, max(limit, 0), offset)
            rows = {row.seq: row for row in _rows(connection, preview_id, seqs)}
            items = _items(connection, session_id, list(rows))
        return [_previewed(item, rows[item.seq]) for item in items]

    def count(self, session_id: str, choice: Choice) -> int:
        with self._database.reading() as connection:
            preview_id, _ = _standing(connection, session_id)
            if choice.named is not None:
                return len(_chosen_seqs(connection, preview_id, session_id, choice, 0, sys.maxsize))
            query = select(func.count()).select_from(previewed).where(previewed.c.preview_id == preview_id)
            return connection.scalar(_narrowed(query, session_id, choice)) or 0

    def folders(self, session_id: str, kind: str, *, after: str = "", limit: int = 100) -> list[FolderFound]:
        holding = cast(folders.c.missing, Text) != "[]" if kind == "missing" else folders.c[kind] > 0
        query = select(folders).where(folders.c.session_id == session_id, folders.c.folder > after, holding)
        with self._database.reading() as connection:
            preview_id, _ = _standing(connection, session_id)
            rows = connection.execute(query.order_by(folders.c.folder).limit(max(limit, 0))).all()
            found = [folder_of(row._asdict()) for row in rows]
            moved = _moved_from(connection, preview_id, found) if kind == "missing" else set()
        return left_behind(found, moved) if kind == "missing" else found

    def items(self, session_id: str, seqs: Sequence[int]) -> list[Item]:
        with self._database.reading() as connection:
            return _items(connection, session_id, seqs)

    def text_names(self, session_id: str, seqs: Sequence[int]) -> dict[int, tuple[RawText, ...]]:
        found: dict[int, tuple[RawText, ...]] = {}
        query = select(outcome_texts.c.seq, outcome_texts.c.key, outcome_texts.c.sha256)
        query = query.where(outcome_texts.c.session_id == session_id)
        query = query.order_by(outcome_texts.c.seq, outcome_texts.c.position)
        with self._database.reading() as connection:
            for chunk in chunked(seqs):
                for row in connection.execute(query.where(outcome_texts.c.seq.in_(chunk))):
                    found[row.seq] = (*found.get(row.seq, ()), RawText(row.key, row.sha256, b""))
        return found

    def set_aside(self, session_id: str, choice: Choice, *, aside: bool) -> int:
        with self._database.writing() as connection:
            preview_id = _begun(connection, session_id)
            _, standing = _standing(connection, session_id)
            changed: Counter[str] = Counter()
            wanted = replace(choice, set_aside=not aside)
            after = 0
            while rows := _chosen(connection, preview_id, session_id, wanted, after, _AT_ONCE):
                _set_aside(connection, preview_id, [row.seq for row in rows], aside=aside)
                changed.update(row.effect for row in rows)
                after = rows[-1].seq
            if changed:
                _keep(connection, preview_id, with_set_aside(standing, changed, aside=aside))
        return changed.total()

    def refuse(self, session_id: str, reasons: Mapping[int, str]) -> None:
        with self._database.writing() as connection:
            preview_id = _begun(connection, session_id)
            of_one = (previewed.c.preview_id == preview_id) & (previewed.c.seq == bindparam("of"))
            why = update(previewed).where(of_one).values(refused=bindparam("why"))
            if reasons:
                connection.execute(why, [{"of": seq, "why": reason} for seq, reason in reasons.items()])

    def forget_refusals(self, session_id: str) -> None:
        with self._database.writing() as connection:
            refused = (previewed.c.preview_id == _begun(connection, session_id)) & previewed.c.refused.is_not(None)
            connection.execute(update(previewed).where(refused).values(refused=None))


def _differ(standing: Standing, since: Standing) -> bool:
    return (standing.until, standing.version) != (since.until, since.version)


def _standing(connection: Connection, session_id: str) -> tuple[int, Standing]:
    """The preview's id (0 where there is none yet) and its standing."""
    row = connection.execute(select(previews).where(previews.c.session_id == session_id)).one_or_none()
    if row is not None:
        body = row._asdict()
        preview_id = body.pop("preview_id")
        del body["session_id"]
        return preview_id, Standing(**body)
    if connection.scalar(select(sessions.c.session_id).where(sessions.c.session_id == session_id)) is None:
        raise NotFound(f"There is no session {session_id}; `tallylight sessions` lists them.")
    return 0, Standing()


def _begun(connection: Connection, session_id: str) -> int:
    """The id of a session's preview, made if need be."""
    preview_id, standing = _standing(connection, session_id)
    if not preview_id:
        row = {"session_id": session_id} | _columns(standing)
        connection.execute(insert_or_keep(connection, previews), row)
        preview_id, _ = _standing(connection, session_id)
    return preview_id


def _columns(standing: Standing) -> dict[str, Any]:
    return {name: getattr(standing, name) for name in standing.__slots__}


def _keep(connection: Connection, preview_id: int, standing: Standing) -> None:
    connection.execute(update(previews).where(previews.c.preview_id == preview_id).values(**_columns(standing)))


def _first_of(connection: Connection, preview_id: int, packed: Mapping[int, bytes]) -> dict[int, int]:
    query = select(first_contents.c.sha256, first_contents.c.seq).where(first_contents.c.preview_id == preview_id)
    first: dict[bytes, int] = {}
    for chunk in chunked(list(set(packed.values()))):
        first |= {bytes(row.sha256): row.seq for row in connection.execute(query.where(_one_of(chunk)))}
    return {seq: first[sha] for seq, sha in packed.items() if sha in first}


def _one_of(shas: Sequence[bytes]) -> ColumnElement[bool]:
    return first_contents.c.sha256.in_(shas)


def _kept(connection: Connection, preview_id: int, *several: Sequence[int]) -> dict[int, Kept]:
    columns = (
        previewed.c.seq,
        previewed.c.effect,
        previewed.c.conflicts,
        previewed.c.set_aside,
        previewed.c.moved_from,
    )
    query = select(*columns).where(previewed.c.preview_id == preview_id)
    found: dict[int, Kept] = {}
    for seqs in several:
        for chunk in chunked(seqs):
            rows = connection.execute(query.where(previewed.c.seq.in_(chunk)))
            found |= {row.seq: Kept(row.effect, row.conflicts, row.set_aside, row.moved_from) for row in rows}
    return found


def _forget(connection: Connection, preview_id: int, seqs: Sequence[int]) -> None:
    for chunk in chunked(seqs):
        of_these = (previewed.c.preview_id == preview_id) & previewed.c.seq.in_(chunk)
        connection.execute(delete(previewed).where(of_these))


def _store(connection: Connection, preview_id: int, before: Mapping[int, Kept], decided: Sequence[Decided]) -> None:
    """Add what is new and change what differs: after a change of the catalog, most stays as it was."""
    rows = [
        {
            "preview_id": preview_id,
            "seq": one.seq,
            "effect": one.effect,
            "moved_from": one.moved_from,
            "conflicts": one.has_conflicts,
            "set_aside": False,
            "refused": None,
        }
        for one in decided
        if one.seq not in before
    ]
    insert_many(connection, previewed, rows)
    differing = [
        {"of": one.seq, "now": one.effect, "disputed": one.has_conflicts, "before": one.moved_from}
        for one in decided
        if (kept := before.get(one.seq)) is not None
        and (kept.effect, kept.has_conflicts, kept.moved_from) != (one.effect, one.has_conflicts, one.moved_from)
    ]
    if differing:
        of_one = (previewed.c.preview_id == preview_id) & (previewed.c.seq == bindparam("of"))
        values: dict[str, Any] = {
            "effect": bindparam("now"),
            "conflicts": bindparam("disputed"),
            "moved_from": bindparam("before"),
        }
        connection.execute(update(previewed).where(of_one).values(values), differing)


def _chosen(
    connection: Connection, preview_id: int, session_id: str, choice: Choice, after: int, limit: int
) -> list[Any]:
    """The rows of a choice, in order."""
    return _rows(connection, preview_id, _chosen_seqs(connection, preview_id, session_id, choice, after, max(limit, 0)))


def _rows(connection: Connection, preview_id: int, seqs: Sequence[int]) -> list[Any]:
    query = select(previewed).where(previewed.c.preview_id == preview_id)
    rows = (row for chunk in chunked(seqs) for row in connection.execute(query.where(previewed.c.seq.in_(chunk))))
    return sorted(rows, key=lambda row: row.seq)


def _chosen_seqs(  # noqa: PLR0917 (a question has so many parts)
    connection: Connection, preview_id: int, session_id: str, choice: Choice, after: int, limit: int, offset: int = 0
) -> Sequence[int]:
    """Their numbers. Of a choice with a name, all names may have to be looked at."""
    # Numbers alone: then SQLite finds those of one effect by the index, and nowhere else.
    query = select(previewed.c.seq).where(previewed.c.preview_id == preview_id, previewed.c.seq > after)
    query = _narrowed(query, session_id, choice).order_by(previewed.c.seq)
    if choice.named is None:
        return connection.scalars(query.limit(limit).offset(offset)).all()
    streamed = query.add_columns(outcomes.c.file).execution_options(yield_per=_STREAMED)
    with connection.execute(streamed) as rows:
        fitting = (row.seq for row in rows if choice.named(row.file))
        return list(islice(fitting, offset, min(offset + limit, sys.maxsize)))


def _set_aside(connection: Connection, preview_id: int, seqs: Sequence[int], *, aside: bool) -> None:
    for chunk in chunked(seqs):
        of_these = (previewed.c.preview_id == preview_id) & previewed.c.seq.in_(chunk)
        connection.execute(update(previewed).where(of_these).values(set_aside=aside))


def _narrowed(query: Select[Any], session_id: str, choice: Choice) -> Select[Any]:
    if len(choice.effects) == 1:
        query = query.where(previewed.c.effect == choice.effects[0])
    elif choice.effects:
        # Not by the index: it would have to sort all files of these effects to find the first hundred.
        query = query.where(func.coalesce(previewed.c.effect, "").in_(choice.effects))
    if choice.seqs:
        query = query.where(previewed.c.seq.in_(choice.seqs))
    if choice.conflicts:
        query = query.where(previewed.c.conflicts)
    if choice.set_aside is not None:
        query = query.where(previewed.c.set_aside == choice.set_aside)
    if choice.refused:
        query = query.where(previewed.c.refused.is_not(None))
    return _by_outcome(query, session_id, choice)


def _by_outcome(query: Select[Any], session_id: str, choice: Choice) -> Select[Any]:
    """What only the outcomes themselves tell."""
    if choice.code is None and not choice.folder and choice.named is None and choice.nsfw is None:
        return query
    query = query.join(outcomes, (outcomes.c.session_id == session_id) & (outcomes.c.seq == previewed.c.seq))
    if choice.code is not None:
        query = query.where(with_code(choice.code))
    if choice.nsfw is not None:
        query = query.where(outcomes.c.nsfw_score >= choice.nsfw)
    if choice.folder:
        below = choice.folder.rstrip("/") + "/"
        query = query.where(or_(*(func.substr(text, 1, len(below)) == below for text in (_PATH, outcomes.c.file))))
    return query


def with_code(code: Reason) -> ColumnElement[bool]:
    """The outcomes with this `Outcome.remark`. Read from the rows of one session, so it needs no index."""
    warned = (outcomes.c.kind == OutcomeKind.EXTRACTED.value) & (cast(outcomes.c.warnings, Text) != "[]")
    return warned if code is Reason.BAD_METADATA else outcomes.c.code == code.value


def _moved_from(connection: Connection, preview_id: int, found: Sequence[FolderFound]) -> set[str]:
    """Of the files that are missing in these folders, those that have moved."""
    paths = [absolute(one.folder, name) for one in found for name in one.missing]
    of_preview = (previewed.c.preview_id == preview_id) & previewed.c.moved_from.is_not(None)
    query = select(previewed.c.moved_from).where(of_preview)
    return {
        path for chunk in chunked(paths) for path in connection.scalars(query.where(previewed.c.moved_from.in_(chunk)))
    }


def _items(connection: Connection, session_id: str, seqs: Sequence[int]) -> list[Item]:
    query = select(outcomes).where(outcomes.c.session_id == session_id)
    found = [
        item_of(row._asdict())
        for chunk in chunked(seqs)
        for row in connection.execute(query.where(outcomes.c.seq.in_(chunk)))
    ]
    return sorted(found, key=lambda item: item.seq)


def _previewed(item: Item, row: Any) -> Previewed:
    return Previewed(item, row.effect, row.conflicts, row.set_aside, row.refused, row.moved_from)
