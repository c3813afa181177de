"""The message: what readers are told of a state. Pure; the same JSON in the stream, in `/status` and after `--json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tallylight.facts import WAITING, State, Trouble
from tallylight.model import Json, Outcome, Status

#: A name longer than this is elided in the middle, so that a message stays under 2 KB however deep the tree is.
LONGEST_NAME: Final = 160
#: Bytes of JSON for the file on the way, and for the reason of a session that failed: room for what is wrong and for
#: what to do.
_FILE_BYTES: Final = 120
_REASON_BYTES: Final = 320
#: For why a session is held, which must be read to its end.
_HELD_BYTES: Final = 380
#: Bytes of JSON for all troubles together: alone, and beside one of these.
_TROUBLES_BYTES: Final = 1110
_TROUBLES_BYTES_BESIDE: Final = 960
_TROUBLES_BYTES_HELD: Final = 730
_TROUBLES_BYTES_AT_WORK: Final = 730
#: And for each name and sentence in them: as long as lets them fit.
_TROUBLE_TEXT_BYTES: Final = (160, 120, 80, 60, 30)
#: Workers told of, and bytes of JSON for all of them and for each file's name.
MOST_WORKERS: Final = 8
_WORKERS_BYTES: Final = 360
_WORKER_FILE_BYTES: Final = (120, 80, 60, 40, 20)

_COMMIT_STATUSES = frozenset({Status.COMMITTING, Status.COMMITTED, Status.COMMIT_ERROR})
_UNDO_STATUSES = frozenset({Status.UNDOING, Status.UNDONE})
#: What moves after the review: it reads no file.
_AFTER = frozenset({Status.COMMITTING, Status.UNDOING})


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a session goes right now. Unknown is None."""

    files_per_s: float | None = None
    bytes_per_s: float | None = None
    eta_s: float | None = None


@dataclass(frozen=True, slots=True)
class Busy:
    """What one worker is on."""

    file: str
    since: float  #: wall time


def view(state: State, now: float, pace: Pace | None = None, current_file: str = "", busy: Sequence[Busy] = ()) -> Json:
    """Make the message of a state. Holds no nulls: what is unknown is absent.

    `now` is wall time; `t` in the message is the later of it and the newest fact only where the state still moves, so
    that a state at rest reads the same whenever it is asked for. `current_file` is what a worker is on; the last
    finished file stands in. Of those that are busy, the first `MOST_WORKERS` are told, each with its seconds
    until `now`.
    """
    body: Json = {
        "session_id": state.session_id,
        "status": state.status.value,
        "phase": phase(state),
        "progress": progress(state),
        "total_files": state.files,
        "total_final": state.total_final,
        "processed_files": state.processed,
        "stats": {
            "total_files": state.files,
            "total_discovered": state.files + state.unchanged + state.excluded,
            "skipped_existing": state.unchanged,
            "excluded": state.excluded,
            "missing": state.missing,
            "found_again": state.found,
            "processed_files": state.processed,
            "metadata_extracted": state.metadata_extracted,
            "keywords_added": state.keywords_added,
            "scores_imported": state.scores_imported,
            "nsfw_detected": state.nsfw_detected,
            "errors": state.errors,
        },
        "errors": _errors(state.troubles, _room(state, is_busy=bool(busy))),
        "commit": {"total": state.commit_total, "done": state.commit_done, "errors": state.commit_errors},
        "bytes_done": state.bytes_done,
        "bytes_total": state.bytes_total,
        "elapsed_s": round(elapsed(state, now), 1),
        "started_at": round(state.started_at, 3),
        "t": round(state.at if state.at_rest else max(state.at, now), 3),
        "seq": state.seq,
    }
    if state.undo_total or state.status in _UNDO_STATUSES:
        body["undo"] = {"total": state.undo_total, "done": state.undo_done, "kept": state.undo_kept}
    if not state.at_rest:
        body |= _moving(state, pace or Pace(), current_file)
        if busy and state.status is Status.PROCESSING:
            body["workers"] = _workers(busy[:MOST_WORKERS], now)
    if state.status is Status.HELD:
        body["held"] = {"code": state.code, "message": fit(state.message, _HELD_BYTES)}
    elif state.code:
        body["error"] = {"code": state.code, "message": fit(state.message, _REASON_BYTES)}
    return body


