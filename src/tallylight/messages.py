"""The message: what readers are told of a state. Pure; the same JSON in the stream, in `/status` and after `--json`."""

from __future__ import annotations

from dataclasses import dataclass

from tallylight.facts import State
from tallylight.model import Json, Status

#: A name longer than this is elided in the middle, so that a message stays under 2 KB however deep the tree is.
LONGEST_NAME = 160
LONGEST_SENTENCE = 160

_COMMIT_STATUSES = frozenset({Status.COMMITTING, Status.COMMITTED, Status.COMMIT_ERROR})


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a session goes right now. Unknown is None."""

    files_per_s: float | None = None
    bytes_per_s: float | None = None
    eta_s: float | None = None


def view(state: State, now: float, pace: Pace | None = None, current_file: str = "") -> Json:
    """Make the message of a state. Holds no nulls: what is unknown is absent.

    `now` is wall time; `t` in the message is the later of it and the newest fact only where the state still moves, so
    that a state at rest reads the same whenever it is asked for. `current_file` is what a worker is on; the last
    finished file stands in.
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
            "processed_files": state.processed,
            "metadata_extracted": state.metadata_extracted,
            "keywords_added": state.keywords_added,
            "scores_imported": state.scores_imported,
            "nsfw_detected": state.nsfw_detected,
            "errors": state.errors,
        },
        "errors": [
            {
                "at": round(trouble.at, 3),
                "file": elide(trouble.file, LONGEST_NAME),
                "code": trouble.code,
                "message": elide(trouble.message, LONGEST_SENTENCE),
            }
            for trouble in state.troubles
        ],
        "commit": {"total": state.commit_total, "done": state.commit_done, "errors": state.commit_errors},
        "bytes_done": state.bytes_done,
        "bytes_total": state.bytes_total,
        "elapsed_s": round(elapsed(state, now), 1),
        "started_at": round(state.started_at, 3),
        "t": round(state.at if state.at_rest else max(state.at, now), 3),
        "seq": state.seq,
    }
    if not state.at_rest:
        body |= _moving(state, pace or Pace(), current_file)
    if state.code:
        body["error"] = {"code": state.code, "message": elide(state.message, 2 * LONGEST_SENTENCE)}
    return body


def phase(state: State) -> str:
    """`scan` until the total is final, then `process`; `commit` from the commit on."""
    if state.status in _COMMIT_STATUSES:
        return "commit"
    return "process" if state.total_final else "scan"


def progress(state: State) -> int:
    """Whole percent of the phase, never rounded up: 100 means done. 0 while the total is not final."""
    if state.status in _COMMIT_STATUSES:
        if state.status is Status.COMMITTED:
            return 100
        settled = state.commit_done + state.commit_errors
        return settled * 100 // state.commit_total if state.commit_total else 0
    if state.status is Status.COMPLETED:
        return 100
    if not state.total_final:
        return 0
    # An empty or finished session that has not yet moved to `completed` is not done: 100 belongs to the end.
    return min(99, state.processed * 100 // state.files) if state.files else 0


def elapsed(state: State, now: float) -> float:
    """Seconds of the running phase, or of the whole processing once it has ended."""
    if state.status is Status.COMMITTING and state.commit_started_at is not None:
        return max(0.0, now - state.commit_started_at)
    end = state.ended_at if state.ended_at is not None else now
    return max(0.0, end - state.started_at) if state.started_at else 0.0


def elide(text: str, longest: int) -> str:
    """Shorten in the middle, where a path says least: the first folder and the file's own name stay."""
    if len(text) <= longest:
        return text
    head = (longest - 1) // 3
    return f"{text[:head]}…{text[len(text) - (longest - 1 - head) :]}"


def _moving(state: State, pace: Pace, current_file: str) -> Json:
    body: Json = {}
    name = current_file or state.last_file
    if name and state.status is not Status.COMMITTING:
        body["current_file"] = elide(name, LONGEST_NAME)
    for key, value in (("files_per_s", pace.files_per_s), ("bytes_per_s", pace.bytes_per_s), ("eta_s", pace.eta_s)):
        if value is not None:
            body[key] = round(value, 1)
    return body
