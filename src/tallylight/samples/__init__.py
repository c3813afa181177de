"""The demo archive, and the builders of media it is made of."""

from __future__ import annotations

from tallylight.samples.archive import Summary, build_archive

__all__ = ["Summary", "build_archive"]
