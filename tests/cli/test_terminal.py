"""`tallylight ingest` on a terminal, which here is a pty."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
from fcntl import ioctl
from pathlib import Path

import pytest
from tests.in_process import spoil
from tests.serving import ALARM, TALLYLIGHT, many


class Terminal:
    """Runs a command on a terminal of 100 columns and keeps what it writes."""

    def __init__(self, *command: str) -> None:
        self._end, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.before = termios.tcgetattr(theirs)
        environment = {**os.environ, "TERM": "xterm-256color"}
        environment.pop("COLUMNS", None)
        environment.pop("NO_COLOR", None)
        self._process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
        self._theirs = theirs
        self.raw = b""

    def until(self, text: str) -> None:
        """Read until this has been written."""
        while text.encode() not in self.raw:
            assert self._read(), f"it ended without {text!r}: {self.raw[-2000:]!r}"

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def finish(self) -> int:
        """Read to the end; returns the exit status."""
        status = None
        while status is None:
            self._read(0.05)
            status = self._process.poll()
        while self._read(0.05):
            pass
        self.after = termios.tcgetattr(self._theirs)
        os.close(self._theirs)
        os.close(self._end)
        return status

    def _read(self, seconds: float = ALARM) -> bool:
        if not select.select([self._end], [], [], seconds)[0]:
            return False
        piece = os.read(self._end, 1 << 16)
        self.raw += piece
        return bool(piece)


@pytest.fixture
def root(slow: Path, tmp_path: Path) -> Path:
    many(slow, tmp_path / "root", 4)
    spoil(tmp_path / "root" / "\x1b[2Jempty.png")
    return tmp_path / "root"


def plain(raw: bytes) -> str:
    """What was written without the control sequences."""
    return re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)", "", raw.decode())


def test_a_run_is_shown_live_and_the_terminal_left_as_it_was(root: Path, tmp_path: Path) -> None:
    terminal = Terminal(*TALLYLIGHT, "ingest", str(root), "--data", str(tmp_path / "data"), "--jobs", "1")
    assert terminal.finish() == 1
    text = plain(terminal.raw)
    assert "● LIVE" in text
    assert "━" in text, "a bar"
    assert re.search(r"[1-4] of 5 \(\d+ %\)", text)
    assert "slow_00" in text, "the file that is being worked on"
    assert "failed ␛[2Jempty.png: empty" in text
    assert text.rstrip().splitlines()[-1].startswith("completed: 5 of 5 files processed")
    assert "LIVE" not in text.rstrip().splitlines()[-1]
    assert terminal.raw.rfind(b"\x1b[?25h") > terminal.raw.rfind(b"\x1b[?25l"), "the cursor is shown again"
    assert terminal.after == terminal.before


def test_ctrl_c_leaves_the_terminal_as_it_was(slow: Path, root: Path, tmp_path: Path) -> None:
    many(slow, root / "more", 40)
    terminal = Terminal(*TALLYLIGHT, "ingest", str(root), "--data", str(tmp_path / "data"), "--jobs", "1")
    terminal.until("LIVE")
    terminal.interrupt()
    assert terminal.finish() == 130
    assert plain(terminal.raw).rstrip().splitlines()[-1].startswith("cancelled: ")
    assert terminal.raw.rfind(b"\x1b[?25h") > terminal.raw.rfind(b"\x1b[?25l")
    assert terminal.after == terminal.before
