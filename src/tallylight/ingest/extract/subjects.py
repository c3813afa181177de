"""Makes keywords of the tags that people gave a picture."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from tallylight.ingest.extract.clean import clean_line
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.model import Json


def with_subjects(
    keywords: tuple[Json, ...], subjects: Iterable[tuple[str, str]], limits: Limits = LIMITS
) -> tuple[Json, ...]:
    """The keywords and behind them the subjects, each a text with its source; each text once, as the first has it."""
    subjects = list(subjects)
    if not subjects:
        return keywords
    found = {keyword["text"]: keyword for keyword in keywords}
    for subject, source in subjects:
        if len(found) >= limits.keywords:
            break
        text = unicodedata.normalize("NFC", clean_line(subject, limits.keyword)).lower()
        if text:
            found.setdefault(text, {"text": text, "weight": 1.0, "source": source})
    return tuple(found.values())
