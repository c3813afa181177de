"""Hostile names, of good pictures."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator

from tests.hostile.case import Case, sound
from tests.ingest.extract import build

_NAMES = (
    "new\nline",
    "tab\tand\rreturn",
    "esc \x1b[31m red \x07",
    "back\bspace \x7f",
    "\"quoted\" 'twice' `thrice`",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "-rf",
    "--help",
    "100% %s %n %00 {} {0} $HOME $(id)",
    "right to left \u202egnp.exe",
    "isolated \u2066\u2069 zero\u200bwidth",
    "smile 😀 👨‍👩‍👧 flag 🏴",
    "trailing dot.",
    "trailing space ",
    " leading space",
    r"C:\Users\x",
    r"odd \xe9 escape",
    "CON",
    "aux",
    "a,b;c",
    "=cmd|' /C calc'!A0",
    "+1",
    "@SUM(A1)",
    "#fragment?query=1&x",
    "..",
    "...",
    "~",
    "*",
    "?",
    "a" * 251,
    "猫" * 83,
)
_RAW = (b"caf\xe9", b"\xff\xfe", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"half \xc3", b"\\x\xe9", b"over \xc0\xaf long")


def cases() -> list[Case]:
    return [sound(f"names/{name}", build.png(image=build.scene(8, 8))) for name in _names()]


def _names() -> Iterator[str]:
    for name in _NAMES:
        # Three dots at the start would hide it, and be passed over as hidden names are.
        yield f"{name}.png" if not name.startswith(".") else f"dots {name}.png"
    for raw in _RAW:
        yield os.fsdecode(raw + b".png")
    for form in ("NFC", "NFD"):
        yield unicodedata.normalize(form, f"größer in {form}.png"[:6] + ".png")
    yield from ("case.png", "CASE.png", "case.PNG", "Case.Png")
    yield "dots.in.the.name.jpg.png"
