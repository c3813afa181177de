"""What people ask of a session again and again, kept by a name."""

from tallylight.presets.contract import LONGEST_NAME, MOST_PRESETS, Preset, Presets

__all__ = ["LONGEST_NAME", "MOST_PRESETS", "Preset", "Presets"]
