"""Reads an image: header, embedded texts and EXIF by our own walkers, pixels by Pillow, once."""

from __future__ import annotations

import errno
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

import numpy as np
from PIL import Image, ImageFile
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import jpeg_factory
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from tallylight.ingest.extract import exif, headers, heic, iptc, stealth
from tallylight.ingest.extract.containers import gif, jpeg, png, structure, webp
from tallylight.ingest.extract.containers.embedded import Embedded
from tallylight.ingest.extract.described import describe
from tallylight.ingest.extract.findings import Findings
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.pixels import pixel_sha256
from tallylight.ingest.extract.small import VIEW, shrink, upright, view
from tallylight.ingest.extract.sniff import Kind
from tallylight.ingest.extract.source import Source
from tallylight.ingest.extract.trouble import Unreadable, described
from tallylight.model import Json, Reason

_BIG_ENDIAN_BIGTIFF: Final = b"MM\0+"


def read(
    source: Source,
    kind: Kind,
    *,
    full: bool,
    read_stealth: bool = False,
    pixel_hash: bool = False,
    nsfw: bool = False,
    limits: Limits = LIMITS,
) -> Findings:
    """Read an image; with `full`, its pixels too: with `read_stealth` what is hidden in them, with `pixel_hash` all of
    them, and with `nsfw` also a view. Raises Unreadable, or OSError where the disk refuses.

    Without `full`, a picture that is cut off behind its header is a finding with a warning.
    """
    # A PNG is hundreds of chunks of pixels with texts before and after: a walk that need not read them in between.
    embedded = _walk(source.bare() if kind.format == "png" else source.stream(), kind, limits)
    _judge_ending(embedded, kind, full=full)
    if not full and (header := headers.read(kind, source.head, embedded)) is not None:
        return _findings(kind, header, embedded, exif.read(io.BytesIO(embedded.exif), limits), limits)
    if isinstance(embedded, webp.WebP):
        _judge_size(embedded.width, embedded.height, limits if full else None)
    if isinstance(embedded, webp.WebP) and not full:
        return _findings(kind, _webp_header(embedded), embedded, exif.read(io.BytesIO(embedded.exif), limits), limits)
    with _decoding():
        image = _open(source, kind, embedded, full=full)
        tags = _exif(source, kind, embedded, image, limits)
        found = _findings(kind, _header(image, embedded), embedded, tags, limits)
        if full:
            _judge_size(*image.size, limits)
            _load(image, limits, exactly=pixel_hash, nsfw=nsfw)
            if read_stealth and kind.format in {"png", "webp"}:
                stealth.read(image, embedded)
            # Pillow turns a TIFF upright while it loads; a HEIC is so decoded, and its EXIF says so.
            turned = isinstance(image, TiffImageFile)
            if pixel_hash and found.media.get("frames", 1) == 1:
                found.pixel_sha256 = pixel_sha256(_turned_back(image, tags.orientation) if turned else image)
            if nsfw:
                found.views = [upright(view(image), 1 if turned else tags.orientation)]
            found.small = upright(shrink(image, limits.thumbnail), 1 if turned else tags.orientation)
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
            assert isinstance(embedded, jpeg.Jpeg)
            as_it_is = embedded.harmless or (full and source.data is None)
            return jpeg_factory(stream if as_it_is else io.BytesIO(jpeg.bare(stream, pixels=full)))
        case "webp":
            assert isinstance(embedded, webp.WebP)
            # libwebp has one word for damage and for want of memory: whether there is room for its two canvases of
            # four bytes a pixel is found out first. Nothing is written to them, so this costs nothing.
            np.empty(8 * embedded.width * embedded.height, np.uint8)
            return WebPImageFile(stream)
        case "gif":
            return GifImageFile(stream)
        case "bmp":
            return BmpImageFile(stream)
        case "tiff":
            if source.head.startswith(_BIG_ENDIAN_BIGTIFF):
                raise Unreadable(
                    Reason.UNSUPPORTED,
                    "It is a big-endian BigTIFF, which the decoder cannot read; save it as a little-endian one.",
                )
            return TiffImageFile(stream)
        case "avif":
            return AvifImageFile(stream)
        case "heic":
            return heic.opened(stream)
        case _:
            raise Unreadable(Reason.UNSUPPORTED, f"{kind.name} is not an image format that is read.")


def _exif(source: Source, kind: Kind, embedded: Embedded, image: Image.Image, limits: Limits) -> exif.Exif:
    """From the walker's block; a TIFF is its own; of an AVIF or HEIC the decoder knows, and puts the rotation box into
    it.
    """
    if kind.format == "tiff":
        return _tiff_exif(source, embedded, limits)
    if kind.format in {"avif", "heic"}:
        embedded.add_exif(image.info.get("exif") or b"")
        if packet := image.info.get("xmp"):
            embedded.add_xmp(packet)
    return exif.read(io.BytesIO(embedded.exif), limits)


def _tiff_exif(source: Source, embedded: Embedded, limits: Limits) -> exif.Exif:
    if source.data is not None:
        tags = exif.read(source.stream(), limits)
    else:
        place = source.file.tell()
        tags = exif.read(source.file, limits)
        source.file.seek(place)
    if packet := tags.raw(exif.XMP):
        embedded.add_xmp(packet)
    embedded.add_iptc(tags.raw(exif.IPTC) or iptc.of_photoshop(tags.raw(exif.PHOTOSHOP), limits))
    return tags


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


def _findings(kind: Kind, header: Json, embedded: Embedded, tags: exif.Exif, limits: Limits) -> Findings:
    for key, text in exif.texts(tags):
        embedded.add_text(key, text)
    found = Findings(
        media={"type": "image", "format": kind.format, **header},
        texts=embedded.texts,
        xmp=embedded.xmp,
        iptc=embedded.iptc,
        warnings=embedded.warnings,
    )
    describe(found, tags, limits)
    return found


def _load(image: ImageFile.ImageFile, limits: Limits, *, exactly: bool, nsfw: bool) -> None:
    if not exactly:
        # A JPEG decodes at an eighth of its size in less than half the time; draft never goes below what is asked for.
        # A view's own side would do, but the decoder averages more coarsely than the model's preprocessing.
        side = max(limits.thumbnail, 2 * VIEW if nsfw else 0)
        image.draft(image.mode, (side, side))
    image.load()


def _turned_back(image: Image.Image, orientation: int) -> Image.Image:
    """As it is stored. Quarter turns undo each other, the other turns themselves."""
    return upright(image, {6: 8, 8: 6}.get(orientation, orientation))


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
