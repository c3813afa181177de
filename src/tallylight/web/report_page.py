"""A session's report as one HTML file that needs nothing else: no script, no network, the pictures inside.

Names come from disks and prompts from strangers, so nothing in them is markup, and what would not show, or would
show as something else (control characters, a right-to-left override), is written out.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tallylight.ingest.report import Report, Sample
from tallylight.messages import elide
from tallylight.visible import visible

#: Answers the bytes of the thumbnail of a content hash, or None where there is none.
Thumbnail = Callable[[str], bytes | None]

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_KINDS: Final = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
#: Descriptions may run to pages.
_LONGEST_VALUE: Final = 200
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class ReportPage:
    """The HTML, and the Content-Security-Policy under which it shows: its own style by hash, pictures from itself."""

    html: str
    content_security_policy: str


def render(report: Report, thumbnail: Thumbnail) -> ReportPage:
    """Draw a report. Asks for the thumbnail of each sample that has one: call it where reading files may block."""
    template = _environment().get_template("report.html.jinja")
    html = template.render(report=report, picture=partial(_data_uri, thumbnail=thumbnail))
    # The first style is the template's own: everything from outside comes later, and escaped.
    found = _STYLE.search(html)
    assert found is not None
    digest = b64encode(sha256(found[1].encode()).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return ReportPage(html, policy)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tallylight.web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"grouped": _grouped, "size": size, "moment": _moment, "seconds": _seconds, "said": _said}
    return environment


def _finalize(value: Any) -> Any:
    # Markup is what the template itself made of strings that came through here before.
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _data_uri(sample: Sample, thumbnail: Thumbnail) -> str | None:
    if not sample.has_thumbnail or sample.sha256 is None:
        return None
    data = thumbnail(sample.sha256)
    kind = _kind(data) if data else None
    return f"data:{kind};base64,{b64encode(data).decode('ascii')}" if data and kind else None


def _kind(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _KINDS if data.startswith(start)), None)


def _grouped(number: float) -> str:
    return f"{number:,}"


def size(number: int) -> str:
    """Bytes for people, in powers of 1000 as disks are sold."""
    power = min((len(str(number)) - 1) // 3, len(_UNITS) - 1)
    return f"{number / 1000**power:,.1f} {_UNITS[power]}" if power else f"{number} B"


def _moment(at: float) -> str:
    """A wall time that reads the same wherever the file is opened."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _said(value: Any) -> str:
    """A value of any field for people."""
    match value:
        case bool():
            return "yes" if value else "no"
        case {"latitude": latitude, "longitude": longitude}:
            return f"{latitude}, {longitude}"
        case _:
            return elide(str(value), _LONGEST_VALUE)


def _seconds(number: float) -> str:
    if number < 60:
        return f"{number:.1f} s"
    minutes, seconds = divmod(round(number), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"
