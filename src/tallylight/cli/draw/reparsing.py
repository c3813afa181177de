"""Shows a reparse: how far it is, how fast, what changed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Protocol, TextIO

from tallylight.cli.draw import words
from tallylight.visible import visible

if TYPE_CHECKING:
    from rich.progress import Progress

    from tallylight.ingest.reparse import Change, Totals

#: Seconds between two lines of progress in a log.
EVERY: Final = 5.0
#: Characters of a value, and keywords of a file, that are shown.
_LONGEST: Final = 60
_MOST: Final = 5


class Reparsing(Protocol):
    """Shows a reparse to one person. Called from one task; must not block for long."""

    def progress(self, totals: Totals, seconds: float) -> None:
        """How far it is after so many seconds."""
        ...

    def finish(self, totals: Totals, seconds: float) -> None:
        """It came to its end, or was interrupted."""
        ...

    def close(self) -> None:
        """Leave everything as it was found. Called last, also after an exception; calling it again does nothing."""
        ...


def choose_reparsing(*, quiet: bool, dry: bool) -> Reparsing:
    """Nothing for programs, a bar on a terminal, plain lines elsewhere."""
    if quiet:
        return Quiet()
    return Bar(sys.stdout, dry=dry) if sys.stdout.isatty() else Lines(sys.stdout, dry=dry)


class Quiet:
    """Shows nothing: the totals are printed by the command."""

    def progress(self, totals: Totals, seconds: float) -> None:
        """Nobody asked."""

    def finish(self, totals: Totals, seconds: float) -> None:
        """Nobody asked."""

    def close(self) -> None:
        """Nothing was changed that would have to be put back."""


class Lines:
    """A line now and then, and the ending."""

    def __init__(self, out: TextIO, *, dry: bool) -> None:
        self._out = out
        self._dry = dry
        self._shown_at = 0.0

    def progress(self, totals: Totals, seconds: float) -> None:
        if seconds - self._shown_at >= EVERY:
            self._shown_at = seconds
            self._line(progress(totals, seconds))

    def finish(self, totals: Totals, seconds: float) -> None:
        for line in ending(totals, seconds, dry=self._dry):
            self._line(line)

    def close(self) -> None:
        """Nothing was changed that would have to be put back."""

    def _line(self, text: str) -> None:
        # As for `Plain`: a log in another encoding must not end the run over one file's name.
        encoding = getattr(self._out, "encoding", None) or "utf-8"
        self._out.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        self._out.flush()


class Bar(Lines):
    """A bar that is redrawn in place; the terminal is left as it was, also after an exception."""

    def __init__(self, out: TextIO, *, dry: bool) -> None:
        super().__init__(out, dry=dry)
        self._bar: Progress | None = None

    def progress(self, totals: Totals, seconds: float) -> None:
        if self._bar is None:
            from rich.progress import BarColumn, Progress, TextColumn

            self._bar = Progress(BarColumn(), TextColumn("{task.description}"), auto_refresh=False, transient=True)
            self._bar.add_task("", total=totals.total)
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=totals.done, description=progress(totals, seconds))
        self._bar.refresh()

    def finish(self, totals: Totals, seconds: float) -> None:
        self.close()
        super().finish(totals, seconds)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def progress(totals: Totals, seconds: float) -> str:
    """`25,600 of 100,000, 120 changed, 5,120 files/s, 15 s left`"""
    parts = [f"{totals.done:,} of {totals.total:,}", f"{totals.changed:,} changed"]
    if totals.done and seconds > 0:
        rate = totals.done / seconds
        parts += [f"{rate:,.0f} files/s", f"{words.span((totals.total - totals.done) / rate)} left"]
    return ", ".join(parts)


def ending(totals: Totals, seconds: float, *, dry: bool) -> Iterator[str]:
    """What came of it: the first few changes and failures, and the numbers."""
    for change in totals.changes:
        yield f"{'would change' if dry else 'changed'}: {visible(change.path)}: {difference(change)}"
    if (more := totals.changed - len(totals.changes)) > 0:
        yield f"… and {more:,} more"
    for path, sentence in totals.failures:
        yield f"failed: {visible(path)}: {visible(sentence)}"
    counts = [
        f"{totals.changed:,} {'would change' if dry else 'changed'}",
        f"{totals.same:,} the same",
        f"{totals.without_texts:,} without texts",
        f"{totals.failed:,} failed",
    ]
    rate = f" ({totals.done / seconds:,.0f} files/s)" if totals.done and seconds > 0 else ""
    yield f"{totals.done:,} files in {words.span(seconds)}{rate}: {', '.join(counts)}"
    if totals.done < totals.total:
        yield f"Interrupted; {totals.total - totals.done:,} files are left. Run it again to go on."


def difference(change: Change) -> str:
    """What is different of one file, short and safe to print."""
    parts = [f"{name} {_short(before)} → {_short(after)}" for name, (before, after) in change.generation.items()]
    parts += [f"{sign}{_list(texts)}" for sign, texts in (("+", change.added), ("−", change.removed)) if texts]
    return visible("; ".join(parts)) or "the order or weights of its keywords"


def _short(value: object) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _list(texts: tuple[str, ...]) -> str:
    shown = ", ".join(_short(text) for text in texts[:_MOST])
    return f"{shown} and {len(texts) - _MOST:,} more" if len(texts) > _MOST else shown
