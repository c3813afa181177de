"""What somebody looks for in the catalog: a search, and the line of words it is written as. Pure.

lighthouse "oil painting"       keywords, all of them; * stands for anything: light*, *house*
-fog not:fog                    without this keyword
model:sdxl path:day_3           part of the model's name, of the path; case ignored
model:=sdxl                     the whole of it
generator:comfyui               the program that made it, its whole name; case ignored
folder:/pictures/day_3          directly in this folder
type:video format:png           image or video; format as the catalog has it
score:>=4 score:-1 score:1..3   also nsfw: width: height: duration: (seconds)
size:>10MB                      B, kB, MB, GB (thousands)
date:2026 date:2026-01..2026-03 when it was made: a year, a month, a day
is:favourite is:duplicate       is:rated is:unrated is:rejected
like:17 like:17~10              looks like medium 17: at most 6 (10) of 64 bits differ
content:5bcb2183                the beginning of the hash of its bytes
session:81d3f4ad                what this session committed last
missing:no missing:yes          whether the file was there when it was last looked for
"""

from __future__ import annotations

import math
import re
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

from tallylight.errors import BadInput

#: Bits of a perceptual hash in which pictures that look alike may differ.
ALIKE: Final = 6
MOST_WORDS: Final = 100
_UNITS: Final = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_NUMBER: Final = r"-?\d+(?:\.\d+)?"
_SPAN = re.compile(
    rf"(?P<sign>>=|<=|>|<|=|)(?P<one>{_NUMBER})(?P<unit>[a-z]*)|"
    rf"(?P<low>{_NUMBER})?(?P<low_unit>[a-z]*)\.\.(?P<high>{_NUMBER})?(?P<high_unit>[a-z]*)",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s*")
_WORD = re.compile(
    r'(?P<minus>-)?(?:(?P<name>[A-Za-z]+):)?(?:"(?P<quoted>[^"]+)"|(?P<plain>[^\s"]+))(?=\s|$)',
)
_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_LIKE = re.compile(r"(\d{1,18})(?:~(\d{1,2}))?", re.ASCII)
NUMBERS: Final = ("score", "nsfw", "width", "height", "duration", "size")
_TEXTS: Final = ("model", "generator", "path", "folder", "session")
_TEXTS_IN_LOWER_CASE: Final = ("type", "format", "content")
_NAMES: Final = (*NUMBERS, *_TEXTS, *_TEXTS_IN_LOWER_CASE, "not", "date", "is", "like", "missing")


class Order(StrEnum):
    """What results are sorted by; those of which it is unknown come last."""

    ADDED = "added"  #: when they were committed first
    DATE = "date"
    SCORE = "score"
    SIZE = "size"
    PATH = "path"
    CONTENT = "content"  #: files of the same bytes side by side
    LIKENESS = "likeness"  #: to what `like:` names


class Is(StrEnum):
    """What a file either is or is not."""

    FAVOURITE = "favourite"
    DUPLICATE = "duplicate"  #: another file has the same bytes
    RATED = "rated"
    UNRATED = "unrated"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers from `low` to `high`; both belong to it unless `open_…` says so."""

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def holds(self, value: float | None) -> bool:
        if value is None:
            return False
        above = value > self.low if self.open_low else value >= self.low
        return above and (value < self.high if self.open_high else value <= self.high)


@dataclass(frozen=True, slots=True)
class Like:
    """Looks like a medium: at most `distance` of 64 bits differ."""

    media_id: int
    distance: int = ALIKE


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a file must have to be found: all of it."""

    keywords: tuple[str, ...] = ()  #: lower case; `*` stands for anything
    without: tuple[str, ...] = ()
    model: str = ""  #: a part of it; all of it after a `=`
    generator: str = ""
    path: str = ""
    folder: str = ""
    type: str = ""
    format: str = ""
    content: str = ""  #: the beginning of the SHA-256 of its bytes
    session: str = ""  #: the beginning of its id
    numbers: tuple[tuple[str, Span], ...] = ()  #: by their names in `NUMBERS`
    since: str = ""  #: ISO dates: from this one on …
    until: str = ""  #: … and before this one
    states: tuple[Is, ...] = ()
    like: Like | None = None
    is_missing: bool | None = None  #: None: either way


def parse(text: str) -> Search:
    """Read a line of words. Raises BadInput, with a sentence that names the word."""
    draft, at = _Draft(), 0
    for count in range(MOST_WORDS + 1):
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches everywhere
        if at == len(text):
            return draft.finished()
        word = _WORD.match(text, at)
        if word is None or count == MOST_WORDS:
            break
        draft.take(word)
        at = word.end()
    if at < len(text) and _WORD.match(text, at):
        raise BadInput(f"A search has at most {MOST_WORDS} words.")
    raise BadInput('A quotation mark stands alone; write a keyword of several words as "oil painting".')


@dataclass(slots=True)
class _Draft:
    """A search while its words are read."""

    keywords: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    numbers: list[tuple[str, Span]] = field(default_factory=list)
    states: list[Is] = field(default_factory=list)
    like: Like | None = None
    is_missing: bool | None = None

    def take(self, word: re.Match[str]) -> None:
        value = word["quoted"] if word["plain"] is None else word["plain"]
        name = (word["name"] or "").lower()
        if name and word["minus"]:
            raise BadInput(f"Only keywords can be left out, as -fog; -{name}: is none.")
        if not name and value[:-1].lower() in _NAMES and word["plain"] and value.endswith(":"):
            raise BadInput(f"{value} says nothing; write it as {value}VALUE.")
        if not name:
            (self.without if word["minus"] else self.keywords).append(value.lower())
        elif name in NUMBERS:
            self.numbers.append((name, span(name, value)))
        else:
            self._named(name, value)

    def _named(self, name: str, value: str) -> None:
        match name:
            case "not":
                self.without.append(value.lower())
            case "model" if value == "=":
                raise BadInput("model:= says nothing; write it as model:=NAME.")
            case _ if name in _TEXTS:
                self.texts[name] = value
            case _ if name in _TEXTS_IN_LOWER_CASE:
                self.texts[name] = value.lower()
            case "date":
                self.texts["since"], self.texts["until"] = dates(value)
            case "is":
                self.states.append(_state(value))
            case "like":
                self.like = _like(value)
            case "missing":
                self.is_missing = _missing(value)
            case _:
                near = get_close_matches(name, _NAMES, n=1)
                instead = f"did you mean {near[0]}:?" if near else f"known are {', '.join(_NAMES)}."
                raise BadInput(f"A search knows no {name[:40]}:; {instead} A keyword with a colon stands in quotes.")

    def finished(self) -> Search:
        return Search(
            keywords=tuple(self.keywords),
            without=tuple(self.without),
            numbers=tuple(self.numbers),
            states=tuple(self.states),
            like=self.like,
            is_missing=self.is_missing,
            **self.texts,
        )


def span(name: str, text: str) -> Span:
    """Numbers as `>=4`, `4`, `1..3`, `..3`, `>10MB`. Raises BadInput."""
    match = _SPAN.fullmatch(text)
    if match is None or text == "..":
        raise BadInput(f"{name}:{text[:40]} is no number; write {name}:4, {name}:>=4 or {name}:1..3.")
    if match["one"] is None:
        # 1..2GB: what was meant for both is written once.
        low = _amount(name, match["low"], match["low_unit"] or match["high_unit"], -math.inf)
        return Span(low, _amount(name, match["high"], match["high_unit"], math.inf))
    value = _amount(name, match["one"], match["unit"], 0)
    match match["sign"]:
        case ">":
            return Span(low=value, open_low=True)
        case ">=":
            return Span(low=value)
        case "<":
            return Span(high=value, open_high=True)
        case "<=":
            return Span(high=value)
        case _:
            return Span(value, value)


def _amount(name: str, digits: str | None, unit: str | None, otherwise: float) -> float:
    if digits is None:
        return otherwise
    if (unit or "").lower() not in _UNITS or (unit and name != "size"):
        raise BadInput(f"{name}: knows no unit {unit}; sizes have B, kB, MB, GB or TB.")
    return float(digits) * _UNITS[(unit or "").lower()]


def dates(text: str) -> tuple[str, str]:
    """The first day of a span of dates, and the one after its last; empty where it is open. Raises BadInput."""
    low, dots, high = text.partition("..")
    if not dots:
        return _first(low, text), _after(low, text)
    return (_first(low, text) if low else ""), (_after(high, text) if high else "")


def _first(day: str, text: str) -> str:
    year, month, of_month = _parts(day, text)
    return date(year, month or 1, of_month or 1).isoformat()


def _after(day: str, text: str) -> str:
    year, month, of_month = _parts(day, text)
    month = month or 12
    last = date(year, month, of_month or monthrange(year, month)[1])
    return (last + timedelta(days=1)).isoformat()


def _parts(day: str, text: str) -> tuple[int, int, int]:
    """Year, month and day, 0 where they are left out."""
    match = _DAY.fullmatch(day)
    try:
        year, month, of_month = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
        date(year, month or 1, of_month or 1)
    except ValueError:
        year = 0
    if not 1 <= year < 9999:
        raise BadInput(
            f"date:{text[:40]} is no date; write date:2026, date:2026-05, date:2026-05-31 or two of them: A..B."
        )
    return year, month, of_month


def _state(value: str) -> Is:
    try:
        return Is(value.lower())
    except ValueError:
        raise BadInput(f"A file is never is:{value[:40]}; known are {', '.join(Is)}.") from None


def _missing(value: str) -> bool | None:
    try:
        return {"yes": True, "no": False, "any": None}[value.lower()]
    except KeyError:
        raise BadInput(
            f"missing:{value[:40]} is neither yes nor no; missing:any is what is meant without it."
        ) from None


def _like(value: str) -> Like:
    match = _LIKE.fullmatch(value)
    if match is None or int(match[2] or 0) > 64:
        raise BadInput(
            f"like:{value[:40]} names no medium; write like:17, or like:17~10 for up to 10 bits of difference."
        )
    return Like(int(match[1]), int(match[2]) if match[2] else ALIKE)


def word(name: str, value: str) -> str | None:
    """The word that asks for a value, without a name for a keyword; None where the language cannot write it."""
    if not value or '"' in value or (name and value == "="):
        return None
    is_plain = not re.search(r"\s", value) and (name or not (_is_special(value)))
    if not name and "*" in value:
        return None
    quoted = value if is_plain else f'"{value}"'
    return f"{name}:{quoted}" if name else quoted


def _is_special(keyword: str) -> bool:
    """Whether a keyword would be read as something else where it stands without quotation marks."""
    return keyword.startswith("-") or ":" in keyword


def ascii_lower(text: str) -> str:
    """Lower case for A to Z alone: all that every database agrees on."""
    return "".join(character.lower() if character.isascii() else character for character in text)
