"""What is left out of the page's files on their way is comments, and nothing else."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.web.uncommented import uncommented

STATIC = Path(str(files("tallylight.web"))) / "static"
MODULES = sorted(STATIC.rglob("*.js"))
COMMENTED = [*MODULES, *sorted(STATIC.rglob("*.css"))]
#: All kinds of comments that are written here, and texts that look like some.
SOURCE = """\
/** What it does. */

/**
 * More of it: `x`, "y".
 *
 * @param {number} one
 */
export function two(one) {
  // Why.
  const three = /** @type {number} */ (one) // not on a line of its own
  /* Twice */ /* in a line */
  return `${three} // four /* five */` + '/* six */'
}
"""
LEFT = """\







export function two(one) {

  const three = /** @type {number} */ (one) // not on a line of its own
  /* Twice */ /* in a line */
  return `${three} // four /* five */` + '/* six */'
}
"""


def code(source: str) -> list[str]:
    """The lines that are none of a comment, which in a module begins each of its lines with a star."""
    return [line for line in source.splitlines() if not re.match(r"\s*(//|/\*|\*|$)", line)]


def styled(source: str) -> list[str]:
    """The same of a style, which has no text that looks like a comment."""
    return [line for line in re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL).splitlines() if line.strip()]


def test_comments_with_lines_of_their_own_go_and_every_line_stays_where_it_was() -> None:
    assert uncommented(SOURCE) == LEFT


def test_a_style_has_no_comments_of_one_line() -> None:
    assert uncommented("a {\n  /* why */\n  --b: c;\n}\n// d", is_style=True) == "a {\n\n  --b: c;\n}\n// d"


@pytest.mark.parametrize("path", COMMENTED, ids=lambda path: path.relative_to(STATIC).as_posix())
def test_of_each_file_all_code_stays_on_its_line(path: Path) -> None:
    source = path.read_text("utf-8")
    left = uncommented(source, is_style=path.suffix == ".css").split("\n")
    lines = source.split("\n")
    assert len(left) == len(lines)
    assert all(now in {"", before} for now, before in zip(left, lines, strict=True))
    lines_of = styled if path.suffix == ".css" else code
    assert lines_of("\n".join(left)) == lines_of(source)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(STATIC).as_posix())
def test_no_text_of_a_module_spans_lines(path: Path) -> None:
    """What stands in such a text may look like a comment and not be one."""
    odd = [line for line in code(path.read_text("utf-8")) if line.count("`") % 2]
    assert odd == []


CODE = ("c()", "d() // e", "/* f */ g()", "")
COMMENTS = ("/**\n * c()\n */", "  // h", "/* i */", "  /* j\n  */")


@given(st.lists(st.sampled_from(CODE + COMMENTS)))
def test_of_whatever_stands_there_just_the_comments_go(pieces: list[str]) -> None:
    wanted = ["\n" * piece.count("\n") if piece in COMMENTS else piece for piece in pieces]
    assert uncommented("\n".join(pieces)) == "\n".join(wanted)
