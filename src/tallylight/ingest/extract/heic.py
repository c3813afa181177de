"""HEIC and HEIF, which Pillow reads only with the extra `heif`."""

from __future__ import annotations

from typing import BinaryIO, Final

from PIL import ImageFile

from tallylight.ingest.extract.trouble import Unreadable
from tallylight.model import Reason

_MISSING: Final = (
    "HEIC images need the extra 'heif', which is not installed. Run pip install 'tallylight[heif]', then ingest again."
)


def opened(stream: BinaryIO) -> ImageFile.ImageFile:
    """The picture, upright once it is decoded, which it is not yet. Raises Unreadable where the extra is missing."""
    try:
        from pi_heif import HeifImageFile, options  # noqa: PLC0415 (an extra, and 10 ms that only these files need)
    except ImportError:
        raise Unreadable(Reason.UNSUPPORTED, _MISSING) from None
    # One worker process a core is there already.
    options.DECODE_THREADS = 1
    image: ImageFile.ImageFile = HeifImageFile(stream)
    return image
