"""Which ES modules a page will load: a browser learns of each only after it has read the one before, unless told."""

from __future__ import annotations

import posixpath
import re
from functools import cache
from importlib.resources import files

_IMPORTED = re.compile(r"""^import\s[^'"(]*['"](\.{1,2}/[^'"]+\.js)['"]""", re.MULTILINE)


@cache
def modules(entry: str) -> tuple[str, ...]:
    """The paths below `static/` of all that `entry` imports, directly or not, sorted, without itself. Reads files."""
    found: set[str] = set()
    ahead = [entry]
    while ahead:
        module = ahead.pop()
        if module not in found:
            found.add(module)
            ahead += imported(module)
    return tuple(sorted(found - {entry}))


def imported(module: str) -> list[str]:
    """The paths below `static/` of what one module imports by itself."""
    source = files("tallylight.web").joinpath("static", module).read_text("utf-8")
    folder = posixpath.dirname(module)
    return [posixpath.normpath(posixpath.join(folder, path)) for path in _IMPORTED.findall(source)]
