"""Tells what a file is by its first bytes. Names lie: downloads and converters leave JPEGs called `.png`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

#: Bytes that are enough to tell.
HEAD = 4096


@dataclass(frozen=True, slots=True)
class Kind:
    """A format that extraction reads."""

    type: Literal["image", "video"]
    format: str  #: as in `media.format`
    name: str  #: for people
    suffixes: frozenset[str]  #: the endings that promise it


def _kind(type_: Literal["image", "video"], format_: str, name: str, *suffixes: str) -> Kind:
    return Kind(type_, format_, name, frozenset(suffixes))


PNG: Final = _kind("image", "png", "PNG", ".png")
JPEG: Final = _kind("image", "jpeg", "JPEG", ".jpg", ".jpeg")
WEBP: Final = _kind("image", "webp", "WebP", ".webp")
GIF: Final = _kind("image", "gif", "GIF", ".gif")
BMP: Final = _kind("image", "bmp", "BMP", ".bmp")
TIFF: Final = _kind("image", "tiff", "TIFF", ".tif", ".tiff")
AVIF: Final = _kind("image", "avif", "AVIF", ".avif")
HEIC: Final = _kind("image", "heic", "HEIC", ".heic", ".heif", ".hif")
# QuickTime and MP4 are one family, and so are WebM and Matroska: players take either under both names.
MP4: Final = _kind("video", "mp4", "MP4", ".mp4", ".m4v", ".mov")
MOV: Final = _kind("video", "mov", "QuickTime", ".mov", ".mp4", ".m4v")
WEBM: Final = _kind("video", "webm", "WebM", ".webm", ".mkv")
MATROSKA: Final = _kind("video", "matroska", "Matroska", ".mkv")
AVI: Final = _kind("video", "avi", "AVI", ".avi")

_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
)

#: What files with wanted names turn out to be, for the message.
_OTHERS: Final = (
    (re.compile(rb"\s*(<!doctype html|<html|<head|<body)", re.IGNORECASE), "an HTML page"),
    (re.compile(rb"\s*(<\?xml|<svg)", re.IGNORECASE), "an XML or SVG document"),
    (re.compile(rb"#EXTM3U|\[playlist\]|ffconcat", re.IGNORECASE), "a playlist"),
    (re.compile(rb"version https://git-lfs"), "a Git LFS pointer"),
    (re.compile(rb"%PDF-"), "a PDF"),
    (re.compile(rb"PK\x03\x04"), "a ZIP archive"),
    (re.compile(rb"\x1f\x8b"), "a gzip archive"),
    (re.compile(rb"8BPS"), "a Photoshop document"),
    (re.compile(rb"\0\0\0\x0cJXL |\xff\x0a"), "a JPEG XL image"),
    (re.compile(rb"\s*[{\[]\s*[\"{\[]"), "a JSON text"),
)
_HEIF_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_AUDIO_BRANDS: Final = frozenset({b"M4A ", b"M4B ", b"M4P "})


def sniff(head: bytes) -> Kind | None:
    """The kind of a file that starts with these bytes (`HEAD` of them, or all there are); None for any other."""
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF":
        return {b"WEBP": WEBP, b"AVI ": AVI}.get(head[8:12])
    if head[:4] == b"\x1aE\xdf\xa3":
        return WEBM if b"webm" in head[:64] else MATROSKA
    return _base_media(head) or _bitmap(head)


def other_name(head: bytes) -> str:
    """What a file of no readable kind seems to be, with its article; empty where nobody can tell."""
    if not head.strip(b"\0"):
        return "nothing but zeros"
    return next((name for pattern, name in _OTHERS if pattern.match(head)), "")


def mismatch(suffix: str, kind: Kind) -> str:
    """A warning where a file's ending promises another kind than its bytes hold; else empty."""
    if suffix.lower() in kind.suffixes:
        return ""
    article = "an" if kind.name == "MP4" or kind.name[0] in "AEIOUaeiou" else "a"
    return f"named {suffix} but is {article} {kind.name}"


def _base_media(head: bytes) -> Kind | None:
    """ISO base media: MP4 and its family, told apart by brand."""
    if head[4:8] == b"ftyp":
        brands = _brands(head)
        if brands & {b"avif", b"avis"}:
            return AVIF
        if head[8:12] in _HEIF_BRANDS:
            return HEIC
        if head[8:12] in _AUDIO_BRANDS:
            return None
        return MOV if head[8:12] == b"qt  " else MP4
    # Cameras of the 2000s wrote QuickTime files without `ftyp`.
    return MOV if head[4:8] in {b"moov", b"mdat", b"wide", b"pnot"} else None


def _brands(head: bytes) -> set[bytes]:
    length = min(int.from_bytes(head[:4], "big"), len(head), 256)
    return {head[8:12], *(head[at : at + 4] for at in range(16, length - 3, 4))}


def _bitmap(head: bytes) -> Kind | None:
    # "BM" alone begins many a text: the header's size field must also be one that exists.
    sizes = {12, 40, 52, 56, 64, 108, 124}
    return BMP if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in sizes else None
