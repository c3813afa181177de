"""Ratings that Windows writes as a percentage."""

from __future__ import annotations


def stars_of_percent(percent: float) -> int:
    """0 to 5 stars. Windows writes 1, 25, 50, 75 and 99, and takes what lies between for the nearest of them."""
    if percent < 1:
        return 0
    return 1 + sum(percent > bound for bound in (12, 37, 62, 87))
