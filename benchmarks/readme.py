"""Where figures are put for people, and the machine that they are of."""

from __future__ import annotations

import platform
import re
from pathlib import Path
from typing import Final

README: Final = Path(__file__).with_name("README.md")


def put(heading: str, text: str) -> None:
    """Replace what stands in README.md under a heading until the next of its kind."""
    section = re.compile(rf"(?<=^## {re.escape(heading)}\n).*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    before = README.read_text()
    # The last section ends with the file, any other with an empty line.
    changed, count = section.subn(lambda match: f"\n{text}\n" + ("\n" if match.end() < len(before) else ""), before)
    if count != 1:
        raise SystemExit(f'{README} has no section "{heading}".')
    README.write_text(changed)


def machine() -> str:
    """Its cores and its kernel."""
    names = re.findall(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return f"{len(names)} cores of {names[0] if names else platform.machine()}, Linux {platform.release()}"
