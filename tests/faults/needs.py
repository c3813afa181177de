"""Programs that faults are made with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NoReturn

import pytest

#: Set where all of them must be there, as in CI.
REQUIRED: Final = os.environ.get("TALLYLIGHT_REQUIRE_FAULTS") == "1"
_FAKETIME: Final = "faketime/libfaketimeMT.so.1"


def missing(what: str) -> NoReturn:
    """Skip the test for want of a program, or fail it where it must not be skipped."""
    assert not REQUIRED, f"TALLYLIGHT_REQUIRE_FAULTS=1, and {what}"
    pytest.skip(what)


def faketime() -> str:
    """The library that tells a process another time (Debian: libfaketime)."""
    for folder in (Path("/usr/lib"), Path("/usr/local/lib")):
        for found in folder.glob(f"*/{_FAKETIME}"):
            return str(found)
        if (folder / _FAKETIME).exists():
            return str(folder / _FAKETIME)
    missing("there is no libfaketime to let a process's clock jump")
