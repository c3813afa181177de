"""Where a page leads on to: an address that came with a request, and must not lead anywhere else."""

from __future__ import annotations

import re
from typing import Final

#: A path of this server, and no name of another: `//host` and `/\\host` are read as one.
_PATH: Final = re.compile(r"/(?![/\\])[!-~]*")


def within(after: str | None) -> str:
    """`after` where it is a path of this server, else its first page."""
    return after if after and _PATH.fullmatch(after) else "/"
