"""Patterns for names of nodes and inputs, which remember answers: files use a few hundred again and again."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

#: Of ASCII letters only: `ſ` is an s to a pattern that ignores case, and to nothing else here.
_FLAGS: Final = re.IGNORECASE | re.ASCII
#: Names that each pattern remembers; names are clipped, so this is half a megabyte at most.
_REMEMBERED: Final = 2048


def whole(pattern: str) -> Callable[[str], bool]:
    """Whether all of a name is as the pattern says, in upper or lower case."""
    compiled = re.compile(pattern, _FLAGS)
    return lru_cache(_REMEMBERED)(lambda name: compiled.fullmatch(name) is not None)


def within(pattern: str) -> Callable[[str], bool]:
    """Whether some of a name is, likewise."""
    compiled = re.compile(pattern, _FLAGS)
    return lru_cache(_REMEMBERED)(lambda name: compiled.search(name) is not None)
