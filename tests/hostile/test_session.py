"""All hostile files in one session: the real pipeline, journal and catalog, and workers that may be killed."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from tests.hostile import tree, unruly
from tests.hostile.case import Case
from tests.hostile.families import FAMILIES, every_case
from tests.serving import descendants

from tallylight import services
from tallylight.clock import SystemClock
from tallylight.engine.local import LocalEngine
from tallylight.facts import FolderUnread
from tallylight.ingest.extract import Options, extract
from tallylight.journal import Item
from tallylight.messages import view
from tallylight.model import Candidate, Json, Outcome, OutcomeKind, Parameters, Tier
from tallylight.roots import Roots, escape
from tallylight.settings import Settings
from tallylight.thumbnails import Thumbnails
from tallylight.web import bodies

pytestmark = pytest.mark.timeout(240)

JOBS = 2
#: Four files here wait for it. The others take less than half a second; on a busy machine ten times as much.
TIME_LIMIT = 8.0
#: A worker takes 300 MB by itself.
MEMORY_LIMIT = 1 << 30
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What the session left behind."""

    root: Path
    thumbnails: Path
    cases: list[Case]
    processed: Json  #: its message when everything had an outcome
    committed: Json  #: and when what was extracted had been committed
    items: list[Item]
    unread: list[FolderUnread]
    left: set[int]  #: processes
    out: str  #: written to standard output meanwhile


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("hostile")
    (root := folder / "root").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        # multiprocessing runs the program's main file in each worker: here all of pytest, for nothing.
        patch.delattr(sys.modules["__main__"], "__file__", raising=False)
        patch.setattr(services, "extract", unruly.extract)
        return anyio.run(_run, root, folder / "data", folder / "out")


async def _run(root: Path, data: Path, out: Path) -> Ran:
    cases = await to_thread.run_sync(_plant, root)
    # What a first engine starts stays for all that follow.
    async with LocalEngine(1, clock=SystemClock(), preload=services.PRELOAD):
        pass
    before = descendants(os.getpid())
    with _Output(out) as written:
        settings = Settings(roots=(root,), data=data, jobs=JOBS, time_limit=TIME_LIMIT, memory_limit=MEMORY_LIMIT)
        async with services.open_services(settings) as opened:
            session = await opened.supervisor.start(Parameters(directories=(escape(root),)))
            await opened.supervisor.finished(session.session_id)
            processed = view(await opened.state(session.session_id), opened.clock.now())
            items = await to_thread.run_sync(lambda: opened.journal.items(session.session_id, limit=10_000))
            facts = await to_thread.run_sync(lambda: list(opened.journal.facts(session.session_id)))
            await opened.supervisor.commit(session.session_id)
            await opened.supervisor.finished(session.session_id)
            committed = view(await opened.state(session.session_id), opened.clock.now())
    return Ran(
        root=root,
        thumbnails=data / "thumbnails",
        cases=cases,
        processed=processed,
        committed=committed,
        items=items,
        unread=[fact for _, fact in facts if isinstance(fact, FolderUnread)],
        left=descendants(os.getpid()) - before,
        out=written.text,
    )


def _plant(root: Path) -> list[Case]:
    cases = every_case()
    for case in cases:
        case.plant(root)
    tree.plant_what_is_no_file(root)
    tree.plant_too_deep(root)
    return cases


class _Output:
    """Catches what this process and its children write to standard output, behind Python's back too."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> _Output:
        self._kept = os.dup(1)
        with self._path.open("wb") as file:
            os.dup2(file.fileno(), 1)
        return self

    def __exit__(self, *_: object) -> None:
        os.dup2(self._kept, 1)
        os.close(self._kept)
        self.text = self._path.read_text()


def test_each_file_ends_in_its_right_outcome(ran: Ran) -> None:
    found = {item.outcome.file: item.outcome for item in ran.items}
    wrong = [wrong for case in ran.cases if (wrong := case.judge(found[escape(case.name)]))]
    assert wrong == []
    assert found.keys() == {escape(case.name) for case in ran.cases}


def test_workers_find_what_is_found_in_this_process(ran: Ran) -> None:
    found = {item.outcome.file: item.outcome for item in ran.items}
    options = Options(roots=Roots.of(ran.root), tier=Tier.FULL, thumbnails=Thumbnails(ran.thumbnails))
    for case in [case for cases in FAMILIES.values() for case in cases()[::7] if not case.alone]:
        here = extract(options, Candidate(str(ran.root), escape(case.name), 1, 2))
        assert _without_times(here) == _without_times(found[escape(case.name)]), case


def _without_times(outcome: Outcome) -> Outcome:
    """What is the same each time. Of a file that cannot be opened size and time are those it was listed with."""
    return replace(outcome, ms=0.0, texts=(), mtime_ns=0, bytes=0)


def test_none_ends_the_run_and_the_counts_add_up(ran: Ran) -> None:
    message, stats = ran.processed, ran.processed["stats"]
    assert (message["status"], message["progress"], message["total_final"]) == ("completed", 100, True)
    assert message["processed_files"] == message["total_files"] == stats["total_discovered"] == len(ran.cases)
    failed = [item for item in ran.items if item.outcome.kind is OutcomeKind.FAILED]
    assert stats["errors"] == len(failed) == sum(case.code is not None for case in ran.cases)
    assert stats["keywords_added"] == sum(len(item.outcome.keywords) for item in ran.items)


def test_all_that_was_extracted_can_be_committed(ran: Ran) -> None:
    extracted = sum(case.code is None for case in ran.cases)
    assert (ran.committed["status"], ran.committed["commit"]) == (
        "committed",
        {"total": extracted, "done": extracted, "errors": 0},
    )


def test_each_failure_has_a_sentence_and_all_of_it_is_json(ran: Ran) -> None:
    for item in ran.items:
        text = json.dumps(bodies.item(item), allow_nan=False, ensure_ascii=False)
        assert "\0" not in text
        assert len(text.encode()) < 20_000_000
        if item.outcome.kind is OutcomeKind.FAILED:
            assert item.outcome.message.endswith((".", "!", "?", "…")), item.outcome.message


def test_a_path_too_long_for_the_system_is_told(ran: Ran) -> None:
    assert [(fact.code, fact.file.startswith("tree/00dd")) for fact in ran.unread] == [("io_error", True)]


def test_no_process_is_left_behind(ran: Ran) -> None:
    assert ran.left == set()


def test_workers_write_nothing_to_standard_output(ran: Ran) -> None:
    assert ran.out == ""
