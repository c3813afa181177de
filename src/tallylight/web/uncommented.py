"""Modules and styles without their comments, a fifth of what would travel: browsers have no use for them."""

from __future__ import annotations

import re
from typing import Final

#: From the beginning of a line to the end of one. What stands between code, as types do, is left alone.
_BLOCK: Final = re.compile(r"^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*$", re.MULTILINE | re.DOTALL)
_LINE: Final = re.compile(r"^[ \t]*//.*$", re.MULTILINE)


def uncommented(source: str, *, is_style: bool = False) -> str:
    """The same, each line where it was, so that whatever names a line of it names the right one.

    Only comments that have lines of their own go. No text of the source may span lines: one that looks like a comment
    there would go too.
    """
    without = _BLOCK.sub(lambda found: "\n" * found[0].count("\n"), source)
    return without if is_style else _LINE.sub("", without)
