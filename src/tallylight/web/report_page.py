"""A session's report as one HTML file that needs nothing else: no script, no network, the pictures inside.

Names come from disks and prompts from strangers, so nothing in them is markup, and what would not show, or would
show as something else (control characters, a right-to-left override), is written out.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tallylight.ingest.report import Report, Sample
from tallylight.model import Status
from tallylight.visible import visible
from tallylight.web.report_charts import charts
from tallylight.web.texts import Texts
from tallylight.web.written import Written

#: Answers the bytes of the thumbnail of a content hash, or None where there is none.
Thumbnail = Callable[[str], bytes | None]

#: Parameters that the form of the first step calls something else, or does not have.
_PARAMETERS: Final = {
    "directories": "configure.folders",
    "pattern": "configure.pattern",
    "nsfw_threshold": "report.nsfw_threshold",
    "pixel_hash": "report.pixel_hash",
    "auto_commit": "report.auto_commit",
}
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_KINDS: Final = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
#: Without a text of their own in the catalogues: they are told by how far they are.
_MOVING: Final = frozenset({Status.STARTING, Status.PROCESSING})


@dataclass(frozen=True, slots=True)
class ReportPage:
    """The HTML, and the Content-Security-Policy under which it shows: its own style by hash, pictures from itself."""

    html: str
    content_security_policy: str


def render(report: Report, thumbnail: Thumbnail, t: Texts) -> ReportPage:
    """Draw a report in the language of `t`; what readers and the server said of files stays in theirs. Asks for the
    thumbnail of each sample that has one: call it where reading files may block.
    """
    html = (
        _environment(t)
        .get_template("report.html.jinja")
        .render(
            report=report,
            status=_status(report, t),
            charts=charts(report.facets, t),
            picture=partial(_data_uri, thumbnail=thumbnail),
            t=t,
        )
    )
    # The first style is the template's own: everything from outside comes later, and escaped.
    found = _STYLE.search(html)
    assert found is not None
    digest = b64encode(sha256(found[1].encode()).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return ReportPage(html, policy)


def _status(report: Report, t: Texts) -> str:
    if Status(report.status) in _MOVING:
        return f"{t('process.title')} {t('sessions.percent', progress=report.progress)}"
    return t(f"status.{report.status}", progress=report.progress)


def _environment(t: Texts) -> Environment:
    environment = Environment(
        loader=PackageLoader("tallylight.web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    written = Written(t)
    environment.filters |= {
        "grouped": written.number,
        "size": written.size,
        "moment": written.moment,
        "seconds": written.seconds,
        "said": written.value,
        "reason": partial(_named, t, "reason"),
        "field": partial(_named, t, "field"),
        "parameter": partial(_parameter, t),
    }
    return environment


def _named(t: Texts, kind: str, name: str) -> str:
    """Of a reason or a field, as the page calls it. A reader that came with a plugin may have fields of its own."""
    text = t.entries.get(f"{kind}.{name}", name)
    return text if isinstance(text, str) else name


def _parameter(t: Texts, name: str) -> str:
    return t(_PARAMETERS.get(name, f"configure.{name}"))


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
