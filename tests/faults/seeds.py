"""Which seeds are run as tests. `./scripts/faults` runs many more, and writes the table in docs/reference/faults.md."""

from __future__ import annotations

from typing import Final

#: For each fault. Any will do; one that once showed a defect stays.
ALWAYS: Final = 1
BESIDES: Final = {
    "kill -9 in process": (3,),  # left half a thumbnail behind
    "root vanishes in process": (6,),  # pictures lost their scores
}


def seeds(fault: str) -> tuple[int, ...]:
    """Those of one fault."""
    return (ALWAYS, *BESIDES.get(fault, ()))
