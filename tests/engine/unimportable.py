"""A module whose import fails."""

raise ImportError("on purpose")
