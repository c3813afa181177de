"""The support table names the browser tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "reference" / "browsers.md"
#: All that is in these runs in every engine; beside it there is the one that Chromium alone can be brought to.
ENGINES = ("test_streams", "test_outages", "test_sharing", "test_lifecycle")
SLOW = "test_a_slow_3g_network_is_no_reason_to_poll"


def named_in(name: str) -> list[str]:
    return re.findall(r"^def (test_\w+)", (ROOT / "tests" / "browser" / f"{name}.py").read_text(), re.MULTILINE)


def test_each_row_is_a_test_and_each_test_has_a_row() -> None:
    table = PAGE.read_text().partition("## What was seen")[2].partition("\n\n- ")[0]
    rows = re.findall(r"^\| ([^|]+) \| yes", table, re.MULTILINE)
    assert SLOW in named_in("test_network")
    shown = [name for module in ENGINES for name in named_in(module)]
    assert [f"test_{row.replace(' ', '_')}" for row in rows] == [*shown, SLOW]
