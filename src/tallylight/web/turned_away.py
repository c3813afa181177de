"""A refusal at the doors as a page, for a person whose browser asked for one.

It needs nothing further of the server, to which the doors are closed: its style is in it, and let in by its hash alone.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

_STYLE: Final = (
    ":root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }"
    "main { max-width: 38rem; margin: 12vh auto; padding: 0 1rem }"
    "h1 { font-size: 1.5rem; line-height: 1.2 }"
    "small { opacity: .75 }"
)
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def wants_page(scope: Scope) -> bool:
    """Whether a browser asks on behalf of somebody who will read the answer."""
    is_look = scope["method"] in {"GET", "HEAD"} and not scope["path"].startswith("/api/")
    return is_look and "text/html" in Headers(scope=scope).get("accept", "")


def page(status: int, code: str, detail: str) -> Response:
    """The sentence that programs get as `detail`, for people."""
    text = (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Not let in · Tallylight</title>\n<style>{_STYLE}</style>\n"
        "<main>\n<h1>Tallylight is here, but did not let you in</h1>\n"
        f"<p>{escape(detail)}</p>\n<p><small>{status} {escape(code)}</small></p>\n</main>\n</html>\n"
    )
    return HTMLResponse(text, status, {"content-security-policy": _POLICY, "vary": "accept"})
