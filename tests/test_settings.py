from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from tallylight.settings import Settings, default_data_folder, default_jobs


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"TALLYLIGHT_{name.upper()}", raising=False)


def test_the_defaults_listen_to_this_machine_only() -> None:
    settings = Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8710)
    assert settings.roots == ()
    assert settings.data == default_data_folder()
    assert settings.jobs == default_jobs() >= 1
    assert settings.time_limit == 60.0


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("port", "0", 0),
        ("jobs", "3", 3),
        ("time_limit", "0.5", 0.5),
        ("data", "/var/tally", Path("/var/tally")),
        ("roots", '["/a", "/b"]', (Path("/a"), Path("/b"))),
        ("memory_limit", str(1 << 30), 1 << 30),
        ("log", "info", "info"),
    ],
)
def test_every_setting_has_a_variable(monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object) -> None:
    monkeypatch.setenv(f"TALLYLIGHT_{name.upper()}", text)
    assert getattr(Settings(), name) == value


def test_the_option_wins_over_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALLYLIGHT_PORT", "9000")
    assert Settings(port=9001).port == 9001


def test_unknown_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALLYLIGHT_COLOUR", "red")
    assert not hasattr(Settings(), "colour")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("port", "-1"),
        ("port", "65536"),
        ("port", "http"),
        ("jobs", "0"),
        ("jobs", "513"),
        ("time_limit", "0"),
        ("time_limit", "-1"),
        ("memory_limit", "1024"),
        ("log", "debug"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(f"TALLYLIGHT_{name.upper()}", text)
    with pytest.raises(ValidationError, match=name):
        Settings()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1


def test_jobs_are_the_cores_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: {0, 3, 5})
    assert default_jobs() == 3
    monkeypatch.delattr("os.sched_getaffinity")
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert default_jobs() == 1
