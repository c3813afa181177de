"""Makes text from disks and strangers safe to look at: nothing in it moves a cursor, turns the line round or hides."""

from __future__ import annotations

import unicodedata
from typing import Final

#: Format characters that words are written with: joiners of Persian, Indic scripts and emoji, and the soft hyphen.
_HARMLESS_FORMATS: Final = frozenset("\u200c\u200d\u00ad")


def visible(text: str) -> str:
    """The same text with everything that would not show as itself written out: `␊` for a newline, `⟨U+202E⟩` for a
    right-to-left override.
    """
    return text if text.isascii() and text.isprintable() else "".join(map(_visible_character, text))


def _visible_character(character: str) -> str:
    number = ord(character)
    if number < 0x20:
        return chr(0x2400 + number)
    if number == 0x7F:
        return "\u2421"
    hides = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character not in _HARMLESS_FORMATS
    return f"⟨U+{number:04X}⟩" if hides else character
