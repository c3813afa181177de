"""Epochs: six letters that tell one numbering from another."""

from __future__ import annotations

import secrets
import string
from typing import Final

_LETTERS: Final = string.ascii_lowercase + string.digits


def new_epoch() -> str:
    """A fresh epoch, for a session or a journal: 6 characters of [a-z0-9]."""
    return "".join(secrets.choice(_LETTERS) for _ in range(6))
