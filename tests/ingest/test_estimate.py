"""What there is to do before a session starts, on real folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tallylight.catalog import CommitItem
from tallylight.catalog.memory import MemoryCatalog
from tallylight.facts import State
from tallylight.ingest.browse import Budget
from tallylight.ingest.estimate import Estimate, Speed, Survey, speed_of
from tallylight.ingest.extract.version import EXTRACTOR_VERSION
from tallylight.journal import Session
from tallylight.model import Outcome, OutcomeKind, Parameters, Status, Tier
from tallylight.roots import Roots


def still() -> float:
    """A clock that stands."""
    return 0.0


def ticking() -> Callable[[], float]:
    """A clock that goes on by a second with each look at it."""
    readings: Iterator[int] = iter(range(10**9))
    return lambda: float(next(readings))


@pytest.fixture
def media(tmp_path: Path) -> Path:
    media = tmp_path.resolve() / "media"
    for name, size in {"a.png": 10, "b.jpg": 20, "notes.txt": 40, "deep/c.mp4": 80, "deep/.hidden.png": 160}.items():
        (media / name).parent.mkdir(parents=True, exist_ok=True)
        (media / name).write_bytes(b"x" * size)
    return media


def counted(
    media: Path,
    *,
    catalog: MemoryCatalog | None = None,
    budget: Budget | None = None,
    speed: Speed | None = None,
    **asked: object,
) -> Estimate:
    parameters = Parameters(directories=(str(media),), **asked)  # type: ignore[arg-type]
    survey = Survey(roots=Roots.of(media), catalog=catalog or MemoryCatalog())
    return survey.estimate(parameters, budget or Budget(still), speed)


def committed(media: Path, name: str, tier: Tier = Tier.FULL) -> MemoryCatalog:
    catalog, status = MemoryCatalog(), (media / name).stat()
    outcome = Outcome(
        root=str(media),
        file=name,
        kind=OutcomeKind.EXTRACTED,
        bytes=status.st_size,
        mtime_ns=status.st_mtime_ns,
        extractor_version=EXTRACTOR_VERSION,
        tier=tier,
    )
    assert catalog.commit("s", [CommitItem(1, str(media / name), outcome)], 1.0) == []
    return catalog


def test_everything_that_discovery_would_take_is_counted(media: Path) -> None:
    assert counted(media) == Estimate(files=3, bytes=110, unchanged=0, capped=False, expected_s=None, sessions=0)


def test_the_pattern_and_the_limit_count(media: Path) -> None:
    some = counted(media, pattern="*.PNG|*.mp4")
    assert (some.files, some.bytes, some.capped) == (2, 90, False)
    few = counted(media, max_files=1, pattern="*.mp4|*.png")
    assert (few.files, few.bytes, few.capped) == (1, 10, False)
    assert counted(media, max_files=0).files == 0


@pytest.mark.parametrize(
    ("tier", "skip_existing", "unchanged"),
    [(Tier.FULL, True, 1), (Tier.INDEX, True, 1), (Tier.FULL, False, 0)],
)
def test_what_the_catalog_has_is_passed_over(media: Path, tier: Tier, skip_existing: bool, unchanged: int) -> None:
    found = counted(media, catalog=committed(media, "b.jpg"), tier=tier, skip_existing=skip_existing)
    assert (found.files, found.unchanged) == (3 - unchanged, unchanged)
    assert found.bytes == 110 - 20 * unchanged


def test_what_was_not_read_so_deeply_is_read_again(media: Path) -> None:
    assert counted(media, catalog=committed(media, "b.jpg", Tier.INDEX)).files == 3


def test_when_the_time_is_up_it_says_at_least(media: Path) -> None:
    whole = counted(media, budget=Budget(ticking(), seconds=1000.0))
    assert (whole.files, whole.capped) == (3, False)
    none = counted(media, budget=Budget(ticking(), seconds=0.0))
    assert (none.files, none.bytes, none.capped) == (0, 0, True)
    some = counted(media, budget=Budget(ticking(), seconds=3.0))
    assert some.capped
    assert some.files < 3


def test_it_ends_in_the_middle_of_a_folder_without_media(media: Path) -> None:
    looks = 0

    def clock() -> float:
        nonlocal looks
        looks += 1
        return float(looks)

    for number in range(500):
        (media / f"{number}.txt").touch()
    assert counted(media, budget=Budget(clock, seconds=20.0)).capped
    assert looks < 30


def session(at: float, *, seconds: float = 10.0, files: int = 100, size: int = 5000, **asked: object) -> Session:
    parameters = Parameters(directories=("/m",), **asked)  # type: ignore[arg-type]
    state = State(
        session_id=str(at),
        status=Status.COMPLETED,
        started_at=at,
        ended_at=at + seconds,
        processed=files,
        bytes_done=size,
    )
    return Session(session_id=str(at), epoch="abcdef", created_at=at, parameters=parameters, state=state)


ASKED = Parameters(directories=("/m",))


def test_without_earlier_sessions_nobody_knows_how_long() -> None:
    assert speed_of([], ASKED) is None
    moving = session(1.0)
    moving = replace(moving, state=replace(moving.state, ended_at=None))
    assert speed_of([moving, session(2.0, files=0), session(3.0, seconds=0.1)], ASKED) is None


def test_only_sessions_of_the_same_kind_tell() -> None:
    others = [session(9.0, tier=Tier.INDEX), session(8.0, enable_nsfw_detection=True)]
    assert speed_of(others, ASKED) is None
    assert speed_of([*others, session(1.0)], ASKED) == Speed(10.0, 500.0, 1)


def test_the_newest_five_count_together_and_their_breaks_do_not() -> None:
    newest = [session(float(number), seconds=1.0, files=number) for number in (9, 8, 7, 6)]
    paused = session(5.0, seconds=101.0, files=70)
    paused = replace(paused, state=replace(paused.state, idle_s=100.0))
    speed = speed_of([*newest, paused, session(1.0, files=10**6)], ASKED)
    assert speed == Speed(20.0, 5000.0, 5)


def test_the_slower_way_to_count_is_expected(media: Path) -> None:
    speed = Speed(files_per_s=10.0, bytes_per_s=11.0, sessions=2)
    assert counted(media, speed=speed).expected_s == 10.0
    assert counted(media, speed=Speed(0.5, 1e6, 2)).expected_s == 6.0
    index = counted(media, speed=speed, tier=Tier.INDEX)
    assert (index.expected_s, index.sessions) == (0.3, 2)
