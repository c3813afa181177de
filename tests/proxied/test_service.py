"""The unit for systemd starts a command that there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.proxies import DEPLOY
from tests.serving import run


def test_the_service_starts_a_server_with_options_that_there_are(tmp_path: Path) -> None:
    unit = (DEPLOY / "systemd" / "tallylight.service").read_text()
    (command,) = re.findall(r"^ExecStart=(.+)$", unit, re.MULTILINE)
    program, *arguments = shlex.split(command)
    assert program.endswith("/tallylight")
    here = {"/var/lib/tallylight": tmp_path / "data", "/srv/photos": tmp_path / "missing"}
    # All of its options are read before the first folder is.
    done = run(*[here.get(argument, argument) for argument in arguments], "--port", "0")
    assert (done.returncode, "missing does not exist" in done.stderr) == (2, True), done.stderr
