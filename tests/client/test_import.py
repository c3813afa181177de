"""Importing the client loads httpx, and nothing of what a server needs."""

from __future__ import annotations

import subprocess
import sys


def test_it_loads_no_media_database_or_web_library() -> None:
    program = "import sys, tallylight.client; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "httpx" in loaded
    assert not loaded & {"PIL", "av", "numpy", "sqlalchemy", "fastapi", "starlette", "pydantic", "typer", "jinja2"}
