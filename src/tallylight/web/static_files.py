"""The page's own files, packed with gzip for whoever takes that: each is packed once, when it is first asked for.

What is packed has no comments; what travels as it is, is what was written.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any, Final

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from tallylight.live import accepts_gzip
from tallylight.web.uncommented import uncommented

#: What is smaller gains nothing.
SMALLEST: Final = 200
_COMMENTED: Final = frozenset({".js", ".css"})


class PageFiles(StaticFiles):
    """Browsers ask about each file anew (a 304 costs little): after an upgrade no tab may mix two versions."""

    def __init__(self, package: str, folder: str) -> None:
        super().__init__(packages=[(package, folder)])
        #: By path, with the ETag of the file that was packed.
        self._packed: dict[str, tuple[str, bytes]] = {}

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "no-cache"
        response.headers.add_vary_header("accept-encoding")
        return response

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        headers = Headers(scope=scope)
        if not isinstance(response, FileResponse) or scope["method"] != "GET" or "range" in headers:
            return response
        if not accepts_gzip(headers.get("accept-encoding", "")):
            return response
        packed = await to_thread.run_sync(self._pack, str(response.path), response.headers["etag"])
        if packed is None:
            return response
        kept = {name: response.headers[name] for name in ("cache-control", "last-modified", "vary")}
        # Of one file there are two answers now, the same but for their bytes.
        named = {"content-encoding": "gzip", "etag": f"W/{response.headers['etag']}"}
        return Response(packed, headers=kept | named, media_type=response.media_type)

    def _pack(self, path: str, etag: str) -> bytes | None:
        known = self._packed.get(path)
        if known is not None and known[0] == etag:
            return known[1]
        content = Path(path).read_bytes()
        if len(content) < SMALLEST:
            return None
        if (suffix := Path(path).suffix) in _COMMENTED:
            content = uncommented(content.decode(), is_style=suffix == ".css").encode()
        packed = gzip.compress(content, 9, mtime=0)
        self._packed[path] = (etag, packed)
        return packed
