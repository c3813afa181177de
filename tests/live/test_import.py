"""Importing the live room loads none of what an application does not want to pay for."""

from __future__ import annotations

import subprocess
import sys


def test_it_loads_no_media_database_or_web_library() -> None:
    program = "import sys, tallylight.live; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    ours = {name for name in done.stdout.split() if name.startswith("tallylight.")}
    assert not loaded & {
        "PIL",
        "av",
        "numpy",
        "sqlalchemy",
        "fastapi",
        "starlette",
        "pydantic",
        "typer",
        "rich",
        "jinja2",
    }
    assert {name.split(".")[1] for name in ours} == {"live", "clock"}
