"""Numbers and sentences for people at a terminal. Pure."""

from __future__ import annotations

from typing import Any, Final

from tallylight.facts import Trouble
from tallylight.model import Json
from tallylight.visible import visible

_UNITS: Final = ("B", "kB", "MB", "GB", "TB")


def size(number: float) -> str:
    """Bytes in powers of 1000, as disks are sold."""
    power = 0
    while number >= 999.95 and power < len(_UNITS) - 1:
        number, power = number / 1000, power + 1
    return f"{number:.1f} {_UNITS[power]}" if power else f"{number:.0f} B"


def span(seconds: float) -> str:
    """A time span to the second: 7 s, 3 min 05 s, 2 h 10 min."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def progress(message: Json) -> str:
    """How far it is: `420 of 1,000 (42 %)`, `4,210 of at least 12,000` while counting."""
    if message["phase"] == "commit":
        commit = message["commit"]
        return f"{commit['done'] + commit['errors']:,} of {commit['total']:,} committed ({message['progress']} %)"
    if message["phase"] == "undo":
        return f"{message['undo']['done']:,} of {message['undo']['total']:,} undone ({message['progress']} %)"
    done, total = message["processed_files"], message["total_files"]
    if not message["total_final"]:
        return f"{done:,} of at least {total:,}"
    return f"{done:,} of {total:,} ({message['progress']} %)"


def counts(message: Json) -> str:
    """The other counts of a session on one line; zeros of what was not asked for are left out."""
    stats = message["stats"]
    named = [
        (stats["metadata_extracted"], "metadata"),
        (stats["keywords_added"], "keywords"),
        (stats["scores_imported"], "scores"),
        (stats["nsfw_detected"], "NSFW"),
        (stats["skipped_existing"], "unchanged"),
        (stats["excluded"], "excluded"),
        (stats["missing"], "missing"),
        (stats["found_again"], "found again"),
    ]
    parts = [f"{number:,} {name}" for number, name in named if number]
    return ", ".join([*parts, f"{stats['errors']:,} failed"])


def pace(message: Json) -> str:
    """Rate and time left as far as they are known."""
    parts = []
    if "files_per_s" in message:
        parts.append(f"{message['files_per_s']:.1f} files/s")
    if message.get("bytes_per_s"):
        parts.append(f"{size(message['bytes_per_s'])}/s")
    if "eta_s" in message:
        parts.append(f"{span(message['eta_s'])} left")
    elif not message["total_final"]:
        parts.append("counting…")
    return ", ".join(parts)


def failure(trouble: Trouble) -> str:
    """One failure: file, code, sentence; safe to print whatever the file is called."""
    return f"{visible(trouble.file)}: {trouble.code}: {visible(trouble.message)}"


def ending(message: Json) -> str:
    """What came of it, in a line or two."""
    status, stats = message["status"], message["stats"]
    if message["phase"] == "commit":
        commit = message["commit"]
        refused = f", {commit['errors']:,} refused" if commit["errors"] else ""
        text = f"{status}: {commit['done']:,} files in the catalog{refused}"
    elif message["phase"] == "undo":
        undo = message["undo"]
        kept = f"; {undo['kept']:,} stay as a later session left them, which is deleted" if undo["kept"] else ""
        text = f"{status}: {undo['done']:,} files are in the catalog as they were before{kept}"
    elif not stats["total_discovered"] and status == "completed":
        text = "completed: no image or video was found there"
    else:
        text = f"{status}: {message['processed_files']:,} of {message['total_files']:,} files processed"
        text += f" in {span(message['elapsed_s'])}; {counts(message)}"
    if held := message.get("held"):
        name = message["session_id"][:8]
        commands = f"`tallylight resume {name}` goes on all the same, `tallylight cancel {name}` gives it up."
        return f"{text}\n{visible(held['message'])}\n{commands}"
    error = message.get("error")
    return f"{text}\n{visible(error['message'])}" if error else text


def files(number: int) -> str:
    """`1 file`, `1,200 files`."""
    return f"{number:,} {'file' if number == 1 else 'files'}"


def preview(summary: Json) -> str:
    """What a commit would do, on one line; zeros are left out."""
    parts = [f"{count:,} {effect}" for effect, count in summary["files"].items() if count]
    if aside := sum(summary["set_aside"].values()):
        parts.append(f"{aside:,} of them set aside")
    if summary["conflicts"]:
        parts.append(f"{summary['conflicts']:,} with conflicts")
    return f"{', '.join(parts) or 'no file'}; {files(summary['to_commit'])} to commit"


def change(told: Json) -> str:
    """What a commit would change of one field."""
    if "before" in told:
        return f"{told['field']} {_value(told['before'])} → {_value(told['after'])}"
    words = [f"+{shown(text)}" for text in told.get("added", ())] + [
        f"−{shown(text)}" for text in told.get("removed", ())
    ]
    return " ".join([told["field"], *words])


def shown(text: str) -> str:
    """A name or a sentence, safe to print whatever is in it."""
    return visible(text)


def _value(value: Any) -> str:
    return "none" if value is None else shown(str(value))
