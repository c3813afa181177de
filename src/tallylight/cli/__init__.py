"""The command line: `tallylight`. One command a module; each draws the same messages as the page."""

from __future__ import annotations

from tallylight.cli.app import main

__all__ = ["main"]
