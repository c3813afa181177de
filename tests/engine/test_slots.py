from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from multiprocessing.synchronize import Semaphore
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.engine.slots import _SLOT, _TURN_AT, LONGEST_LABEL, Glance, Slots, Ticket, label_of


@pytest.fixture
def slots() -> Iterator[Slots]:
    slots = Slots(3)
    yield slots
    slots.close()


def test_what_was_shown_is_seen(slots: Slots) -> None:
    ticket = slots.take()
    assert slots.glance(ticket) is None
    for glance in (Glance(7, 0, 1.5, "ü.png"), Glance(7, 1, 2.5, "")):
        slots.show(ticket, glance)
        assert slots.glance(ticket) == glance


def test_slots_do_not_touch(slots: Slots) -> None:
    tickets = [slots.take() for _ in range(3)]
    glances = [Glance(number, number, 0.5, "x" * LONGEST_LABEL) for number in range(3)]
    for ticket, glance in zip(tickets, glances, strict=True):
        slots.show(ticket, glance)
    assert [slots.glance(ticket) for ticket in tickets] == glances


def test_a_slot_given_back_is_taken_again_with_another_number(slots: Slots) -> None:
    first = slots.take()
    slots.show(first, Glance(7, 0, 1.5, "old"))
    slots.give_back(first)
    second = slots.take()
    assert second.slot == first.slot
    assert second.number > first.number
    assert slots.glance(second) is None


def test_a_ticket_that_was_given_back_is_not_wanted(slots: Slots) -> None:
    ticket = slots.take()
    with slots.occupied(ticket) as wanted:
        assert wanted
    slots.give_back(ticket)
    with slots.occupied(ticket) as wanted:
        assert not wanted


def test_a_writer_that_died_in_the_middle(slots: Slots) -> None:
    ticket = slots.take()
    slots.show(ticket, Glance(7, 0, 1.5, "old"))
    slots._map[ticket.slot * _SLOT + _TURN_AT] += 1
    assert slots.glance(ticket) is None
    slots.show(ticket, Glance(7, 1, 2.5, "new"))
    assert slots.glance(ticket) == Glance(7, 1, 2.5, "new")


def test_no_reader_sees_half_of_a_record(slots: Slots) -> None:
    ticket, stop = slots.take(), Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            slots.show(ticket, Glance(number, number, float(number), str(number) * 40))

    writer = Thread(target=write)
    writer.start()
    try:
        for _ in range(3000):
            glance = slots.glance(ticket)
            if glance is not None:
                number = glance.pid
                label = (str(number) * 40)[:LONGEST_LABEL]
                assert glance == Glance(number, number, float(number), label)
    finally:
        stop.set()
        writer.join()


def hold(slots: Slots, ticket: Ticket, ready: Semaphore) -> None:
    with slots.occupied(ticket):
        ready.release()
        signal.pause()  # until killed


@pytest.mark.usefixtures("importable")
def test_a_slot_is_held_as_long_as_its_process_lives(slots: Slots) -> None:
    ticket = slots.take()
    assert not slots.held(ticket.slot)
    context = multiprocessing.get_context("spawn")
    ready = context.Semaphore(0)
    process = context.Process(target=hold, args=(slots, ticket, ready), daemon=True)
    process.start()
    try:
        assert ready.acquire(timeout=30)
        assert slots.held(ticket.slot)
        slots.give_back(ticket)
        assert slots.take().slot != ticket.slot
    finally:
        process.kill()
        process.join()
    assert not slots.held(ticket.slot)
    assert slots.take().slot == ticket.slot


@given(st.text())
def test_a_label_fits_and_is_a_beginning(text: str) -> None:
    label = label_of(text)
    assert len(label.encode()) <= LONGEST_LABEL
    assert text.encode("utf-8", "replace").decode().startswith(label)


def test_a_label_with_a_lone_surrogate() -> None:
    assert label_of("a\udcffb") == "a?b"
