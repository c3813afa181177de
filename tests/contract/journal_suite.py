"""What every journal promises, as tests. A journal passes by subclassing `JournalContract` with a fixture `journal`."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tallylight.errors import NotFound
from tallylight.facts import (
    CommitPlanned,
    Committed,
    Counted,
    Discovered,
    Fact,
    FolderUnread,
    Moved,
    Processed,
    Retried,
    Started,
    State,
    initial,
    reduce_all,
    without_names,
)
from tallylight.journal import Item, Journal, Session, StoredText, Tombstone, contract
from tallylight.journal.contract import TOMBSTONE_AGE
from tallylight.model import (
    Candidate,
    FolderFound,
    Haul,
    Outcome,
    OutcomeKind,
    Parameters,
    RawText,
    Reason,
    Status,
    Tier,
)

ODD_NAMES = (
    """it's "quoted".png""",
    "two\nlines.png",
    "<script>alert(1)</script>.png",
    r"caf\xe9.png",  # Latin-1 é, which is not UTF-8
    r"back\x5cxe9.png",  # a name that really holds a backslash
    "日本語/🎞.png",
    "%s%(name)s; DROP TABLE outcomes; --.png",
)


def raw_text(text: str, key: str = "parameters") -> RawText:
    data = text.encode()
    return RawText(key, hashlib.sha256(data).hexdigest(), zlib.compress(data))


def extracted(file: str = "a.png", *texts: RawText) -> Outcome:
    return Outcome(
        root="/pictures",
        file=file,
        kind=OutcomeKind.EXTRACTED,
        bytes=123_456_789_012,
        mtime_ns=1_795_436_400_123_456_789,
        ms=12.345678901234567,
        warnings=("EXIF ends early", "ünïcode"),
        media={"type": "image", "width": 1024, "height": 768, "tags": {"a": [1, 2.5, None, True]}},
        generation={"prompt": "a cat,\n(a hat:1.2)", "seed": "18446744073709551615", "loras": [{"name": "x"}]},
        keywords=({"text": "cat", "weight": 1.2, "source": "prompt"},),
        score=-1,
        favourite=False,
        nsfw_score=0.1,
        sha256="ab" * 32,
        phash="0123456789abcdef",
        has_thumbnail=True,
        texts=texts,
    )


def failed(file: str = "bad.png") -> Outcome:
    return Outcome(
        root="/pictures", file=file, kind=OutcomeKind.FAILED, code=Reason.TRUNCATED, message="It ends early."
    )


#: A whole life, with every kind of fact.
LIFE: tuple[Fact, ...] = (
    Started(at=1.1),
    Moved(at=1.2, status=Status.PROCESSING),
    Discovered(at=1.3, files=3, bytes=30, unchanged=2, excluded=1),
    Processed(at=1.4, outcome=extracted("a.png")),
    FolderUnread(at=1.5, file="locked", code="permission", message="It cannot be listed."),
    Processed(at=1.6, outcome=failed("b.png")),
    Processed(at=1.7000000000000002, outcome=extracted("c.png")),
    Counted(at=1.8),
    Moved(at=1.9, status=Status.COMPLETED),
    Moved(at=2.0, status=Status.COMMITTING),
    CommitPlanned(at=2.1, total=2),
    Committed(at=2.2, done=1, failures=(("c.png", "It is odd."),)),
    Moved(at=2.3, status=Status.COMMIT_ERROR, code="refused", message="One of two."),
)


def new_session(session_id: str = "s-1", created_at: float = 1.0) -> Session:
    parameters = Parameters(
        directories=("/pictures", r"/odd\xff"), tier=Tier.METADATA, nsfw_threshold=0.25, max_files=9
    )
    return Session(
        session_id=session_id,
        epoch="k3f9a2",
        created_at=created_at,
        parameters=parameters,
        state=initial(session_id, parameters),
    )


def append(journal: Journal, session_id: str, *facts: Fact) -> State:
    """Append as the recorder does."""
    state = reduce_all(journal.session(session_id).state, facts)
    journal.append(session_id, facts, state)
    return state


