"""JSON merge patches (RFC 7396): what changed between two states, for readers that keep the one before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The patch that makes `after` of `before`. States hold no nulls, so null can mean what it means here: gone."""
    patch: dict[str, Any] = {key: None for key in before if key not in after}
    for key, value in after.items():
        if key not in before:
            patch[key] = value
            continue
        old = before[key]
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            if inner := difference(old, value):
                patch[key] = inner
        elif value != old or type(value) is not type(old):
            patch[key] = value
    return patch


def applied(before: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """What `patch` makes of `before`; neither is changed."""
    after = dict(before)
    for key, value in patch.items():
        if value is None:
            after.pop(key, None)
        elif isinstance(value, Mapping):
            old = after.get(key)
            after[key] = applied(old if isinstance(old, Mapping) else {}, value)
        else:
            after[key] = value
    return after
