"""Commands and code in the documentation that are marked `run` do run.

They run on a reader's machine: a home with pictures in it, and a server over them that has completed one session.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser
from tests.browser import conftest as driven

from tallylight.live import Parser

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
#: The fixtures of the browser tests.
engines = driven.engines
browser = driven.browser


@dataclass(frozen=True)
class Snippet:
    """A fenced block and where it stands."""

    place: str
    language: str
    text: str

    def __str__(self) -> str:
        return self.place


@dataclass(frozen=True)
class Machine:
    """What a snippet finds: a shell in `home`, and a server with a session at rest."""

    home: Path
    server: str  #: http://127.0.0.1:PORT
    session_id: str

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TALLYLIGHT_", "XDG_"))}
        path = f"{BIN}{os.pathsep}{kept.get('PATH', '')}"
        return kept | {"HOME": str(self.home), "PATH": path, "SESSION": self.session_id, "TALLYLIGHT_JOBS": "1"}


def snippets(language: str) -> list[Snippet]:
    found = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = page.read_text()
        for block in re.finditer(rf"^```{language} run\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            line = text.count("\n", 0, block.start()) + 1
            found.append(Snippet(f"{page.relative_to(ROOT)}:{line}", language, block[1]))
    return found


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    home = tmp_path_factory.mktemp("home")
    _fill(home / "Pictures")
    # So that an answer of 400 or above fails the snippet, which curl otherwise takes for a success.
    (home / ".curlrc").write_text("fail\nmax-time = 30\n")
    with _serve(home) as process:
        try:
            server = _address(process)
            yield Machine(home, server, _completed(server, home / "Pictures"))
        finally:
            process.terminate()


def test_there_are_snippets_to_run() -> None:
    assert len(snippets("sh")) > 5
    assert len(snippets("js")) > 1


@pytest.mark.parametrize("snippet", snippets("sh"), ids=str)
def test_a_command_in_the_documentation_runs(snippet: Snippet, machine: Machine) -> None:
    if "curl" in snippet.text and shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", snippet.text.replace("http://127.0.0.1:8710", machine.server)],
        cwd=machine.home,
        env=machine.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if "/api/ingest/commit" in snippet.text:
        # It answers once it has begun; the snippets that follow are about committed files.
        _settled(machine)


@pytest.mark.browser
@pytest.mark.parametrize("snippet", snippets("js"), ids=str)
def test_code_for_a_page_follows_a_session_to_its_end(snippet: Snippet, machine: Machine, browser: Browser) -> None:
    page = browser.new_page()
    # Any document of the server's origin whose address ends with the id.
    page.goto(f"{machine.server}/api/ingest/status/{machine.session_id}")
    given = "" if "const id" in snippet.text else f"const id = {machine.session_id!r};"
    page.evaluate(f"() => {{ {given} {snippet.text} }}")
    page.wait_for_function("() => document.title === '100 % · 3 of 3'", timeout=10_000)


def _settled(machine: Machine) -> None:
    """Return once the session is at rest: its stream ends by itself then."""
    with httpx.Client(base_url=machine.server, timeout=30) as client:
        client.get(f"/api/ingest/stream/{machine.session_id}").raise_for_status()


def _fill(folder: Path) -> None:
    folder.mkdir()
    for number in range(3):
        Image.new("RGB", (64, 48), (80 * number, 120, 160)).save(folder / f"picture_{number}.png")


def _serve(home: Path) -> subprocess.Popen[str]:
    # A data folder of its own: the snippets' commands use the one of the home.
    folders = ["--root", str(home), "--data", str(home / ".server")]
    command = [str(BIN / "tallylight"), "serve", *folders, "--port", "0", "--jobs", "1"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _address(process: subprocess.Popen[str]) -> str:
    said: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    pytest.fail(f"the server ended before it named its address: {''.join(said)}")


def _completed(server: str, folder: Path) -> str:
    with httpx.Client(base_url=server, timeout=30) as client:
        body = {"parameters": {"directory": str(folder)}}
        answer = client.post("/api/ingest/process", json=body).raise_for_status().json()
        parser = Parser()
        with client.stream("GET", f"/api/ingest/stream/{answer['session_id']}") as stream:
            events = [event for chunk in stream.iter_bytes() for event in parser.feed(chunk)]
    assert events[-1].name == "end"
    return str(answer["session_id"])
