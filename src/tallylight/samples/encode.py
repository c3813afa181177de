"""Pictures as bytes, with the metadata people's tools leave in them."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from PIL import Image
from PIL.PngImagePlugin import PngInfo

_RLE = 3  #: zlib's Z_RLE: for painted pictures half the time of the default, and smaller than level 1


def png_bytes(image: Image.Image, texts: Mapping[str, str] | None = None) -> bytes:
    """A PNG with these texts: `tEXt` where the text is Latin-1, else `iTXt`, as generators write it."""
    info = PngInfo()
    for key, text in (texts or {}).items():
        info.add_text(key, text)
    return _encoded(image, "PNG", pnginfo=info, compress_level=1, compress_type=_RLE)


def jpeg_bytes(image: Image.Image, exif: Image.Exif | None = None, quality: int = 85) -> bytes:
    """A baseline JPEG, with EXIF if given."""
    return _encoded(image, "JPEG", quality=quality, **_exif(exif))


def webp_bytes(image: Image.Image, exif: Image.Exif | None = None, quality: int = 80) -> bytes:
    """A lossy WebP, with EXIF if given."""
    return _encoded(image, "WEBP", quality=quality, method=0, **_exif(exif))


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _exif(exif: Image.Exif | None) -> dict[str, bytes]:
    return {} if exif is None else {"exif": exif.tobytes()}
