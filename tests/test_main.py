from __future__ import annotations

import subprocess
import sys

import tallylight


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "tallylight", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == f"tallylight {tallylight.__version__}\n"
