"""What the EXIF of a camera says, in words that `Outcome.media` uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tallylight.ingest.extract import exif, gps
from tallylight.ingest.extract.claims import Claim
from tallylight.ingest.extract.clean import clean_line, clean_text
from tallylight.ingest.extract.containers.embedded import decode_text
from tallylight.ingest.extract.dates import stated, timestamp
from tallylight.ingest.extract.exif import Exif
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.stars import stars_of_percent
from tallylight.model import Json

_DATES: Final = {
    "exif:DateTimeOriginal": exif.TAKEN,
    "exif:DateTimeDigitized": exif.DIGITISED,
    "exif:DateTime": exif.DATE_TIME,
}
#: What cameras and scanners write where a person could describe the picture.
_NO_WORDS = re.compile(
    r"[A-Z ]*DIGITAL (STILL )?CAMERA|SONY DSC|DCIM\\.*|default|Untitled|Exif_JPEG_PICTURE|<.*>", re.IGNORECASE
)
#: Parameters of a generator, which `generation` reads: a graph, or A1111's last line.
_PARAMETERS = re.compile(r"\s*[{\[]|.*\bSteps: \d", re.DOTALL)
_NO_LENS = re.compile(r"[-\s.0mf/]*", re.IGNORECASE)


def facts(found: Exif) -> Json:
    """camera_make, camera_model, lens, exposure_time, f_number, iso, focal_length, flash, orientation; only what is
    known.
    """
    known: Json = {}
    for key, tag in (("camera_make", exif.MAKE), ("camera_model", exif.MODEL)):
        text = found.text(tag)
        if text and not exif.is_text_of_a_graph(text):
            known[key] = clean_line(text, 200)
    if lens := _lens(found):
        known["lens"] = lens
    if exposure := _exposure_time(found):
        known["exposure_time"] = exposure
    for key, tag in (("f_number", exif.F_NUMBER), ("focal_length", exif.FOCAL_LENGTH)):
        number = found.number(tag)
        if number is not None and 0 < number < 100_000:
            known[key] = round(number, 2)
    if iso := _iso(found):
        known["iso"] = iso
    if (flash := found.whole(exif.FLASH)) is not None:
        known["flash"] = bool(flash & 1)
    if exif.ORIENTATION in found.tags:
        known["orientation"] = found.orientation
    return known


def claims(found: Exif, limits: Limits = LIMITS) -> list[Claim]:
    """Its words on dates, place, score, title, description, creator and copyright."""
    if not found.tags:
        return []
    dates = [Claim("created_at", date, source) for source, date in _dates(found) if date]
    # What the date of the last change is for.
    at = next((timestamp(date.value) for date in dates if date.source == "exif:DateTime"), 0.0)
    said = (("gps", "exif:GPS", _place(found)), *_score(found), *_words(found, limits))
    return dates + [Claim(field, value, source, at) for field, source, value in said if value not in (None, "", {})]


def subjects(found: Exif) -> list[str]:
    """The tags that Windows keeps, in one text with `;` between them."""
    return [subject for part in found.wide_text(exif.XP_KEYWORDS).split(";") if (subject := part.strip())]


def _lens(found: Exif) -> str:
    text = clean_line(found.text(exif.LENS_MODEL), 200)
    if not _NO_LENS.fullmatch(text):
        return text
    match found.numbers(exif.LENS_SPECIFICATION):
        case [float(short), float(long), widest, widest_at_long] if 0 < short <= long:
            lengths = f"{short:g}mm" if short == long else f"{short:g}-{long:g}mm"
            stops = (
                f"{widest:g}" if widest == widest_at_long or not widest_at_long else f"{widest:g}-{widest_at_long:g}"
            )
            return f"{lengths} f/{stops}" if widest else lengths
        case _:
            return ""


def _exposure_time(found: Exif) -> str:
    """In seconds, as cameras show it: `1/250`, `0.4`, `30`."""
    seconds = found.number(exif.EXPOSURE_TIME)
    if seconds is None or not 0 < seconds < 1_000_000:
        return ""
    return f"1/{round(1 / seconds)}" if seconds <= 0.25 else f"{round(seconds, 1):g}"


def _iso(found: Exif) -> int | None:
    """Sensitivities from 65535 on do not fit the old tag, which then says 65535."""
    iso = found.whole(exif.ISO)
    if iso is None or iso >= 65535:
        iso = found.whole(exif.ISO_SPEED) or iso
    return iso if iso and iso < 100_000_000 else None


def _dates(found: Exif) -> Iterator[tuple[str, str]]:
    for source, tag in _DATES.items():
        if tag not in found.tags:
            continue
        offset, fraction = found.text(exif.OFFSETS[tag]), found.text(exif.FRACTIONS[tag])
        yield source, stated(found.text(tag), offset, fraction)
    yield "exif:GPSDateStamp", _satellite_time(found)


def _satellite_time(found: Exif) -> str:
    """When the receiver last knew where it was, in UTC."""
    match found.numbers(exif.GPS_TIME):
        case [float(hours), float(minutes), float(seconds)] if max(hours, minutes, seconds) < 61:
            # A leap second is the beginning of the next minute to everybody else.
            time = f"{int(hours):02}:{int(minutes):02}:{min(seconds, 59.999):06.3f}"
            return stated(f"{found.text(exif.GPS_DATE)} {time}", "Z")
        case _:
            return ""


def _place(found: Exif) -> Json:
    metres = found.number(exif.ALTITUDE)
    below = found.whole(exif.ALTITUDE_BELOW) == 1
    return gps.place(
        gps.degrees(found.numbers(exif.LATITUDE), found.text(exif.LATITUDE_HALF)),
        gps.degrees(found.numbers(exif.LONGITUDE), found.text(exif.LONGITUDE_HALF)),
        -metres if metres is not None and below else metres,
    )


def _score(found: Exif) -> Iterator[tuple[str, str, int]]:
    stars, percent = found.whole(exif.RATING), found.number(exif.RATING_PERCENT)
    if stars is not None and 0 <= stars <= 5:
        yield "score", "exif:Rating", stars
    elif percent is not None and 0 <= percent <= 100:
        yield "score", "exif:RatingPercent", stars_of_percent(percent)


def _words(found: Exif, limits: Limits) -> Iterator[tuple[str, str, str]]:
    longest = limits.value
    description = found.text(exif.DESCRIPTION)
    yield "title", "exif:XPTitle", clean_line(found.wide_text(exif.XP_TITLE), longest)
    for source, text in (("exif:ImageDescription", description), ("exif:XPComment", found.wide_text(exif.XP_COMMENT))):
        if not _NO_WORDS.fullmatch(text) and not _PARAMETERS.match(text):
            yield "description", source, clean_text(text, longest)
    yield "creator", "exif:Artist", clean_line(found.text(exif.ARTIST), longest)
    yield "creator", "exif:XPAuthor", clean_line(found.wide_text(exif.XP_AUTHOR), longest)
    yield "copyright", "exif:Copyright", _copyright(found, longest)


def _copyright(found: Exif, longest: int) -> str:
    """The photographer's and the editor's, with a NUL between them; a blank stands for none."""
    parts = (part.strip() for part in decode_text(found.raw(exif.COPYRIGHT)).split("\0"))
    return clean_line(", ".join(filter(None, parts)), longest)
