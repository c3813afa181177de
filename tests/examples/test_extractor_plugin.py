"""examples/extractor_plugin.py, installed and at work: in this process, in workers, behind the command line."""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio
import pytest
from PIL import Image
from tests.distributions import EXAMPLE, ROOT, distribution, example_distribution
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder
from tests.serving import ALARM, TALLYLIGHT, Server, messages

from tallylight.clock import SystemClock
from tallylight.engine import Done, Verdict
from tallylight.engine.inline import InlineEngine
from tallylight.engine.local import LocalEngine
from tallylight.ingest.extract import Options, extract
from tallylight.ingest.extract.limits import Limits
from tallylight.ingest.extract.plugins import declared
from tallylight.ingest.extractors import examined
from tallylight.model import Candidate, Outcome, Tier

#: Each breaks in its own way while it is imported or read.
BROKEN = {
    "crashing": "import ctypes\nctypes.string_at(0)",
    "missing": "import nothing_like_it",
    "lazy": "class Extractor: pass",
}
HOSTILE = """
import os, signal
from tallylight.extractors import Findings

class Extractor:
    name, type, suffixes = "hostile", "image", {".hostile"}

    def recognises(self, head):
        return head.startswith(b"HOSTILE")

    def read(self, source, *, full, limits):
        match source.head:
            case b"HOSTILE crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            case b"HOSTILE exit":
                raise SystemExit(0)
            case b"HOSTILE hang":
                while True:
                    pass
            case b"HOSTILE memory":
                raise MemoryError
            case b"HOSTILE print":
                print("on standard output")
                os.write(1, b"and below")
        return Findings(media={})
"""


def farbfeld(image: Image.Image) -> bytes:
    """The bytes of a farbfeld image."""
    raw = image.convert("RGBA").tobytes()
    return b"farbfeld" + struct.pack(">II", *image.size) + b"".join(bytes([byte, byte]) for byte in raw)


