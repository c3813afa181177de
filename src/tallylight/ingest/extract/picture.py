"""Reads an image: header, embedded texts and EXIF by our own walkers, pixels by Pillow, once."""

from __future__ import annotations

import errno
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import Image, ImageFile
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import jpeg_factory
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from tallylight.ingest.extract import exif, headers
from tallylight.ingest.extract.containers import gif, jpeg, png, structure, webp
from tallylight.ingest.extract.containers.embedded import Embedded
from tallylight.ingest.extract.findings import Findings
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.small import shrink, upright
from tallylight.ingest.extract.sniff import Kind
from tallylight.ingest.extract.source import Source
from tallylight.ingest.extract.trouble import Unreadable, described
from tallylight.model import Json, Reason


def read(source: Source, kind: Kind, *, full: bool, limits: Limits = LIMITS) -> Findings:
    """Read an image; with `full`, its pixels too. Raises Unreadable, or OSError where the disk refuses.

    Without `full`, a picture that is cut off behind its header is a finding with a warning.
    """
    # A PNG is hundreds of chunks of pixels with texts before and after: a walk that need not read them in between.
    embedded = _walk(source.bare() if kind.format == "png" else source.stream(), kind, limits)
    _judge_ending(embedded, kind, full=full)
    if not full and (header := headers.read(kind, source.head, embedded)) is not None:
        return _findings(kind, header, embedded, exif.read(io.BytesIO(embedded.exif), limits))
    if isinstance(embedded, webp.WebP):
        _judge_size(embedded.width, embedded.height, limits if full else None)
    if isinstance(embedded, webp.WebP) and not full:
        return _findings(kind, _webp_header(embedded), embedded, exif.read(io.BytesIO(embedded.exif), limits))
    with _decoding():
        image = _open(source, kind, embedded, full=full)
        tags = _exif(source, kind, embedded, image, limits)
        found = _findings(kind, _header(image, embedded), embedded, tags)
        if full:
            _judge_size(*image.size, limits)
            found.small = _small(image, tags.orientation, limits)
    return found


def _walk(stream: BinaryIO, kind: Kind, limits: Limits) -> Embedded:
    match kind.format:
        case "png":
            return png.walk(stream, limits)
        case "jpeg":
            return jpeg.walk(stream, limits)
        case "webp":
            return webp.walk(stream, limits)
        case "gif":
            return gif.walk(stream, limits)
        case _:
            short = structure.shortfall(stream, kind.format, limits)
            return Embedded(limits, ending="cut" if short else "whole")


def _judge_ending(embedded: Embedded, kind: Kind, *, full: bool) -> None:
    if embedded.ending != "cut":
        return
    if full:
        raise Unreadable(
            Reason.TRUNCATED, f"The {kind.name} ends before its own structure says it does; copy it again."
        )
    embedded.warn(f"the {kind.name} ends before its own structure says it does")


def _judge_size(width: int, height: int, limits: Limits | None) -> None:
    if limits is not None and width * height > limits.pixels:
        raise Unreadable(
            Reason.TOO_LARGE,
            f"{width:,}×{height:,} pixels are more than the {limits.pixels // 1_000_000} million that are decoded.",
        )


def _open(source: Source, kind: Kind, embedded: Embedded, *, full: bool) -> ImageFile.ImageFile:
    """Hand the bytes to the one decoder that their signature names.

    `Image.open` would try every plugin and judge the size by a global limit that is below phones' 200 megapixels.
    """
    stream = source.stream()
    match kind.format:
        case "png":
            assert isinstance(embedded, png.Png)
            as_it_is = full and (embedded.harmless or source.data is None)
            return PngImageFile(stream if as_it_is else io.BytesIO(png.bare(stream, embedded, pixels=full)))
        case "jpeg":
            return jpeg_factory(stream)
        case "webp":
            return WebPImageFile(stream)
        case "gif":
            return GifImageFile(stream)
        case "bmp":
            return BmpImageFile(stream)
        case "tiff":
            return TiffImageFile(stream)
        case "avif":
            return AvifImageFile(stream)
        case _:
            raise Unreadable(Reason.UNSUPPORTED, f"{kind.name} is not an image format that is read.")


def _exif(source: Source, kind: Kind, embedded: Embedded, image: Image.Image, limits: Limits) -> exif.Exif:
    """From the walker's block; a TIFF is its own; of an AVIF Pillow knows, and puts the rotation box into it."""
    if kind.format == "tiff":
        if source.data is not None:
            return exif.read(source.stream(), limits)
        place = source.file.tell()
        tags = exif.read(source.file, limits)
        source.file.seek(place)
        return tags
    block = image.info.get("exif", b"") if kind.format == "avif" else embedded.exif
    return exif.read(io.BytesIO(block.removeprefix(b"Exif\0\0")), limits)


def _header(image: ImageFile.ImageFile, embedded: Embedded) -> Json:
    width, height = image.size
    if isinstance(image, TiffImageFile):
        # Pillow gives a TIFF's size as rotated.
        width, height = int(image.tag_v2[256]), int(image.tag_v2[257])
    frames = embedded.frames if isinstance(embedded, gif.Gif) else 1
    if isinstance(image, (PngImageFile, WebPImageFile, AvifImageFile)):
        frames = image.n_frames
    header = {"width": width, "height": height, "mode": image.mode, "has_alpha": image.has_transparency_data}
    return {**header, "frames": frames} if frames > 1 else header


def _webp_header(found: webp.WebP) -> Json:
    if not found.width or not found.height:
        raise Unreadable(Reason.DAMAGED, "The WebP has no header that can be read.")
    mode = "RGBA" if found.has_alpha else "RGB"
    header = {"width": found.width, "height": found.height, "mode": mode, "has_alpha": found.has_alpha}
    return {**header, "frames": found.frames} if found.frames > 1 else header


def _findings(kind: Kind, header: Json, embedded: Embedded, tags: exif.Exif) -> Findings:
    for key, text in exif.texts(tags):
        embedded.add_text(key, text)
    media = {"type": "image", "format": kind.format, **header, **exif.facts(tags)}
    return Findings(media=media, texts=embedded.texts, warnings=embedded.warnings)


def _small(image: ImageFile.ImageFile, orientation: int, limits: Limits) -> Image.Image:
    # A JPEG decodes at an eighth of its size in less than half the time; draft never goes below what is asked for.
    image.draft(image.mode, (limits.thumbnail, limits.thumbnail))
    image.load()
    turned = isinstance(image, TiffImageFile)  # Pillow turns a TIFF upright while it loads
    return upright(shrink(image, limits.thumbnail), 1 if turned else orientation)


@contextmanager
def _decoding() -> Iterator[None]:
    """Turns what decoders raise into Unreadable, and keeps their warnings off stderr."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except (MemoryError, Unreadable):
            raise
        except Image.DecompressionBombError as error:
            raise Unreadable(
                Reason.TOO_LARGE, f"The picture unfolds to too many pixels: {described(error)}."
            ) from error
        except Exception as error:
            # EINVAL: a damaged offset that no file can be sought to. Any other number is the disk's, not the decoder's.
            if isinstance(error, OSError) and error.errno not in {None, errno.EINVAL}:
                raise
            raise _undecodable(error) from error


def _undecodable(error: Exception) -> Unreadable:
    if isinstance(error, EOFError) or "truncated" in str(error).lower():
        return Unreadable(Reason.TRUNCATED, f"The picture is cut off: {described(error)}.")
    return Unreadable(Reason.DAMAGED, f"The picture could not be decoded: {described(error)}.")
