"""Drawers: each shows the same messages in its own way."""

from __future__ import annotations

import sys

from tallylight.cli.draw.drawer import Drawer
from tallylight.cli.draw.json_lines import JsonLines
from tallylight.cli.draw.plain import Plain

__all__ = ["Drawer", "JsonLines", "Plain", "choose"]


def choose(*, as_json: bool) -> Drawer:
    """The drawer for standard output as it is: a live display on a terminal, plain lines elsewhere."""
    if as_json:
        return JsonLines(sys.stdout)
    if not sys.stdout.isatty():
        return Plain(sys.stdout)
    from tallylight.cli.draw.rich_live import RichLive

    return RichLive()
