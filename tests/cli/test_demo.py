"""`tallylight demo`."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from urllib.request import urlopen

from tests.serving import ALARM, TALLYLIGHT


def test_the_demo_builds_its_archive_and_serves_it(tmp_path: Path) -> None:
    command = [*TALLYLIGHT, "demo", "--data", str(tmp_path), "--port", "0", "--jobs", "1", "--pictures", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "live at" in line:
                break
        url = lines[-1].partition("live at ")[2].split()[0]
        with urlopen(f"{url}/api/ingest/directories", timeout=ALARM) as answer:
            listing = answer.read().decode()
        assert str(tmp_path / "archive") in listing
        process.send_signal(signal.SIGINT)
        assert process.wait(ALARM) == 0
    assert "5 of them damaged on purpose" in "".join(lines)
    assert (tmp_path / "archive" / "unsorted" / "empty.png").exists()
