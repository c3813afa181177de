"""The settings of an A1111 text: `key: value, key: "a, b", key: {…}`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_KEY = re.compile(r"\s*+([^:,\"{}\[\]]{1,80}):\s*+")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_MARK = re.compile(r'\\.|["{}\[\]]', re.DOTALL)
_CLOSING: Final = {"{": "}", "[": "]"}


def split_settings(line: str) -> Iterator[tuple[str, str]]:
    """Keys and values; quotes taken off, brackets kept. Linear in the length."""
    at, brackets, quotes = 0, True, True
    while at < len(line):
        match = _KEY.match(line, at)
        if match is None:
            at = _after(line, at, ",")
            continue
        start = match.end()
        end = _quoted_end(line, start) if quotes else 0
        # One that is never closed is the last that is looked for: trying each anew would take quadratic time.
        quotes = quotes and (end > 0 or line[start : start + 1] != '"')
        if not end and brackets and line[start : start + 1] in _CLOSING:
            end = _bracket_end(line, start)
            brackets = end > 0
        comma = _after(line, end or start, ",")
        value = line[start:comma].rstrip(", \n")
        yield match[1].strip(), _unquoted(value) if end else value
        at = comma


def pairs(text: str) -> list[tuple[str, str]]:
    """Names and what belongs to them, of `a: 11, b: 22`."""
    found = (part.rpartition(":") for part in text.split(","))
    return [(name.strip(), value.strip()) for name, _, value in found if name.strip()]


def _after(line: str, at: int, sign: str) -> int:
    found = line.find(sign, at)
    return len(line) if found < 0 else found + 1


def _quoted_end(line: str, at: int) -> int:
    """Where the quoted text that begins at `at` ends; 0 where none begins or it never ends."""
    match = _QUOTED.match(line, at)
    return match.end() if match else 0


def _bracket_end(line: str, at: int) -> int:
    """Where the bracket that opens at `at` is closed again, quoted texts left alone; 0 where it never is."""
    opening, closing = line[at], _CLOSING[line[at]]
    depth, quoted = 0, False
    for match in _MARK.finditer(line, at):
        quoted ^= match[0] == '"'
        if not quoted:
            depth += (match[0] == opening) - (match[0] == closing)
        if depth == 0:
            return match.end()
    return 0


def _unquoted(value: str) -> str:
    if len(value) < 2 or not (value[0] == value[-1] == '"'):
        return value
    return re.sub(r"\\(.)", r"\1", value[1:-1])
