"""Reads the `parameters` text of AUTOMATIC1111's web UI and its relatives (Forge, SD.Next, many savers for ComfyUI).

the prompt, over any number of lines
Negative prompt: the negative prompt, likewise
Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x768, Lora hashes: "a: 11, b: 22", …
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from tallylight.ingest.extract.clean import clean_line, clean_text
from tallylight.ingest.extract.emphasis import networks
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.values import as_integer, as_model, as_name, as_number, as_seed, as_size
from tallylight.model import Json

_NEGATIVE: Final = "Negative prompt:"
_SETTINGS = re.compile(r"\s*Steps:\s*\d+\s*(,|$)")
_KEY = re.compile(r"\s*([^:,\"{}\[\]]{1,80}):\s*")
_SIZE = re.compile(r"\s*(\d{1,6})\s*[x×]\s*(\d{1,6})\s*")
_CLOSING: Final = {"{": "}", "[": "]"}
#: Longer settings are no settings.
_LONGEST = 256 * 1024

#: Where each known setting goes, and how it is read.
_KNOWN: Final = {
    "Steps": ("steps", as_integer),
    "Sampler": ("sampler", as_name),
    "Schedule type": ("scheduler", as_name),
    "CFG scale": ("cfg_scale", as_number),
    "Seed": ("seed", as_seed),
    "Model": ("model", as_model),
    "Model hash": ("model_hash", as_name),
    "Denoising strength": ("denoise", as_number),
}


def looks_like(text: str) -> bool:
    """Whether a text is one of these."""
    return any(map(_SETTINGS.match, text.splitlines()))


def parse(text: str, limits: Limits = LIMITS) -> Json:
    """The generation parameters in a text, as `Outcome.generation` documents; a text without settings is all prompt.

    Never raises.
    """
    prompt, negative, settings = _sections(text)
    found: Json = {"generator": "a1111", "prompt": clean_text(prompt), "negative_prompt": clean_text(negative)}
    found |= _settings(settings, limits)
    found["loras"] = [
        {"name": as_model(network.name) or network.name, "weight": network.weight}
        for network in networks(prompt[: limits.prompt])
        if network.kind in {"lora", "lyco"}
    ]
    return {key: value for key, value in found.items() if value not in ("", None, [], {})}


def _sections(text: str) -> tuple[str, str, str]:
    """Prompt, negative prompt and settings; what follows the settings' line (other extensions) belongs to them."""
    lines = text.replace("\r\n", "\n").strip("\n").split("\n")
    at = max((number for number, line in enumerate(lines) if _SETTINGS.match(line)), default=len(lines))
    settings = ", ".join(line.strip() for line in lines[at:])
    for number, line in enumerate(lines[:at]):
        if line.lstrip().startswith(_NEGATIVE):
            negative = [line.lstrip().removeprefix(_NEGATIVE), *lines[number + 1 : at]]
            return "\n".join(lines[:number]).strip(), "\n".join(negative).strip(), settings
    return "\n".join(lines[:at]).strip(), "", settings


def _settings(line: str, limits: Limits) -> Json:
    found: Json = {}
    further: dict[str, str] = {}
    for key, value in split_settings(line[:_LONGEST]):
        if key == "Size" and (match := _SIZE.fullmatch(value)):
            found |= {"width": as_size(match[1]), "height": as_size(match[2])}
        elif key in _KNOWN and (read := _read(key, value)) is not None:
            found[_KNOWN[key][0]] = read
        elif len(further) < limits.tags:
            further[clean_line(key, 80)] = clean_line(value, limits.value)
    return {**found, "parameters": further}


def _read(key: str, value: str) -> Any:
    return _KNOWN[key][1](value)


def split_settings(line: str) -> Iterator[tuple[str, str]]:
    """Keys and values of `key: value, key: "a, b", key: {…}`; quotes taken off, brackets kept. Linear in the length."""
    at, brackets = 0, True
    while at < len(line):
        match = _KEY.match(line, at)
        if match is None:
            at = _after(line, at, ",")
            continue
        end = _quoted_end(line, match.end())
        if not end and brackets and line[match.end() : match.end() + 1] in _CLOSING:
            end = _bracket_end(line, match.end())
            brackets = end > 0  # one that is never closed: looking again for each would take quadratic time
        comma = _after(line, end or match.end(), ",")
        value = line[match.end() : comma].rstrip(", \n")
        yield match[1].strip(), _unquoted(value) if end else value
        at = comma


def _after(line: str, at: int, sign: str) -> int:
    found = line.find(sign, at)
    return len(line) if found < 0 else found + 1


def _quoted_end(line: str, at: int) -> int:
    """Where the quoted text that begins at `at` ends; 0 where none begins or it never ends."""
    if line[at : at + 1] != '"':
        return 0
    match = re.compile(r'"(?:[^"\\]|\\.)*+"').match(line, at)
    return match.end() if match else 0


def _bracket_end(line: str, at: int) -> int:
    """Where the bracket that opens at `at` is closed again, quoted texts left alone; 0 where it never is."""
    opening, closing = line[at], _CLOSING[line[at]]
    depth = 0
    for match in re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\]]').finditer(line, at):
        depth += (match[0] == opening) - (match[0] == closing)
        if depth == 0:
            return match.end()
    return 0


def _unquoted(value: str) -> str:
    if len(value) < 2 or not (value[0] == value[-1] == '"'):
        return value
    return re.sub(r"\\(.)", r"\1", value[1:-1])