def fill(folder: Folder) -> dict[str, str | None]:
    """Sound and hostile files, each with the code it fails with."""
    sound = farbfeld(build.scene(300, 200))
    files: dict[str, tuple[bytes, str | None]] = {
        "sound.ff": (sound, None),
        "upper.FF": (sound, None),
        "named.png": (sound, None),
        "really.ff": (build.png(), None),
        "cut.ff": (sound[:-1], "truncated"),
        "header.ff": (sound[:11], "truncated"),
        "promise.ff": (b"farbfeld" + b"\xff" * 8, "truncated"),
        "flat.ff": (b"farbfeld" + bytes(8), "damaged"),
        "text.ff": (b"no picture", "unsupported"),
        "empty.ff": (b"", "empty"),
    }
    for name, (data, _) in files.items():
        folder.put(name, data)
    return {name: code for name, (_, code) in files.items()}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the example is installed, for this process and for those it starts."""
    folder = example_distribution(tmp_path / "site")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]))
    return folder


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [*TALLYLIGHT, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=ALARM, check=False)


# --- the outcome -------------------------------------------------------------------------------------------------


def outcomes(
    engine: Callable[[], InlineEngine | LocalEngine], folder: Folder, names: list[str], options: Options
) -> list[Outcome]:
    """Of these files, with what is installed."""
    candidates = [Candidate(str(folder.path), name, 1, 2) for name in names]
    found_packages = declared()

    async def run() -> list[Verdict[Outcome]]:
        async with engine() as running:
            found = await examined(running, found_packages)
            assert found.left_out == ()
            function = partial(extract, replace(options, extractors=found.installed))
            return await running.run(function, candidates)

    verdicts = anyio.run(run)
    assert all(isinstance(verdict, Done) for verdict in verdicts)
    return [replace(verdict.value, ms=0.0) for verdict in verdicts if isinstance(verdict, Done)]


def in_a_worker() -> LocalEngine:
    return LocalEngine(1, clock=SystemClock())


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("tier", Tier)
def test_the_outcome_is_the_same_inline_and_in_a_worker(folder: Folder, tier: Tier) -> None:
    names = list(fill(folder))
    here, there = (outcomes(engine, folder, names, folder.options(tier)) for engine in (InlineEngine, in_a_worker))
    assert here == there


@pytest.mark.usefixtures("site")
def test_sound_and_hostile_files_end_as_they_should(folder: Folder) -> None:
    expected = fill(folder)
    found = outcomes(InlineEngine, folder, list(expected), folder.options())
    assert {outcome.file: outcome.code for outcome in found} == expected
    sound = found[0]
    assert sound.media == {
        "type": "image", "format": "farbfeld", "width": 300, "height": 200, "mode": "RGBA", "has_alpha": True,
        "created_at": sound.media["created_at"], "created_at_certainty": "guess",
    }  # fmt: skip
    assert [keyword["text"] for keyword in sound.keywords] == ["landscape", "300x200"]
    assert sound.has_thumbnail
    assert sound.phash == folder.outcome("same.png", build.png(image=build.scene(300, 200))).phash
    assert found[2].warnings == ("named .png but is a farbfeld",)
    assert found[3].warnings == ("named .ff but is a PNG",)


@pytest.mark.usefixtures("site")
def test_without_pixels_a_cut_image_is_read_with_a_warning(folder: Folder) -> None:
    fill(folder)
    (outcome,) = outcomes(InlineEngine, folder, ["cut.ff"], folder.options(Tier.METADATA))
    assert (outcome.media["width"], outcome.warnings) == (300, ("the farbfeld image is cut off",))


@pytest.mark.usefixtures("site")
def test_more_pixels_than_are_decoded_are_too_large(folder: Folder) -> None:
    folder.put("a.ff", farbfeld(build.scene(30, 20)))
    few = replace(folder.options(), limits=Limits(pixels=599))
    (outcome,) = outcomes(InlineEngine, folder, ["a.ff"], few)
    assert outcome.code == "too_large"


# --- behind the command line -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("site")
def test_it_is_listed() -> None:
    ran = run("extractors")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "farbfeld (image): .farbfeld .ff: tallylight-farbfeld 1.0" in ran.stdout.splitlines()
    rows = [json.loads(line) for line in run("extractors", "--json").stdout.splitlines()]
    assert [row["name"] for row in rows] == ["image", "video", "farbfeld"]
    assert rows[2] == {
        "name": "farbfeld",
        "type": "image",
        "suffixes": [".farbfeld", ".ff"],
        "package": "tallylight-farbfeld",
        "version": "1.0",
    }


@pytest.mark.usefixtures("site")
def test_an_ingest_takes_its_files(folder: Folder, tmp_path: Path) -> None:
    expected = fill(folder)
    ran = run("ingest", folder.path, "--data", tmp_path / "data", "--commit", "--json", "--jobs", 1)
    assert (ran.returncode, ran.stderr) == (1, "")
    last = messages(ran.stdout)[-1]
    failed = {name: code for name, code in expected.items() if code}
    assert last["stats"]["total_files"] == len(expected)
    assert last["stats"]["errors"] == len(failed)
    assert last["commit"]["done"] == len(expected) - len(failed)
    shown = run("show", "last", "--data", tmp_path / "data").stdout
    assert all(f"failed: {name}: {code}:" in shown for name, code in failed.items())


def test_one_that_crashes_or_hangs_costs_the_files_it_does_so_on(
    site: Path, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALLYLIGHT_TIME_LIMIT", "4")
    distribution(site, "hostile", {"hostile_extractor": HOSTILE}, {"hostile": "hostile_extractor:Extractor"})
    fates = {"hang": "timeout", "crash": "crashed", "exit": "crashed", "memory": "memory", "print": None, "well": None}
    for fate in fates:
        folder.put(f"{fate}.hostile", f"HOSTILE {fate}".encode())
    folder.put("sound.ff", farbfeld(build.scene()))
    ran = run("ingest", folder.path, "--data", tmp_path / "data", "--json", "--jobs", 1)
    assert (ran.returncode, ran.stderr) == (1, "")
    last = messages(ran.stdout)[-1]
    codes = {error["file"].partition(".")[0]: error["code"] for error in last["errors"]}
    assert codes == {fate: code for fate, code in fates.items() if code}
    assert last["stats"]["total_files"] == 7


def test_those_that_cannot_be_used_are_told_and_left_out(site: Path, folder: Folder, tmp_path: Path) -> None:
    for name, text in BROKEN.items():
        distribution(site, f"broken-{name}", {f"broken_{name}": text}, {name: f"broken_{name}:Extractor"})
    folder.put("sound.ff", farbfeld(build.scene()))
    ran = run("ingest", folder.path, "--data", tmp_path / "data", "--json", "--jobs", 1)
    assert ran.returncode == 0
    assert messages(ran.stdout)[-1]["processed_files"] == 1
    crashing, lazy, missing = ran.stderr.splitlines()
    assert crashing.startswith("The extractor 'crashing' of broken-crashing 1.0 is left out. Importing it ended")
    assert lazy.endswith(
        "It does not keep the protocol of extractors: it needs name, type, suffixes, recognises and read."
    )
    assert missing.endswith("It cannot be imported: No module named 'nothing_like_it'.")
    listed = run("extractors")
    assert listed.returncode == 1
    assert listed.stdout.splitlines()[3:] == [crashing, lazy, missing]
    assert "farbfeld (image)" in listed.stdout


@pytest.mark.usefixtures("site")
def test_a_server_offers_its_type_and_counts_its_files(folder: Folder, tmp_path: Path) -> None:
    folder.put("day/sound.ff", farbfeld(build.scene()))
    folder.put("day/other.txt", b"x")
    with Server(folder.path, tmp_path / "data") as server:
        assert server.post("/api/ingest/file-types", [str(folder.path)])["file_types"] == ["ff"]
        (top,) = server.get("/api/ingest/directories")["directories"]
        (day,) = server.get(f"/api/ingest/directories?path={top['path']}")["directories"]
        assert day["total_files"] == 1
        last = server.finished(server.process(pattern="*.ff"))
        assert (last["processed_files"], last["stats"]["errors"]) == (1, 0)


# --- the page about it -------------------------------------------------------------------------------------------


def test_the_page_shows_the_examples_own_lines() -> None:
    page = (ROOT / "docs" / "how-to" / "write-an-extractor.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    example = EXAMPLE.read_text()
    assert len(blocks) > 5
    assert [block for block in blocks if block not in example] == []


def test_the_page_about_extractors_has_a_package_that_can_be_read() -> None:
    page = (ROOT / "docs" / "how-to" / "write-an-extractor.md").read_text()
    (block,) = re.findall(r"^```toml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    project = tomllib.loads(block)["project"]
    assert project["entry-points"]["tallylight.extractors"] == {"farbfeld": "tallylight_farbfeld:Farbfeld"}
    assert project["name"].replace("-", "_") == "tallylight_farbfeld"


def test_help_loads_nothing_of_extractors() -> None:
    watched = textwrap.dedent(
        """
        import sys
        from tallylight.cli.app import app
        assert not {"PIL", "tallylight.services", "tallylight.ingest.extract.plugins"} & sys.modules.keys()
        """
    )
    done = subprocess.run([sys.executable, "-c", watched], capture_output=True, text=True, timeout=ALARM, check=False)
    assert done.returncode == 0, done.stderr
