"""All hostile files."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from tests.hostile import jpeg, json_, names, png, stills, tree, unruly, video, xml
from tests.hostile.case import Case

FAMILIES: Final[dict[str, Callable[[], list[Case]]]] = {
    family.__name__.rpartition(".")[2]: cache(family.cases)
    for family in (png, jpeg, stills, video, json_, xml, names, tree, unruly)
}


def every_case() -> list[Case]:
    """All of them."""
    return [case for cases in FAMILIES.values() for case in cases()]
