"""Disks without space, which are small ones made for the occasion."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.in_process import paint
from tests.serving import ALARM, TALLYLIGHT, messages

from tallylight.model import Json

#: Runs a command with a file system of so many bytes at a folder, seen by nobody else and gone with it.
WithSmallDisk = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def with_small_disk() -> WithSmallDisk:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare (util-linux) to mount a small disk unseen")

    def run(folder: Path, size: int, *arguments: object) -> subprocess.CompletedProcess[str]:
        folder.mkdir(parents=True)
        script = f'mount -t tmpfs -o size={size} tmpfs "$0" || exit 99; exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", script, str(folder), *TALLYLIGHT, *map(str, arguments)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=ALARM, check=False)
        if ran.returncode == 99 or "unshare" in ran.stderr:
            pytest.skip(f"a small disk cannot be mounted here: {ran.stderr.strip()}")
        return ran

    return run


def last_of(ran: subprocess.CompletedProcess[str]) -> Json:
    return messages(ran.stdout)[-1]


def test_no_space_for_thumbnails_is_a_warning(with_small_disk: WithSmallDisk, tmp_path: Path) -> None:
    paint(tmp_path / "root", 40)
    data = tmp_path / "data"
    ran = with_small_disk(
        data / "thumbnails", 65_536, "ingest", tmp_path / "root", "--data", data, "--json", "--jobs", 1
    )
    last = last_of(ran)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (last["status"], last["processed_files"], last["stats"]["errors"]) == ("completed", 40, 0)
    assert last["stats"]["metadata_extracted"] == 40


def test_no_space_for_the_journal_ends_the_session_with_a_sentence(
    with_small_disk: WithSmallDisk, tmp_path: Path
) -> None:
    paint(tmp_path / "root", 400)
    data = tmp_path / "data"
    # Enough for the empty database, far too little for what is found.
    ran = with_small_disk(
        data, 900_000, "ingest", tmp_path / "root", "--data", data, "--json", "--jobs", 1, "--tier", "metadata"
    )
    last = last_of(ran)
    assert ran.returncode == 1
    assert last["status"] == "error"
    assert last["error"]["code"] == "data_folder_unusable"
    assert last["processed_files"] < 400
    assert "Traceback" not in ran.stderr
