"""The table of the standard's rules names tests that exist, and all of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent.parent
PAGE = TESTS.parent / "docs" / "reference" / "stream.md"


def rows() -> list[list[str]]:
    """The cells of every rule."""
    _, _, section = PAGE.read_text().partition("\n## Rules of the standard\n")
    lines = [line for line in section.split("\n## ")[0].splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[0] not in {"rule", "---"}]


def marked() -> Iterator[str]:
    """Every test that is marked as showing a rule."""
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
                ast.unparse(decorator) == "pytest.mark.standard" for decorator in node.decorator_list
            ):
                yield f"{path.relative_to(TESTS).as_posix()}::{node.name}"


def test_every_rule_says_what_is_done_and_names_a_test() -> None:
    assert len(rows()) > 20
    for row in rows():
        assert len(row) == 3, row
        assert all(row)
        assert re.fullmatch(r"`[\w/]+\.py::test_\w+`(, `[\w/]+\.py::test_\w+`)*", row[2]), row[2]


def test_the_tests_named_are_those_marked() -> None:
    named = {name for row in rows() for name in re.findall(r"`([^`]+)`", row[2])}
    assert named == set(marked())
