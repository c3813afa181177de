"""A live display on a terminal: bar, counts, rate, time left, what is being worked on, failures as they happen."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tallylight.cli.draw import words
from tallylight.facts import Trouble
from tallylight.model import Json
from tallylight.visible import visible


class RichLive:
    """Redraws in place; failures scroll by above. The terminal is left as it was, also after an exception."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._live: Live | None = None

    def message(self, message: Json) -> None:
        if self._live is None:
            # Redrawn on each message (at most 20 a second), so no timer of its own is needed.
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(picture(message), refresh=True)

    def failures(self, failures: Sequence[Trouble]) -> None:
        for trouble in failures:
            line = Text("failed ", style="bold red")
            self._console.print(line.append(words.failure(trouble), style="default"), soft_wrap=True)

    def finish(self, message: Json) -> None:
        self.close()
        style = "bold green" if message["status"] in {"completed", "committed", "undone"} else "bold red"
        self._console.print(Text(words.ending(message), style=style), soft_wrap=True)

    def close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def picture(message: Json) -> Group:
    """The display of one message."""
    total_known = message["total_final"] or message["phase"] in {"commit", "undo"}
    bar = ProgressBar(
        total=100, completed=message["progress"], pulse=not total_known, animation_time=message["t"], width=40
    )
    head = Table.grid(padding=(0, 2))
    head.add_row(Text("● LIVE", style="bold red"), bar, Text(words.progress(message), style="bold"))
    lines = [Text(words.counts(message)), Text(words.pace(message) or "starting…", style="dim")]
    if name := message.get("current_file"):
        lines.append(Text(visible(name), style="cyan", no_wrap=True, overflow="ellipsis"))
    return Group(head, *lines)
