"""Sessions as a page lists them: what each was, how long it took and what came of it, written for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Final

from tallylight.journal import Session
from tallylight.model import AT_REST, Json, Status
from tallylight.visible import visible
from tallylight.web.texts import Texts

#: Those that have a text of their own in the catalogues, `status.…`; any other is told by how far it is.
_NAMED: Final = frozenset(Status) - {Status.STARTING, Status.PROCESSING, Status.COMMITTED, Status.UNDONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One session in a list."""

    session_id: str
    status: str
    is_moving: bool
    title: str
    folders: str  #: one a line
    created_at: float
    at: str  #: ISO 8601
    moment: str
    took: str
    files: int
    failures: int
    result: str


def row(session: Session, message: Json, t: Texts) -> Row:
    """A session with its newest message, in the language of `t`."""
    folders = [visible(folder) for folder in session.parameters.directories]
    made = datetime.fromtimestamp(session.created_at, UTC)
    status = Status(message["status"])
    return Row(
        session_id=session.session_id,
        status=status.value,
        is_moving=status not in AT_REST,
        title=_title(folders, t),
        folders="\n".join(folders),
        created_at=session.created_at,
        at=made.isoformat(timespec="seconds"),
        moment=made.strftime("%Y-%m-%d %H:%M UTC"),
        took=duration(message["elapsed_s"]),
        files=message["processed_files"],
        failures=message["stats"]["errors"],
        result=result(message, t),
    )


def result(message: Json, t: Texts) -> str:
    """What came of a session so far."""
    status, progress = Status(message["status"]), message["progress"]
    if status is Status.COMMITTED:
        refused = message["commit"]["errors"]
        told = t("sessions.committed", count=message["commit"]["done"])
        return f"{told}, {t('sessions.refused', count=refused)}" if refused else told
    if status is Status.UNDONE:
        return t("sessions.undone", count=message["undo"]["done"])
    if status in _NAMED:
        return t(f"status.{status.value}", progress=progress)
    return t("sessions.percent", progress=progress) if message["total_final"] else t("sessions.counting")


def duration(seconds: float) -> str:
    """`0:09`, `12:04`, `1:02:33`, as the page's own modules write it."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _title(folders: list[str], t: Texts) -> str:
    first, *others = folders or [""]
    folder = PurePosixPath(first).name or first
    return t("sessions.folders", folder=folder, count=len(others)) if others else folder
