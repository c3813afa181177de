"""What the repository promises of itself."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import tallylight
from tallylight import errors
from tallylight.model import OutcomeKind, Reason, Status

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SCRIPTS = [path for path in sorted((ROOT / "scripts").iterdir()) if path.is_file() and not path.suffix] + [
    ROOT / ".ci" / "run"
]
SOURCED = sorted((ROOT / "scripts" / "lib").glob("*.sh"))
MODULES = sorted((ROOT / "src").rglob("*.py"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def normal(requirement: str) -> str:
    """The name of a requirement as PEP 503 writes it: `Foo_Bar[x]>=1` is foo-bar."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0]).lower()


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """The text of every file that belongs to the repository."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so nobody knows which files belong to it")
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = [ROOT / os.fsdecode(name) for name in listing.stdout.split(b"\0") if name]
    contents = {name_of(path): path.read_bytes() for path in paths if path.is_file() and not path.is_symlink()}
    return {name: content.decode() for name, content in contents.items() if b"\0" not in content}


def found(pattern: str, texts: dict[str, str]) -> list[str]:
    return [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
        for name, text in texts.items()
        for match in re.finditer(pattern, text)
    ]


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_a_script_is_executable(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert script.read_text().startswith("#!/usr/bin/env ")


@pytest.mark.parametrize("script", SCRIPTS + SOURCED, ids=name_of)
def test_bash_can_parse_a_script(script: Path) -> None:
    if "python" in script.read_text().partition("\n")[0]:
        ast.parse(script.read_text())
    else:
        subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.parametrize("script", [path for path in SCRIPTS if path.name != "lock"], ids=name_of)
def test_a_bash_script_stops_at_the_first_error(script: Path) -> None:
    if "bash" in script.read_text().partition("\n")[0]:
        assert "set -euo pipefail" in script.read_text()


def test_no_file_names_a_path_of_somebodys_machine(texts: dict[str, str]) -> None:
    # Written in pieces, so that this file does not find itself.
    assert found(r"(?<![\w.}~])/" + r"(?:work|root|home/[a-z]\w*|Users/[a-z]\w*)/", texts) == []


def test_nothing_is_left_to_do(texts: dict[str, str]) -> None:
    code = {name: text for name, text in texts.items() if name.endswith((".py", ".js", ".css", ".jinja", ".md"))}
    assert found(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b", code) == []


def test_nothing_binds_an_installation_to_one_package_index(texts: dict[str, str]) -> None:
    setup = {
        name: re.sub(r"://[\w@]*127\.0\.0\.1", "", text)
        for name, text in texts.items()
        if name.startswith((".ci/", "scripts/")) or name in {"requirements.lock", "package.json", "pyproject.toml"}
    }
    assert "requirements.lock" in setup
    assert found(r"\w+://\w[\w.-]*", setup) == []


def test_every_file_ends_with_one_line_end_and_no_line_with_blanks(texts: dict[str, str]) -> None:
    code = {name: text for name, text in texts.items() if not name.endswith((".svg", "LICENSE"))}
    assert found(r"[ \t]+\n", code) == []
    assert [name for name, text in code.items() if text and not re.search(r"\S\n\Z", text)] == []


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_module_says_what_it_is(module: Path) -> None:
    assert ast.get_docstring(ast.parse(module.read_text())), f"{name_of(module)} has no docstring"


def test_the_version_is_the_same_everywhere() -> None:
    assert getattr(tallylight, "__version__", PYPROJECT["project"]["version"]) == PYPROJECT["project"]["version"]


def test_the_lock_has_every_package_that_is_asked_for() -> None:
    wanted = PYPROJECT["project"]["dependencies"] + PYPROJECT["dependency-groups"]["dev"]
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    assert all("==" in line for line in lines)
    missing = {normal(requirement) for requirement in wanted} - {normal(line) for line in lines}
    assert not missing, f"run ./scripts/lock: {missing}"


def test_every_error_stands_in_the_tree_that_the_module_draws() -> None:
    classes = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert len(classes) > 5
    drawn = errors.__doc__ or ""
    assert [kind.__name__ for kind in classes if not re.search(rf"\b{kind.__name__}\b", drawn)] == []


@pytest.mark.parametrize(
    ("page", "words"), [("glossary.md", Status), ("glossary.md", OutcomeKind), ("reference/reason-codes.md", Reason)]
)
def test_every_word_of_a_closed_list_is_explained(page: str, words: type[Status | OutcomeKind | Reason]) -> None:
    text = (ROOT / "docs" / page).read_text()
    assert [word.value for word in words if f"| `{word.value}` |" not in text] == []


def test_the_page_of_reason_codes_lists_no_other() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/reference/reason-codes.md").read_text(), re.MULTILINE)
    assert set(rows) == {reason.value for reason in Reason}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_link_between_pages_leads_somewhere(page: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\((?!\w+:)([^)#]*)", prose) + re.findall(r'src="(?!\w+:)([^"]+)"', prose):
        assert (page.parent / target).exists(), f"{name_of(page)} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_link_to_a_heading_finds_it(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!\w+:)([^)#]*)#([^)]+)\)", page.read_text()):
        linked = page.parent / target if target else page
        headings = re.findall(r"^#+ (.+)$", linked.read_text(), re.MULTILINE)
        slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert anchor in slugs, f"{name_of(page)} links to {target}#{anchor}"


def test_every_page_of_the_docs_is_reached_from_another() -> None:
    linked = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in re.findall(r"\]\((?!\w+:)([^)#]+)", page.read_text())
    }
    assert [name_of(page) for page in PAGES[2:] if page.name != "index.md" and page.resolve() not in linked] == []


def test_the_notice_names_what_is_not_apache() -> None:
    notice = (ROOT / "NOTICE").read_text()
    for word in ("PyAV", "GPL", "x264", "pebble", "LGPL"):
        assert word in notice


def test_the_reference_is_fresh() -> None:
    check = subprocess.run(
        [sys.executable, ROOT / "scripts" / "reference.py", "--check"], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stdout + check.stderr


@pytest.mark.parametrize(
    "news", sorted(set((ROOT / "changes").glob("*.md")) - {ROOT / "changes" / "README.md"}), ids=name_of
)
def test_a_news_file_keeps_to_the_convention(news: Path) -> None:
    assert re.fullmatch(r"\d+-[a-z0-9-]+\.(added|changed|fixed|removed|security)\.md", news.name)
    assert news.read_text().strip()
