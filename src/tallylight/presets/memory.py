"""Presets that are forgotten when the process ends: for tests."""

from __future__ import annotations

import threading

from tallylight.presets.contract import MOST_PRESETS, Preset
from tallylight.presets.sentences import missing, too_many


class MemoryPresets:
    """`Presets` in memory. Nothing survives the process, and every other promise holds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._presets: dict[str, Preset] = {}

    def all(self) -> list[Preset]:
        with self._lock:
            return [self._presets[name] for name in sorted(self._presets)]

    def one(self, name: str) -> Preset:
        with self._lock:
            if name not in self._presets:
                raise missing(name)
            return self._presets[name]

    def save(self, preset: Preset) -> bool:
        with self._lock:
            is_new = preset.name not in self._presets
            if is_new and len(self._presets) >= MOST_PRESETS:
                raise too_many()
            self._presets[preset.name] = preset
            return is_new

    def remove(self, name: str) -> None:
        with self._lock:
            if self._presets.pop(name, None) is None:
                raise missing(name)
