"""A session for those who run no scripts: where it stands, in words and numbers, and what can be done with it now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tallylight.model import AT_REST, Json, Status
from tallylight.visible import visible
from tallylight.web.session_list import duration, result
from tallylight.web.texts import Texts

_COUNTS: Final = (
    "processed_files",
    "metadata_extracted",
    "keywords_added",
    "scores_imported",
    "nsfw_detected",
    "errors",
)
_ACTIONS: Final = {
    Status.STARTING: ("pause", "cancel"),
    Status.PROCESSING: ("pause", "cancel"),
    Status.PAUSED: ("resume", "cancel"),
    Status.HELD: ("resume", "cancel"),
    Status.COMPLETED: ("commit",),
    Status.CANCELLED: ("commit",),
    Status.ERROR: ("commit",),
    Status.COMMIT_ERROR: ("commit",),
    Status.COMMITTED: ("undo",),
    Status.UNDONE: ("commit",),
}
#: Where failed files may be tried again, if there are any.
_RETRIABLE: Final = frozenset({Status.COMPLETED, Status.CANCELLED, Status.ERROR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """What such a page says. Names of files are safe to look at."""

    trouble: str  #: why what was asked for could not be done
    title: str = ""
    is_moving: bool = False  #: so the page looks again
    progress: int | None = None  #: percent; None where nobody knows yet
    file: str = ""
    took: str = ""
    left: str = ""  #: empty where nobody knows
    done: str = ""  #: so many of so many files
    counts: tuple[tuple[str, str], ...] = ()  #: name in the catalogues, number
    failures: tuple[tuple[str, str], ...] = ()  #: the newest: file, sentence
    word: str = ""  #: why it is held, or has stopped
    actions: tuple[str, ...] = ()


def plain(message: Json | None, t: Texts, trouble: str = "") -> Plain:
    """Of a session with this newest message, in the language of `t`; None where there is no such session, which
    `trouble` then says.
    """
    if message is None:
        return Plain(trouble=trouble)
    status, stats = Status(message["status"]), message["stats"]
    is_counting = message["phase"] == "scan" and status not in AT_REST
    can_undo = status is Status.COMMIT_ERROR and message["commit"]["done"]
    can_retry = status in _RETRIABLE and stats["errors"]
    why = message.get("held") or message.get("error") or {}
    return Plain(
        trouble=trouble,
        title=result(message, t),
        is_moving=status not in AT_REST,
        progress=None if is_counting else message["progress"],
        file=visible(message.get("current_file", "")),
        took=duration(message["elapsed_s"]),
        left=duration(message["eta_s"]) if "eta_s" in message else "",
        done=t("plain.of", done=message["processed_files"], count=message["total_files"]),
        counts=tuple((name, t.written(stats[name])) for name in _COUNTS),
        failures=tuple((visible(each["file"]), visible(each["message"])) for each in message["errors"]),
        word=visible(why.get("message", "")),
        actions=_ACTIONS.get(status, ()) + (("undo",) if can_undo else ()) + (("retry",) if can_retry else ()),
    )