def begun(journal: Journal, session_id: str = "s-1", *facts: Fact, created_at: float = 1.0) -> str:
    journal.create(new_session(session_id, created_at))
    if facts:
        append(journal, session_id, *facts)
    return session_id


def processed(*outcomes: Outcome) -> list[Fact]:
    return [Processed(at=1.0, outcome=outcome) for outcome in outcomes]


def seqs(items: Sequence[Item]) -> list[int]:
    return [item.seq for item in items]


class JournalContract:
    """Give it a fixture `journal`: an empty one."""

    def test_a_new_journal_is_empty(self, journal: Journal) -> None:
        assert re.fullmatch("[a-z0-9]{6}", journal.epoch)
        assert journal.tally() == 0
        assert journal.sessions() == journal.sessions_in_motion() == journal.sessions_since(0) == []

    def test_a_session_comes_back_as_it_was_created(self, journal: Journal) -> None:
        session = new_session()
        journal.create(session)
        assert journal.session("s-1") == replace(session, tally=1)
        assert list(journal.facts("s-1")) == []
        assert journal.items("s-1") == []

    def test_an_id_is_created_once(self, journal: Journal) -> None:
        begun(journal, "s-1", Started(at=5.0))
        with pytest.raises(ValueError, match="exists already"):
            journal.create(new_session())
        assert journal.session("s-1").state.seq == 1
        assert journal.tally() == 2

    def test_a_session_is_created_with_its_first_facts_in_one_write(self, journal: Journal) -> None:
        session = new_session()
        state = reduce_all(session.state, LIFE)
        journal.create(replace(session, state=state), LIFE)
        assert journal.session("s-1") == replace(session, state=state, tally=1)
        assert list(journal.facts("s-1")) == list(enumerate(LIFE, 1))
        assert [item.outcome.file for item in journal.items("s-1")] == ["a.png", "b.png", "c.png"]

    @pytest.mark.parametrize(("seq", "facts"), [(1, ()), (0, LIFE[:1]), (2, LIFE[:1]), (1, LIFE[:2])])
    def test_a_session_that_does_not_stand_at_its_facts_is_not_created(
        self, journal: Journal, seq: int, facts: Sequence[Fact]
    ) -> None:
        session = new_session()
        with pytest.raises(ValueError, match=f"its state at seq {len(facts)}"):
            journal.create(replace(session, state=replace(session.state, seq=seq)), facts)
        assert journal.sessions() == []
        assert journal.tally() == 0

    def test_the_facts_of_a_session_that_exists_already_are_not_added(self, journal: Journal) -> None:
        begun(journal, "s-1", LIFE[0])
        session = new_session()
        with pytest.raises(ValueError, match="exists already"):
            journal.create(replace(session, state=reduce_all(session.state, LIFE)), LIFE)
        assert list(journal.facts("s-1")) == [(1, LIFE[0])]
        assert journal.items("s-1") == []

    def test_facts_come_back_numbered_and_fold_into_the_stored_state(self, journal: Journal) -> None:
        begun(journal, "s-1", *LIFE[:4])
        for fact in LIFE[4:]:
            append(journal, "s-1", fact)
        numbered = list(journal.facts("s-1"))
        assert numbered == list(enumerate(LIFE, 1))
        stored = journal.session("s-1").state
        assert stored == reduce_all(new_session().state, (fact for _, fact in numbered))
        assert stored.status is Status.COMMIT_ERROR
        assert isinstance(stored.status, Status)

    def test_facts_after_a_number(self, journal: Journal) -> None:
        begun(journal, "s-1", *LIFE)
        assert list(journal.facts("s-1", after=10)) == list(enumerate(LIFE, 1))[10:]
        assert list(journal.facts("s-1", after=len(LIFE))) == []
        assert list(journal.facts("s-1", after=10**6)) == []

    def test_a_state_survives_json(self) -> None:
        state = reduce_all(new_session().state, LIFE)
        assert State.from_json(json.loads(json.dumps(state.as_json()))) == state

    @pytest.mark.parametrize("seq", [0, 2, 4, 5])
    def test_a_gap_or_an_overlap_writes_nothing(self, journal: Journal, seq: int) -> None:
        begun(journal, "s-1", LIFE[0])
        before = (journal.session("s-1"), journal.tally())
        facts = LIFE[1:3]
        state = replace(reduce_all(before[0].state, facts), seq=seq)
        with pytest.raises(ValueError, match="facts after 1"):
            journal.append("s-1", facts, state)
        assert (journal.session("s-1"), journal.tally()) == before
        assert list(journal.facts("s-1")) == [(1, LIFE[0])]

    def test_every_write_raises_the_tally_by_one(self, journal: Journal) -> None:
        journal.create(new_session())
        state = reduce_all(journal.session("s-1").state, LIFE[:2])
        tallies = [journal.tally(), journal.append("s-1", LIFE[:2], state), journal.tally()]
        journal.delete("s-1", at=1.0)
        assert [*tallies, journal.tally()] == [1, 2, 2, 3]

    def test_sessions_since_a_tally_come_in_the_order_of_their_newest_writes(self, journal: Journal) -> None:
        for name in ("a", "b", "c"):
            begun(journal, name)
        cursor = journal.tally()
        append(journal, "b", Started(at=1.0))
        append(journal, "a", Started(at=1.0))
        append(journal, "b", Moved(at=2.0, status=Status.PROCESSING))
        found = journal.sessions_since(cursor)
        assert [session.session_id for session in found] == ["a", "b"]
        assert [session.tally for session in found] == [cursor + 2, cursor + 3]
        assert journal.sessions_since(journal.tally()) == []

    def test_sessions_page_from_the_newest(self, journal: Journal) -> None:
        for number in range(5):
            begun(journal, f"s-{number}", created_at=float(number))
        first = journal.sessions(limit=2)
        assert [session.session_id for session in first] == ["s-4", "s-3"]
        rest = journal.sessions(before=first[-1].created_at)
        assert [session.session_id for session in rest] == ["s-2", "s-1", "s-0"]
        assert journal.sessions(limit=0) == journal.sessions(limit=-1) == []

    def test_sessions_in_motion_come_oldest_first(self, journal: Journal) -> None:
        begun(journal, "resting", *LIFE[:2], Moved(at=3.0, status=Status.CANCELLED), created_at=0.5)
        begun(journal, "young", *LIFE[:2], created_at=9.0)
        begun(journal, "old", created_at=2.0)
        assert [session.session_id for session in journal.sessions_in_motion()] == ["old", "young"]

    def test_items_page_by_kind(self, journal: Journal) -> None:
        outcomes = [failed(f"{number}.png") if number % 3 == 0 else extracted(f"{number}.png") for number in range(10)]
        begun(journal, "s-1", Started(at=1.0), *processed(*outcomes))
        assert journal.items("s-1") == [Item(seq, 1.0, outcome) for seq, outcome in enumerate(outcomes, 2)]
        page = journal.items("s-1", kind=OutcomeKind.FAILED, limit=2)
        assert seqs(page) == [2, 5]
        assert seqs(journal.items("s-1", kind=OutcomeKind.FAILED, after=page[-1].seq)) == [8, 11]
        assert journal.items("s-1", kind=OutcomeKind.UNCHANGED) == []
        assert journal.items("s-1", limit=0) == journal.items("s-1", limit=-1) == []

    def test_items_on_which_sources_disagreed(self, journal: Journal) -> None:
        conflict = {"field": "score", "rule": "newest", "chosen": 2, "values": []}
        outcomes = [
            replace(extracted(f"{number}.png"), conflicts=(conflict,) if number % 3 == 0 else ()) for number in range(7)
        ]
        begun(journal, "s-1", *processed(*outcomes, failed()))
        page = journal.items("s-1", conflicts=True, limit=2)
        assert seqs(page) == [1, 4]
        assert page[0].outcome.conflicts == (conflict,)
        assert seqs(journal.items("s-1", conflicts=True, after=page[-1].seq)) == [7]
        assert journal.items("s-1", conflicts=True, kind=OutcomeKind.FAILED) == []

    def test_items_by_code(self, journal: Journal) -> None:
        warned = replace(extracted("warned.png"), warnings=("named .png but is a JPEG",))
        good, slow = replace(warned, warnings=()), replace(failed("slow.png"), code=Reason.TIMEOUT)
        cut = replace(failed("cut.png"), warnings=("of a failed file",))
        begun(journal, "s-1", *processed(good, warned, cut, slow))
        assert seqs(journal.items("s-1", code=Reason.BAD_METADATA)) == [2]
        assert seqs(journal.items("s-1", code=Reason.TRUNCATED)) == [3]
        assert seqs(journal.items("s-1", kind=OutcomeKind.EXTRACTED, code=Reason.TRUNCATED)) == []
        assert seqs(journal.items("s-1", code=Reason.EMPTY)) == []

    def test_failures_are_counted_by_reason(self, journal: Journal) -> None:
        slow = replace(failed("slow.png"), code=Reason.TIMEOUT)
        begun(journal, "s-1", *processed(extracted(), slow, failed("a.png"), failed("b.png")))
        begun(journal, "s-2", *processed(slow))
        begun(journal, "s-3")
        assert list(journal.failures("s-1").items()) == [(Reason.TRUNCATED, 2), (Reason.TIMEOUT, 1)]
        append(journal, "s-1", Processed(at=2.0, outcome=extracted("a.png"), retries=3))
        append(journal, "s-1", Processed(at=2.0, outcome=replace(slow, file="b.png"), retries=4))
        assert (journal.failures("s-1"), journal.failures("s-3")) == ({Reason.TIMEOUT: 2}, {})
        with pytest.raises(NotFound):
            journal.failures("nobody")

    def test_a_retry_keeps_whom_it_is_for(self, journal: Journal) -> None:
        chosen = Retried(at=3.0, total=2, codes=(Reason.TIMEOUT, Reason.EMPTY), seqs=(3, 2**62))
        begun(journal, "s-1", *processed(failed()), chosen, Retried(at=4.0, total=1))
        assert [fact for _, fact in journal.facts("s-1", after=1)] == [chosen, Retried(at=4.0, total=1)]

    def test_items_of_one_session_only(self, journal: Journal) -> None:
        begun(journal, "s-1", *processed(extracted("mine.png")))
        begun(journal, "s-2", *processed(extracted("yours.png"), failed()))
        assert [item.outcome.file for item in journal.items("s-1")] == ["mine.png"]

    def test_one_item(self, journal: Journal) -> None:
        begun(journal, "s-1", *LIFE)
        assert journal.item("s-1", 6) == Item(6, LIFE[5].at, failed("b.png"))

    @pytest.mark.parametrize("seq", [1, 14, 0, -1])
    def test_a_fact_that_is_no_outcome_is_no_item(self, journal: Journal, seq: int) -> None:
        begun(journal, "s-1", *LIFE)
        with pytest.raises(NotFound, match="no item"):
            journal.item("s-1", seq)
        with pytest.raises(NotFound, match="no item"):
            journal.texts("s-1", seq)

    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_any_name_comes_back(self, journal: Journal, name: str) -> None:
        outcome = replace(extracted(name), root=f"/roots/{name}", message=name, keywords=({"text": name},))
        begun(journal, "s-1", *processed(outcome))
        assert journal.items("s-1") == [Item(1, 1.0, outcome)]
        assert journal.session("s-1").state.last_file == name

    def test_texts_are_kept_beside_the_facts(self, journal: Journal) -> None:
        prompt, workflow = raw_text("ein Prompt 🎞\n" * 50, "prompt"), raw_text("{}", "workflow")
        with_texts = extracted("a.png", prompt, workflow, replace(prompt, key="comment"))
        begun(journal, "s-1", *processed(with_texts, extracted("b.png")))
        bare = replace(with_texts, texts=())
        assert journal.item("s-1", 1) == Item(1, 1.0, bare)
        assert next(journal.facts("s-1")) == (1, Processed(at=1.0, outcome=bare))
        text = "ein Prompt 🎞\n" * 50
        expected = [StoredText("prompt", text), StoredText("workflow", "{}"), StoredText("comment", text)]
        assert journal.texts("s-1", 1) == expected
        assert journal.texts("s-1", 2) == []

    def test_raw_texts_of_many_outcomes(self, journal: Journal) -> None:
        shared = raw_text("the same everywhere")
        outcomes = [extracted(f"{number}.png", shared) for number in range(1200)]
        begun(journal, "s-1", *processed(*outcomes, extracted("without.png")))
        found = journal.raw_texts("s-1", range(1, 1202))
        assert found == {seq: [shared] for seq in range(1, 1201)}
        assert journal.raw_texts("s-1", []) == {}

    def test_delete_forgets_one_session_and_keeps_what_others_share(self, journal: Journal) -> None:
        shared, own = raw_text("shared"), raw_text("own")
        begun(journal, "s-1", *processed(extracted("a.png", shared, own)))
        begun(journal, "s-2", *processed(extracted("b.png", shared)))
        journal.delete("s-1", at=1.0)
        with pytest.raises(NotFound):
            journal.session("s-1")
        assert [session.session_id for session in journal.sessions()] == ["s-2"]
        assert journal.texts("s-2", 1) == [StoredText("parameters", "shared")]
        begun(journal, "s-1")
        assert journal.items("s-1") == []
        assert list(journal.facts("s-1")) == []

    def test_a_deleted_session_leaves_a_tombstone_that_names_no_file(self, journal: Journal) -> None:
        begun(journal, "s-1", *LIFE)
        begun(journal, "s-2")
        state = journal.session("s-1").state
        tombstone = journal.delete("s-1", at=7.5)
        assert tombstone == Tombstone(
            session_id="s-1", epoch="k3f9a2", state=without_names(state), deleted_at=7.5, tally=journal.tally()
        )
        assert journal.tombstone("s-1") == tombstone
        told = json.dumps(tombstone.state.as_json())
        assert "png" not in told
        assert "odd" not in told
        assert (tombstone.state.seq, tombstone.state.errors) == (state.seq, 1), "the counts stay"

    def test_tombstones_since_a_tally_come_in_the_order_of_deletion(self, journal: Journal) -> None:
        for name in ("a", "b", "c", "d"):
            begun(journal, name)
        journal.delete("c", at=1.0)
        cursor = journal.tally()
        journal.delete("b", at=2.0)
        begun(journal, "e")
        journal.delete("a", at=3.0)
        assert [tombstone.session_id for tombstone in journal.tombstones_since(0)] == ["c", "b", "a"]
        assert [tombstone.session_id for tombstone in journal.tombstones_since(cursor)] == ["b", "a"]
        assert [tombstone.tally for tombstone in journal.tombstones_since(cursor)] == [cursor + 1, cursor + 3]
        assert journal.tombstones_since(journal.tally()) == []

    @pytest.mark.parametrize("name", ["s-1", "gone"])
    def test_a_session_that_was_not_deleted_has_no_tombstone(self, journal: Journal, name: str) -> None:
        begun(journal, "s-1")
        with pytest.raises(NotFound, match=f"no session {name}"):
            journal.tombstone(name)

    def test_an_id_that_is_deleted_twice_has_one_tombstone(self, journal: Journal) -> None:
        for at in (1.0, 2.0):
            begun(journal, "s-1")
            newest = journal.delete("s-1", at=at)
        assert journal.tombstones_since(0) == [newest]
        assert journal.tombstone("s-1") == newest

    def test_tombstones_are_cleared_away_after_a_day(self, journal: Journal) -> None:
        for name, at in (
            ("old", 10.0),
            ("young", 11.0),
            ("new", 10.0 + TOMBSTONE_AGE),
            ("newer", 10.5 + TOMBSTONE_AGE),
        ):
            begun(journal, name)
            journal.delete(name, at=at)
            if name == "new":
                assert journal.tombstone("old").deleted_at == 10.0, "not a moment before"
        assert [tombstone.session_id for tombstone in journal.tombstones_since(0)] == ["young", "new", "newer"]
        with pytest.raises(NotFound):
            journal.tombstone("old")

    def test_tombstones_are_bounded_in_number(self, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(contract, "MOST_TOMBSTONES", 20)
        for number in range(22):
            begun(journal, f"s-{number}")
            journal.delete(f"s-{number}", at=1.0)
        kept = [tombstone.session_id for tombstone in journal.tombstones_since(0)]
        assert kept == [f"s-{number}" for number in range(2, 22)]

    def test_facts_being_read_of_a_deleted_session_do_not_end_as_if_all_were_there(self, journal: Journal) -> None:
        begun(journal, "s-1", *processed(*(extracted(f"{number}.png") for number in range(1500))))
        facts = journal.facts("s-1")
        next(facts)
        journal.delete("s-1", at=1.0)
        try:
            read = 1 + sum(1 for _ in facts)
        except NotFound:
            return
        assert read == 1500

    @pytest.mark.parametrize(
        "call",
        [
            pytest.param(lambda journal: journal.session("gone"), id="session"),
            pytest.param(lambda journal: journal.facts("gone"), id="facts"),
            pytest.param(lambda journal: journal.items("gone"), id="items"),
            pytest.param(lambda journal: journal.item("gone", 1), id="item"),
            pytest.param(lambda journal: journal.texts("gone", 1), id="texts"),
            pytest.param(lambda journal: journal.raw_texts("gone", [1]), id="raw_texts"),
            pytest.param(lambda journal: journal.tombstone("gone"), id="tombstone"),
            pytest.param(lambda journal: journal.delete("gone", at=1.0), id="delete"),
            pytest.param(lambda journal: journal.append("gone", [], new_session("gone").state), id="append"),
        ],
    )
    def test_an_unknown_session_is_not_found(self, journal: Journal, call: Callable[[Journal], object]) -> None:
        begun(journal)
        with pytest.raises(NotFound, match="no session gone"):
            call(journal)
        assert journal.tally() == 1

    def test_a_restart_of_the_machine_is_seen_once_and_renews_epochs(self, journal: Journal) -> None:
        begun(journal, "moving", *LIFE[:2])
        begun(journal, "resting", *LIFE[:2], Moved(at=3.0, status=Status.CANCELLED))
        epoch, tally = journal.epoch, journal.tally()
        assert not journal.remember_boot("boot-1")
        assert not journal.remember_boot("boot-1")
        assert (journal.epoch, journal.session("moving").epoch) == (epoch, "k3f9a2")
        assert journal.remember_boot("boot-2")
        assert journal.epoch != epoch
        assert journal.session("moving").epoch not in {"k3f9a2", journal.epoch}
        assert journal.session("resting").epoch == "k3f9a2"
        assert not journal.remember_boot("boot-2")
        assert journal.tally() == tally

    def test_readers_see_whole_writes_only(self, journal: Journal) -> None:
        begun(journal, "s-1", *processed(*(extracted() for _ in range(5))))
        written, troubles = threading.Event(), list[str]()

        def read() -> None:
            while not written.is_set():
                state = journal.session("s-1").state
                facts = [fact for _, fact in journal.facts("s-1")]
                if state.seq % 5 or len(facts) % 5 or len(facts) < state.seq:
                    troubles.append(f"{state.seq} {len(facts)}")
                if reduce_all(new_session().state, facts[: state.seq]) != state:
                    troubles.append(f"another fold at {state.seq}")

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        try:
            for _ in range(40):
                append(journal, "s-1", *processed(*(extracted() for _ in range(5))))
        finally:
            written.set()
            for reader in readers:
                reader.join()
        assert troubles == []
        assert journal.session("s-1").state.seq == 205

    def test_contents_are_the_hashes_of_what_was_read(self, journal: Journal) -> None:
        begun(journal, "s-1", *processed(extracted("a.png"), replace(extracted("b.png"), sha256="cd" * 32), failed()))
        begun(journal, "s-2", *processed(replace(extracted(), sha256="ef" * 32)))
        assert sorted(journal.contents("s-1")) == ["ab" * 32, "cd" * 32]
        with pytest.raises(NotFound):
            list(journal.contents("s-3"))

    # --- the queue -----------------------------------------------------------------------------------------------

    def test_hauls_come_back_in_order_as_they_were(self, journal: Journal) -> None:
        found = hauls(140)
        begun(journal, "s-1", Started(at=1.0), Moved(at=1.0, status=Status.PROCESSING))
        begun(journal, "other", Started(at=1.0), Discovered(at=1.0, haul=found[0]))
        for haul in found:
            append(journal, "s-1", Discovered(at=1.0, files=len(haul.candidates), haul=haul))
        assert list(journal.hauls("s-1")) == found
        assert list(journal.hauls("other")) == found[:1]
        bare = [fact.haul for _, fact in journal.facts("s-1") if isinstance(fact, Discovered)]
        assert bare == [None] * len(found)

    def test_the_queue_is_gone_once_the_session_rests(self, journal: Journal) -> None:
        begun(journal, "s-1", Started(at=1.0), Discovered(at=1.0, files=2, haul=hauls(1)[0]))
        begun(journal, "other", Started(at=1.0), Discovered(at=1.0, files=2, haul=hauls(1)[0]))
        for session_id in ("s-1", "other"):
            journal.count_tries(session_id, {1: 2})
            journal.take(session_id, 2)
        append(journal, "s-1", Moved(at=1.0, status=Status.CANCELLED))
        assert (list(journal.hauls("s-1")), journal.tries("s-1"), journal.taken("s-1")) == ([], {}, 0)
        assert (len(list(journal.hauls("other"))), journal.tries("other"), journal.taken("other")) == (1, {1: 2}, 2)
        journal.delete("other", at=2.0)
        with pytest.raises(NotFound):
            list(journal.hauls("other"))

    def test_outcomes_have_the_numbers_of_their_candidates(self, journal: Journal) -> None:
        begun(journal, "s-1", Started(at=1.0))
        append(journal, "s-1", *(Processed(at=1.0, outcome=extracted(), number=number) for number in (3, 1, 700)))
        assert sorted(journal.numbers("s-1")) == [1, 3, 700]
        numbers = [fact.number for _, fact in journal.facts("s-1") if isinstance(fact, Processed)]
        assert numbers == [3, 1, 700]

    def test_what_is_under_way_is_noted_and_nobody_told(self, journal: Journal) -> None:
        begun(journal, "s-1", Started(at=1.0))
        tally = journal.tally()
        assert journal.taken("s-1") == 0
        journal.take("s-1", 256)
        assert journal.taken("s-1") == 256
        append(journal, "s-1", Discovered(at=1.0, files=1))
        assert (journal.taken("s-1"), journal.tally()) == (256, tally + 1)

    def test_tries_are_counted_and_nothing_is_under_way_then(self, journal: Journal) -> None:
        begun(journal, "s-1", Started(at=1.0))
        journal.take("s-1", 5)
        journal.count_tries("s-1", {4: 1, 5: 1})
        assert (journal.tries("s-1"), journal.taken("s-1")) == ({4: 1, 5: 1}, 0)
        journal.count_tries("s-1", {5: 2, **dict.fromkeys(range(1000, 2300), 1)})
        assert (journal.tries("s-1")[4], journal.tries("s-1")[5], len(journal.tries("s-1"))) == (1, 2, 1302)

    def test_a_retried_outcome_gives_way_to_the_newer_one(self, journal: Journal) -> None:
        begun(journal, "s-1", Started(at=1.0), *processed(failed("a.png"), failed("b.png"), extracted("c.png")))
        begun(journal, "other", Started(at=1.0), *processed(failed("a.png")))
        append(journal, "s-1", Processed(at=2.0, outcome=extracted("a.png"), retries=2))
        assert seqs(journal.items("s-1")) == [3, 4, 5]
        assert seqs(journal.items("s-1", kind=OutcomeKind.FAILED)) == [3]
        assert seqs(journal.items("other")) == [2]
        assert (journal.retried("s-1"), journal.retried("other")) == ({2: 5}, {})
        assert journal.item("s-1", 2).outcome.kind is OutcomeKind.FAILED, "a fact never changes"
        retries = [fact.retries for _, fact in journal.facts("s-1") if isinstance(fact, Processed)]
        assert retries == [0, 0, 0, 2]

    def test_folders_come_back_as_they_were_as_long_as_the_session_stands(self, journal: Journal) -> None:
        told = [
            FolderFound(
                folder=f"/pictures/{number:04}",
                files=1,
                unchanged=2,
                excluded=3,
                known=4,
                lost=1,
                missing=ODD_NAMES,
                found=ODD_NAMES[:1],
            )
            for number in range(1100)
        ]
        begun(journal, "s-1", Started(at=1.0), Moved(at=1.0, status=Status.PROCESSING))
        begun(journal, "other", Started(at=1.0), Discovered(at=1.0, folders=(replace(told[0], files=9),)))
        append(journal, "s-1", Discovered(at=1.0, folders=tuple(told[:600])), Discovered(at=1.0, folders=(told[600],)))
        append(journal, "s-1", Discovered(at=1.0, folders=tuple(told[601:])))
        append(journal, "s-1", Discovered(at=1.0, folders=(replace(told[0], files=7),)))
        append(journal, "s-1", Moved(at=2.0, status=Status.COMPLETED))
        assert sorted(journal.folders("s-1"), key=lambda found: found.folder) == told
        assert [found.files for found in journal.folders("other")] == [9]
        assert [fact.folders for _, fact in journal.facts("s-1") if isinstance(fact, Discovered)] == [()] * 4
        journal.delete("s-1", 3.0)
        with pytest.raises(NotFound):
            list(journal.folders("s-1"))

    def test_paths_and_hashes_of_outcomes(self, journal: Journal) -> None:
        hashes = {name: f"{number:064x}" for number, name in enumerate(ODD_NAMES)}
        outcomes = [replace(extracted(name), sha256=sha256) for name, sha256 in hashes.items()]
        bare = replace(extracted("bare.png"), sha256=None)
        begun(journal, "s-1", Started(at=1.0), *processed(failed("x.png"), *outcomes, bare))
        append(journal, "s-1", Processed(at=2.0, outcome=replace(extracted("x.png"), sha256="ff" * 32), retries=2))
        begun(journal, "other", Started(at=1.0), *processed(extracted("z.png")))
        expected = [(f"/pictures/{name}", sha256) for name, sha256 in hashes.items()]
        assert list(journal.hashed("s-1")) == [*expected, ("/pictures/x.png", "ff" * 32)]
        assert set(journal.paths("s-1")) == {f"/pictures/{name}" for name in (*ODD_NAMES, "bare.png", "x.png")}

    def test_hashes_of_many_outcomes_come_in_order(self, journal: Journal) -> None:
        outcomes = [replace(extracted(f"{number}.png"), sha256=f"{number:064x}") for number in range(2100)]
        begun(journal, "s-1", Started(at=1.0), *processed(*outcomes))
        assert [int(sha256, 16) for _, sha256 in journal.hashed("s-1")] == list(range(2100))

    def test_what_read_a_file_and_how_deep_comes_back(self, journal: Journal) -> None:
        read = replace(extracted(), extractor_version=7, tier=Tier.METADATA)
        begun(journal, "s-1", Started(at=1.0), *processed(read, failed()))
        items = [(item.outcome.extractor_version, item.outcome.tier) for item in journal.items("s-1")]
        assert items == [(7, Tier.METADATA), (0, None)]

    @pytest.mark.parametrize("ask", ["hauls", "folders", "paths", "hashed", "numbers", "taken", "tries"])
    def test_what_is_unknown_has_no_queue(self, journal: Journal, ask: str) -> None:
        with pytest.raises(NotFound):
            list(getattr(journal, ask)("unknown"))
        with pytest.raises(NotFound):
            journal.take("unknown", 1)
        with pytest.raises(NotFound):
            journal.count_tries("unknown", {})


def hauls(count: int) -> list[Haul]:
    """Stretches of one walk, with odd names; every third of them counts only."""
    found, number = [], 1
    for place in range(count):
        names = ODD_NAMES if place % 3 != 2 else ()
        candidates = tuple(
            Candidate("/pictures", f"{place}/{name}", 10**12, -(10**18), number + at) for at, name in enumerate(names)
        )
        number += len(candidates)
        finished = (f"/pictures/{place - 1}",) if place else ()
        found.append(Haul(candidates=candidates, finished=finished, folder=r"/odd\xff", unchanged=place, excluded=7))
    return found
