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
        ("memory_limit", "1GB", 1 << 30),
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
        ("memory_limit", "1 XB"),
        ("log", "debug"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(f"TALLYLIGHT_{name.upper()}", text)
    with pytest.raises(ValidationError, match=name):
        Settings()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5000", 5000),
        ("5_000", 5000),
        ("300M", 300_000_000),
        ("300m", 300_000_000),
        ("2k", 2000),
        ("1G", 10**9),
        ("64KB", 65_536),
        (" 16 MB ", 16_777_216),
        ("16MiB", 16_777_216),
        ("1gb", 1 << 30),
        ("12B", 12),
    ],
)
def test_each_limit_has_a_variable_and_units(monkeypatch: pytest.MonkeyPatch, text: str, value: int) -> None:
    monkeypatch.setenv("TALLYLIGHT_LIMITS__PIXELS", text)
    assert Settings().limits == {"pixels": value}
    assert Settings(limits={"pixels": 5, "chunk": 6}).limits == {"pixels": 5, "chunk": 6}
    assert Settings(limits={"chunk": 6}).limits == {"pixels": value, "chunk": 6}


@pytest.mark.parametrize("text", ["", "many", "-1", "1.5", "3 cows", "0x10", "1e6", "M", "3ib", "9" * 5000])
def test_what_is_no_number_with_a_unit_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TALLYLIGHT_LIMITS__PIXELS", text)
    with pytest.raises(ValidationError, match=r"limits\.pixels"):
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


def test_a_database_is_known_by_its_mark_which_tells_nothing_of_it() -> None:
    def mark(url: str | None) -> str:
        return Settings(database=url).database_mark

    assert mark(None) == "file"
    one = mark("postgresql://me:secret@localhost:5432/pictures")
    assert one == mark("postgres://you@localhost:5432/pictures?application_name=x"), "whoever comes, and however"
    others = [
        "postgresql://me@localhost:5433/pictures",
        "postgresql://me@localhost:5432/others",
        "postgresql://me@localhost:5432/pictures?options=-csearch_path%3Dother",
        "not a URL:at all",
    ]
    assert len({one, "file", *map(mark, others)}) == 6
    assert "secret" not in one
    assert "pictures" not in one
