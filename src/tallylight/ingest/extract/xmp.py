"""Reads an XMP packet: ratings, subjects, titles, dates and places, from a file or from a sidecar.

XMP is RDF, and RDF says one thing in many ways. Read are those that the XMP specification allows: a property as an
attribute or as an element, a list of values in an `rdf:Bag`, `rdf:Seq` or `rdf:Alt`. Only properties of the picture
itself count, not those of the pictures it was made from, which nest deeper.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from defusedxml.ElementTree import ParseError, XMLParser

from tallylight.ingest.extract import gps
from tallylight.ingest.extract.claims import Claim
from tallylight.ingest.extract.clean import clean_line, clean_text
from tallylight.ingest.extract.dates import iso_date, timestamp
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.stars import stars_of_percent
from tallylight.model import Json

_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LISTS: Final = frozenset({f"{_RDF}Bag", f"{_RDF}Seq", f"{_RDF}Alt"})
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_PREFIXES: Final = {
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/lightroom/1.0/": "lr",
    "http://www.digikam.org/ns/1.0/": "digiKam",
    "http://ns.microsoft.com/photo/1.0/": "MicrosoftPhoto",
    "http://ns.microsoft.com/photo/1.0": "MicrosoftPhoto",
}
_PROPERTIES: Final = frozenset(
    {
        "xmp:Rating", "xmp:Label", "xmp:CreateDate", "xmp:MetadataDate", "MicrosoftPhoto:Rating",
        "MicrosoftPhoto:RatingPercent", "dc:subject", "lr:hierarchicalSubject", "digiKam:TagsList", "dc:title",
        "dc:description", "dc:creator", "dc:rights", "exif:DateTimeOriginal", "photoshop:DateCreated",
        "exif:GPSLatitude", "exif:GPSLongitude", "exif:GPSAltitude", "exif:GPSAltitudeRef", "exif:UserComment",
    }
)  # fmt: skip
#: Lists of tags, and what stands between the names of a tag and those above it.
_SUBJECTS: Final = {"dc:subject": "", "lr:hierarchicalSubject": "|", "digiKam:TagsList": "/"}
_DATES: Final = ("exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate")
_NUMBER = re.compile(r"[+-]?\d{1,3}(?:\.\d{1,10})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Xmp:
    """What one packet says; empty or None where it does not."""

    rating: int | None = None  #: −1 (reject) to 5; 0 is unrated
    favourite: None = None  #: XMP has no word for it
    label: str = ""
    subjects: tuple[str, ...] = ()  #: each once; of a tag that stands below others only its own name
    title: str = ""
    description: str = ""
    creator: str = ""  #: several with `, ` between them
    rights: str = ""
    comment: str = ""  #: `exif:UserComment`, where some generators keep their parameters
    created_at: str = ""  #: ISO 8601
    said_at: float = 0.0  #: when these words were last changed, seconds since 1970; 0 where nobody knows
    gps: Json = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def read(packet: bytes, limits: Limits = LIMITS) -> Xmp:
    """What a packet says. Never raises: of a damaged one what stands before the damage, with a warning."""
    if len(packet) > limits.xmp:
        return Xmp(warnings=(f"the XMP was ignored: it is longer than {limits.xmp:,} bytes",))
    said, trouble = _properties(packet, limits)
    rating, rating_trouble = _rating(said)
    return Xmp(
        rating=rating,
        label=clean_line(said.one("xmp:Label"), 200),
        subjects=_subjects(said, limits),
        title=clean_line(said.one("dc:title"), limits.value),
        description=clean_text(said.one("dc:description").strip(), limits.value),
        creator=clean_line(", ".join(said.all("dc:creator")), limits.value),
        rights=clean_line(said.one("dc:rights"), limits.value),
        comment=clean_text(said.one("exif:UserComment").strip(), limits.text),
        created_at=next((date for key in _DATES if (date := iso_date(said.one(key)))), ""),
        said_at=timestamp(iso_date(said.one("xmp:MetadataDate"))),
        gps=_place(said),
        warnings=tuple(filter(None, (trouble, rating_trouble))),
    )


def claims(found: Xmp, source: str = "xmp") -> list[Claim]:
    """Its words on score, label, title, description, creator, copyright, date and place."""
    said = {
        "score": found.rating,
        "label": found.label,
        "title": found.title,
        "description": found.description,
        "creator": found.creator,
        "copyright": found.rights,
        "created_at": found.created_at,
        "gps": found.gps,
    }
    return [Claim(field, value, source, found.said_at) for field, value in said.items() if value not in (None, "", {})]


class _Said:
    """The values of each property, in order; of texts in several languages the default one first."""

    def __init__(self) -> None:
        self._values: dict[str, list[str]] = {}

    def add(self, key: str, value: str, *, first: bool = False) -> None:
        values = self._values.setdefault(key, [])
        values.insert(0 if first else len(values), value)

    def one(self, key: str) -> str:
        return next(iter(self._values.get(key, ())), "")

    def all(self, key: str) -> list[str]:
        return self._values.get(key, [])


class _Reader:
    """Takes the events of the XML parser, so that no tree is built of a packet that nests or repeats without end."""

    def __init__(self, limits: Limits) -> None:
        self.said = _Said()
        self.complete = False  #: the end of the RDF was seen; what comes after it is padding
        self._deepest = limits.xml_depth
        self._depth = 0
        self._top = 0  #: depth of rdf:RDF, once it is seen
        self._key = ""  #: the property that is open
        self._first = False  #: the value that is open is in the default language
        self._is_list = False
        self._text: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > self._deepest:
            raise ValueError(f"elements nest deeper than {self._deepest}")
        if not self._top:
            self._top = self._depth if tag == f"{_RDF}RDF" else 0
            return
        match self._depth - self._top:
            case 1:
                self._take_attributes(attributes)
            case 2:
                self._key, self._is_list, self._first = _name(tag), False, False
                self._text = [] if self._key else None
            case 3:
                # Text around a list is white space.
                self._is_list, self._text = tag in _LISTS, None
            case 4 if self._key and self._is_list:
                self._text = []
                self._first = attributes.get(_LANGUAGE) == "x-default"
            case _:
                self._text = None  # a structure is no text

    def data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, _tag: str) -> None:
        below = self._depth - self._top if self._top else -1
        if self._text is not None and below == (4 if self._is_list else 2):
            if value := "".join(self._text).strip():
                self.said.add(self._key, value, first=self._first)
            self._text = None
        if below == 0:
            self.complete, self._top = True, 0
        if below == 2:
            self._key = ""
        self._depth -= 1

    def close(self) -> None:
        """Nothing is left to do."""

    def _take_attributes(self, attributes: dict[str, str]) -> None:
        for tag, value in attributes.items():
            if (key := _name(tag)) and value.strip():
                self.said.add(key, value.strip())


def _properties(packet: bytes, limits: Limits) -> tuple[_Said, str]:
    reader = _Reader(limits)
    try:
        parser = XMLParser(target=reader, forbid_dtd=True)
        parser.feed(packet.lstrip(b" \t\r\n"))
        parser.close()
    except (ParseError, ValueError, LookupError) as error:
        # Behind the RDF many programs leave NULs or the tail of an older packet.
        trouble = "" if reader.complete else f"the XMP is damaged: {clean_line(str(error), 200)}"
        return reader.said, trouble
    return reader.said, ""


def _name(tag: str) -> str:
    """`xmp:Rating`, whatever prefix the packet has for the namespace; empty for properties that are not read."""
    namespace, _, name = tag[1:].rpartition("}")
    prefix = _PREFIXES.get(namespace, "")
    return key if prefix and (key := f"{prefix}:{name}") in _PROPERTIES else ""


def _subjects(said: _Said, limits: Limits) -> tuple[str, ...]:
    found = (
        clean_line(subject.split(between)[-1] if between else subject, limits.keyword)
        for key, between in _SUBJECTS.items()
        for subject in said.all(key)
    )
    return _distinct(found, limits.keywords)


def _distinct(found: Iterable[str], most: int) -> tuple[str, ...]:
    distinct: dict[str, None] = {}
    for text in filter(None, found):
        distinct.setdefault(text)
        if len(distinct) >= most:
            break
    return tuple(distinct)


def _rating(said: _Said) -> tuple[int | None, str]:
    """Stars; a percent form counts only where there are none."""
    if text := said.one("xmp:Rating"):
        number = _number(text)
        if number is None or not -1 <= number <= 5 or not number.is_integer():
            return None, f"the XMP rating {clean_line(text, 40)!r} is no whole number from -1 to 5"
        return int(number), ""
    for key in ("MicrosoftPhoto:Rating", "MicrosoftPhoto:RatingPercent"):
        if text := said.one(key):
            percent = _number(text)
            if percent is None or not 0 <= percent <= 100:
                return None, f"the XMP rating {clean_line(text, 40)!r} is no percentage"
            return stars_of_percent(percent), ""
    return None, ""


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text.strip()) else None


def _place(said: _Said) -> Json:
    if not said.one("exif:GPSLatitude"):
        return {}
    return gps.place(
        gps.from_xmp(said.one("exif:GPSLatitude")),
        gps.from_xmp(said.one("exif:GPSLongitude")),
        gps.altitude_from_xmp(said.one("exif:GPSAltitude"), said.one("exif:GPSAltitudeRef")),
    )
