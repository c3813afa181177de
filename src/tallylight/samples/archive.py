"""The sample archive on disk: a small, handsome folder of everything Tallylight reads, and some of what it cannot."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from tallylight.errors import BadFolder, BadParameters
from tallylight.model import Reason
from tallylight.samples.piece import CANDIDATES, Kind, Piece
from tallylight.samples.plan import plan

_MARKER: Final = ".tallylight-samples/archive.json"
_EDITION: Final = 1  #: raised whenever the same seed gives other files than before, so that old archives are renewed

_THREADS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What an archive holds, and what an ingest of it should find. Paths are relative, with `/`."""

    folder: Path
    files: Mapping[Kind, int]  #: how many of each kind
    failures: Mapping[str, Reason]  #: the candidates that must fail, and why
    scores: Mapping[str, int]  #: of the candidates with a valid sidecar
    favourites: tuple[str, ...]

    @property
    def candidates(self) -> int:
        """How many files discovery should find: pictures, duplicates, clips and damaged ones."""
        return sum(count for kind, count in self.files.items() if kind in CANDIDATES)


def build_archive(folder: Path, *, seed: int = 1, pictures: int = 120) -> Summary:
    """Build the archive in `folder`, which is made if need be; the same arguments give the same bytes.

    A complete one of the same arguments is kept as it is, whatever has since been done to its files; an unfinished one
    or one of other arguments is renewed. Takes a few seconds for the default. Raises BadFolder where the folder holds
    anything else, BadParameters for a negative number, and OSError as writing does.
    """
    if seed < 0 or pictures < 0:
        raise BadParameters("The seed and the number of pictures of a sample archive are 0 or more.")
    marker = {"edition": _EDITION, "seed": seed, "pictures": pictures}
    pieces = plan(seed, pictures)
    found = _marker(folder)
    if found is None or {**found, **marker, "complete": True} != found:
        _discard(folder, found)
        _write(folder, pieces, marker)
    return _summary(folder, pieces)


def _write(folder: Path, pieces: Sequence[Piece], marker: Mapping[str, Any]) -> None:
    files = [piece.path for piece in pieces]
    # Marked before the first file, so that an interrupted build is known as ours the next time.
    _put(folder / _MARKER, _json({**marker, "complete": False, "files": files}))
    # Threads do help: Pillow and FFmpeg let go of the interpreter while they encode.
    with ThreadPoolExecutor(_THREADS) as pool:
        for _ in pool.map(lambda piece: _put(folder / piece.path, piece.make()), pieces):
            pass
    _put(folder / _MARKER, _json({**marker, "complete": True, "files": files}))


def _marker(folder: Path) -> dict[str, Any] | None:
    """The marker of the archive in this folder; None where the folder is missing or empty."""
    try:
        body = json.loads((folder / _MARKER).read_bytes())
    except FileNotFoundError:
        if folder.exists() and any(folder.iterdir()):
            raise BadFolder(f"{folder} is not empty and holds no samples; choose a new or empty folder.") from None
        return None
    except (NotADirectoryError, ValueError):
        raise BadFolder(f"{folder} cannot hold samples; choose a new or empty folder.") from None
    if not isinstance(body, dict) or not isinstance(body.get("files"), list):
        raise BadFolder(f"{folder / _MARKER} is damaged; delete {folder} or choose another folder.")
    return body


def _discard(folder: Path, found: Mapping[str, Any] | None) -> None:
    """Delete the files an earlier build made, and nothing else."""
    for file in map(str, found["files"] if found else ()):
        path = PurePosixPath(file)
        if not path.is_absolute() and ".." not in path.parts:
            (folder / path).unlink(missing_ok=True)


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, indent=1).encode()


def _summary(folder: Path, pieces: Sequence[Piece]) -> Summary:
    return Summary(
        folder=folder,
        files=dict(Counter(piece.kind for piece in pieces)),
        failures={piece.path: piece.failure for piece in pieces if piece.failure is not None},
        scores={piece.path: piece.score for piece in pieces if piece.score is not None},
        favourites=tuple(piece.path for piece in pieces if piece.favourite),
    )
