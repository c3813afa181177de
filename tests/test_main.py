from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

import tallylight
from tallylight.cli import main


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "tallylight", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == f"tallylight {tallylight.__version__}\n"


def test_ctrl_c_while_it_is_still_being_loaded_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "tallylight.cli.app", SimpleNamespace(main=interrupted))
    with pytest.raises(SystemExit) as exit_info:
        main()
    assert exit_info.value.code == 130
