"""What every store of schedules promises, as tests. A store passes by subclassing with a fixture `schedules`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tallylight.errors import BadInput, NotFound
from tallylight.schedules import Look, Schedule, Schedules
from tallylight.schedules.contract import PENDING_S


def schedule(number: int = 1, **fields: object) -> Schedule:
    known = Schedule(
        schedule_id=f"s-{number}",
        folder=f"/pictures/{number}",
        rule="every 15m",
        auto_commit=False,
        created_at=float(number),
    )
    return replace(known, **fields)  # type: ignore[arg-type]


class SchedulesContract:
    def test_what_is_added_is_there_the_oldest_first(self, schedules: Schedules) -> None:
        assert schedules.all() == []
        odd = schedule(3, folder=r"/pictures/caf\xe9", auto_commit=True, rule="events")
        for one in (schedule(2), odd, schedule(1)):
            schedules.add(one)
        assert schedules.all() == [schedule(1), schedule(2), odd]
        assert schedules.one("s-3") == odd

    def test_a_folder_has_one_schedule(self, schedules: Schedules) -> None:
        schedules.add(schedule(1))
        with pytest.raises(BadInput, match="/pictures/1 has a schedule already"):
            schedules.add(schedule(2, folder="/pictures/1"))
        assert schedules.all() == [schedule(1)]

    def test_what_is_removed_is_gone_with_what_it_took(self, schedules: Schedules) -> None:
        schedules.add(schedule(1))
        schedules.take("s-1", {"/a": Look(1, 2)}, 1.0)
        schedules.remove("s-1")
        assert schedules.all() == []
        for act in (schedules.remove, schedules.one):
            with pytest.raises(NotFound, match="There is no schedule s-1"):
                act("s-1")
        schedules.note("s-1", "too late")
        schedules.started("s-1", "x", 1.0)
        schedules.give_back("s-1", 1.0)
        schedules.keep_only("s-1", [])
        assert schedules.take("s-1", {"/a": Look(1, 2)}, 2.0) == {}
        schedules.add(schedule(1))
        assert schedules.looks("s-1", ["/a"], 2.0) == {}

    def test_one_of_two_wins_a_look(self, schedules: Schedules) -> None:
        schedules.add(schedule(1))
        assert schedules.claim("s-1", None, 10.5)
        assert not schedules.claim("s-1", None, 10.6)
        assert schedules.one("s-1").ran_at == 10.5
        assert schedules.claim("s-1", 10.5, 20.25)
        assert not schedules.claim("nobody", None, 1.0)

    def test_the_newest_session_and_trouble_are_remembered(self, schedules: Schedules) -> None:
        schedules.add(schedule(1))
        schedules.started("s-1", "x", 1.0)
        schedules.note("s-1", "The folder is gone.")
        assert (schedules.one("s-1").session_id, schedules.one("s-1").trouble) == ("x", "The folder is gone.")
        schedules.note("s-1")
        assert schedules.one("s-1").trouble == ""

    def test_what_was_taken_is_known_by_its_look_a_schedule_each(self, schedules: Schedules) -> None:
        for number in (1, 2):
            schedules.add(schedule(number))
        many = {f"/pictures/{number}": Look(number, 2**60) for number in range(2_000)}
        assert schedules.take("s-1", many, 5.0) == many
        assert schedules.take("s-1", many, 6.0) == {}, "each falls to one"
        changed = {"/pictures/7": Look(0, 1)}
        assert schedules.take("s-1", many | changed, 7.0) == changed
        assert schedules.looks("s-1", ["/pictures/7", "/pictures/8", "/never"], 8.0) == {
            "/pictures/7": Look(0, 1),
            "/pictures/8": Look(8, 2**60),
        }
        assert len(schedules.looks("s-1", list(many), 8.0)) == 2_000
        assert schedules.looks("s-2", list(many), 8.0) == {}
        schedules.keep_only("s-1", {"/pictures/8", "/other"})
        assert schedules.looks("s-1", list(many), 8.0) == {"/pictures/8": Look(8, 2**60)}

    def test_what_was_taken_for_a_session_that_never_started_is_free_again(self, schedules: Schedules) -> None:
        schedules.add(schedule(1))
        first, second = {"/a": Look(1, 1)}, {"/b": Look(2, 2)}
        schedules.take("s-1", first, 10.0)
        schedules.take("s-1", second, 11.0)
        schedules.give_back("s-1", 11.0)
        assert schedules.looks("s-1", ["/a", "/b"], 12.0) == first
        late = 11.0 + PENDING_S
        assert schedules.looks("s-1", ["/a"], late) == {}
        assert schedules.take("s-1", first, late) == first
        schedules.started("s-1", "x", late)
        schedules.give_back("s-1", late)
        assert schedules.looks("s-1", ["/a"], late + 10 * PENDING_S) == first
        assert schedules.take("s-1", first, late + 10 * PENDING_S) == {}
