"""Score sidecars: `.scores/<name.ext>.json` beside a picture."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Final

#: What a crash in the middle of a write leaves behind.
BROKEN_SIDECAR: Final = b'{"file": "half written", "score": 4, "favour'


def sidecar_path(file: str) -> str:
    """Where the score of this file is kept."""
    path = PurePosixPath(file)
    return str(path.parent / ".scores" / f"{path.name}.json")


def sidecar_bytes(file: str, score: int, *, favourite: bool = False, updated: str = "2024-06-18T20:15:00Z") -> bytes:
    """A score of -1 (reject) … 5; 0 is unrated."""
    body = {"file": PurePosixPath(file).name, "score": score, "favourite": favourite, "updated": updated}
    return json.dumps(body, ensure_ascii=False, indent=2).encode()
