"""The application that docs/how-to/live-progress-in-your-app.md builds step by step runs, and is live."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.distributions import ROOT
from tests.examples.test_any_asgi_app import BIN
from tests.ports import free_port
from tests.serving import Server, has_ended

PAGE = ROOT / "docs" / "how-to" / "live-progress-in-your-app.md"


class AppServer(Server):
    """`uvicorn app:app` in a folder."""

    says = "running on "

    def command(self) -> list[str]:
        return [str(BIN / "uvicorn"), "app:app", "--port", str(free_port())]

    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": os.pathsep.join([str(self.root), os.environ.get("PYTHONPATH", "")])}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("app")
    app(folder / "app.py")
    with AppServer(folder, folder) as server:
        yield server


def app(path: Path) -> None:
    path.write_text("\n\n".join(re.findall(r"^```python app\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)))


def test_it_is_live(server: Server) -> None:
    _, _, body = server.request("POST", "/jobs")
    with server.stream(f"/progress/{json.loads(body)['key']}") as stream:
        stream.until(has_ended)
    counts = [state["done"] for state in stream.states]
    assert counts[-1] == 200
    assert len(set(counts)) > 5
    assert stream.states[-1]["note"] == "picture_199.png"


def test_every_field_is_explained_and_there_is_no_other(server: Server) -> None:
    _, _, body = server.request("POST", "/jobs")
    with server.stream(f"/progress/{json.loads(body)['key']}") as stream:
        stream.until(has_ended)
    told = {name for state in stream.states for name in state}
    explained = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]+) \|", PAGE.read_text(), re.MULTILINE))))
    assert told | {"error"} == explained


def test_its_page_is_there(server: Server) -> None:
    assert b"EventSource" in server.request("GET", "/")[2]
