"""What the page says, in the reader's language, where the server writes it: the catalogues are those of the page's own
modules, `static/i18n/*.js`, which hold strict JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from starlette.requests import Request

#: The languages there is a catalogue of, each by its own name. The first one is for whoever reads none of them.
LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "de": "Deutsch"}
#: What stands between thousands, and before decimals.
SEPARATORS: Final[Mapping[str, str]] = {"en": ",.", "de": ".,"}
#: Where a reader's own choice is kept, which wins over what the browser says.
COOKIE: Final = "tallylight-language"

Text = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language. Called with a key and what stands in its places, as `t` of `static/text.js` is."""

    language: str
    entries: Mapping[str, Text]

    def __call__(self, key: str, **values: str | int) -> str:
        """The text of this name; of one with plural forms that for `count`. Raises KeyError where there is none."""
        text = self.entries[key]
        if not isinstance(text, str):
            text = text[plural(values["count"])]
        return text.format_map({name: self.written(value) for name, value in values.items()})

    def written(self, value: str | int) -> str:
        """A number as the language writes it; a text as it is."""
        return value if isinstance(value, str) else self.decimal(f"{value:,}")

    def decimal(self, number: str) -> str:
        """A number that is written as in English, `1,234.5`, as the language writes it."""
        return number.translate(str.maketrans(",.", SEPARATORS[self.language]))


@cache
def texts(language: str) -> Texts:
    """Those of one of LANGUAGES. Reads a file the first time."""
    source = files("tallylight.web").joinpath("static", "i18n", f"{language}.js").read_text("utf-8")
    return Texts(language, json.loads(source[source.index("{") :]))


def plural(count: str | int) -> str:
    """The plural form of a whole number (CLDR), the same in all of LANGUAGES."""
    return "one" if count == 1 else "other"


def language_of(request: Request) -> str:
    """One of LANGUAGES: what the reader chose, else the best of what the browser accepts."""
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else accepted(request.headers.get("accept-language", ""))


def accepted(header: str) -> str:
    """The one of LANGUAGES that an Accept-Language header (RFC 9110, 12.5.4) likes best; the first for nonsense."""
    wishes = [_wish(part) for part in header.split(",")[:20]]
    for weight, language in sorted(wishes, key=lambda wish: -wish[0]):
        if weight > 0 and language in LANGUAGES:
            return language
    return next(iter(LANGUAGES))


def _wish(part: str) -> tuple[float, str]:
    tag, _, parameter = part.partition(";")
    name, _, weight = parameter.strip().partition("=")
    language = tag.strip().lower().partition("-")[0]
    if name.strip().lower() != "q":
        return 1.0, language
    try:
        return float(weight), language
    except ValueError:
        return 0.0, language