def entry(seq: int, outcome: Outcome) -> Json:
    """One outcome in the stream's second lane; `code` only where it failed."""
    body: Json = {"seq": seq, "file": outcome.file, "outcome": outcome.kind.value, "ms": outcome.ms}
    return {**body, "code": outcome.code.value} if outcome.code else body


def phase(state: State) -> str:
    """`scan` until the total is final, then `process`; `commit` from the commit on, `undo` from its undo on."""
    if state.status in _UNDO_STATUSES:
        return "undo"
    if state.status in _COMMIT_STATUSES:
        return "commit"
    return "process" if state.total_final else "scan"


def progress(state: State) -> int:
    """Whole percent of the phase, never rounded up. 0 while the total is not final; 100 belongs to the end of a phase,
    and to no moment before: a session whose files are all done, or that has none, may still have to say so durably.
    """
    if state.status in {Status.COMPLETED, Status.COMMITTED, Status.UNDONE}:
        return 100
    if state.status is Status.UNDOING:
        return _percent(state.undo_done, state.undo_total)
    if state.status in _COMMIT_STATUSES:
        return _percent(state.commit_done + state.commit_errors, state.commit_total)
    if state.retry_total:
        return _percent(state.retry_done, state.retry_total)
    return _percent(state.processed, state.files) if state.total_final else 0


def _percent(done: int, total: int) -> int:
    return min(99, done * 100 // total) if total else 0


def elapsed(state: State, now: float) -> float:
    """Seconds of the running phase, or of the whole processing once it has ended."""
    if state.status in _AFTER and state.commit_started_at is not None:
        return max(0.0, now - state.commit_started_at)
    # While it waits, it stands where the last file left it.
    end = state.at if state.status in WAITING else state.ended_at if state.ended_at is not None else now
    return max(0.0, end - state.started_at - state.idle_s) if state.started_at else 0.0


def elide(text: str, longest: int) -> str:
    """Shorten in the middle, where a path says least: the first folder and the file's own name stay."""
    if len(text) <= longest:
        return text
    head = (longest - 1) // 3
    return f"{text[:head]}…{text[len(text) - (longest - 1 - head) :]}"


def fit(text: str, longest: int) -> str:
    """Elide to at most `longest` bytes of JSON: a Japanese name takes three a character, a control character six.
    Half surrogate pairs, which UTF-8 cannot hold, are written out.
    """
    shown = elide(text.encode("utf-8", "backslashreplace").decode(), longest)
    while (size := _size(shown)) > longest:
        shown = elide(shown, len(shown) * longest // size)
    return shown


def _size(value: object) -> int:
    """Bytes of a value's JSON, without its quotes or brackets."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()) - 2


def _room(state: State, *, is_busy: bool) -> int:
    """Bytes that the troubles of a state may have."""
    if state.status is Status.HELD:
        return _TROUBLES_BYTES_HELD
    if is_busy and state.status is Status.PROCESSING:
        return _TROUBLES_BYTES_AT_WORK
    return _TROUBLES_BYTES_BESIDE if state.code else _TROUBLES_BYTES


def _errors(troubles: tuple[Trouble, ...], room: int) -> list[Json]:
    for longest in _TROUBLE_TEXT_BYTES:
        errors = [_error(trouble, longest) for trouble in troubles]
        if _size(errors) <= room:
            break
    return errors


def _error(trouble: Trouble, longest: int) -> Json:
    return {
        "at": round(trouble.at, 3),
        "file": fit(trouble.file, longest),
        "code": trouble.code,
        "message": fit(trouble.message, longest),
    }


def _workers(busy: Sequence[Busy], now: float) -> list[Json]:
    for longest in _WORKER_FILE_BYTES:
        workers = [{"file": fit(each.file, longest), "s": round(max(0.0, now - each.since), 1)} for each in busy]
        if _size(workers) <= _WORKERS_BYTES:
            break
    return workers


def _moving(state: State, pace: Pace, current_file: str) -> Json:
    body: Json = {}
    name = current_file or state.last_file
    if name and state.status not in _AFTER:
        body["current_file"] = fit(name, _FILE_BYTES)
    for key, value in (("files_per_s", pace.files_per_s), ("bytes_per_s", pace.bytes_per_s), ("eta_s", pace.eta_s)):
        if value is not None:
            body[key] = round(value, 1)
    return body
