"""Which media look alike, by their perceptual hashes: all of them in memory, compared in one go.

Apart from `sql`, which loads this with the first search for likeness: numpy takes a while.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from tallylight.db.tables import catalog_clock, media

#: Rows that are held in memory while the hashes are read.
_STREAMED: Final = 10_000
_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class _Read:
    """All hashes of one version of the catalog: 16 bytes for each medium that has one."""

    version: int
    ids: NDArray[np.int64]
    hashes: NDArray[np.uint64]


class Hashes:
    """The perceptual hashes of a catalog, read at the first question and again after each change. Any thread."""

    def __init__(self) -> None:
        self._reading = threading.Lock()
        self._read = _Read(-1, np.empty(0, np.int64), np.empty(0, np.uint64))

    def near(self, connection: Connection, to: str, distance: int) -> dict[int, int]:
        """As `matching.nearest`, of all media."""
        read = self._newest(connection)
        bits = np.bitwise_count(read.hashes ^ np.uint64(int(to, 16)))
        (places,) = np.nonzero(bits <= distance)
        return dict(zip(read.ids[places].tolist(), bits[places].tolist(), strict=True))

    def _newest(self, connection: Connection) -> _Read:
        version: int = connection.execute(select(catalog_clock.c.version)).scalar_one()
        read = self._read
        if read.version == version:
            return read
        # Several searches after one change need one reading; each is right for what its own connection sees.
        with self._reading:
            if self._read.version != version:
                self._read = _read(connection, version)
            return self._read


def _read(connection: Connection, version: int) -> _Read:
    ids, hashes = [np.empty(0, np.int64)], [np.empty(0, np.uint64)]
    hashed = select(media.c.media_id, media.c.phash).where(media.c.phash.is_not(None))
    with connection.execute(hashed.execution_options(yield_per=_STREAMED)) as rows:
        for some in rows.partitions():
            numbers, texts = zip(*some, strict=True)
            ids.append(np.array(numbers, np.int64))
            digits = "".join(text.rjust(_DIGITS, "0") for text in texts)
            hashes.append(np.frombuffer(bytes.fromhex(digits), ">u8").astype(np.uint64))
    return _Read(version, np.concatenate(ids), np.concatenate(hashes))
