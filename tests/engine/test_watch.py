from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tallylight.engine import Done
from tallylight.engine.deaths import Death
from tallylight.engine.slots import Glance, Ticket
from tallylight.engine.watch import GRACE, MARGIN, PATIENCE, Flight, Step

LIMIT = 60.0


@pytest.fixture
def flight() -> Iterator[Flight]:
    loop = asyncio.new_event_loop()
    yield Flight(Ticket(0, 1), size=3, answer=loop.create_future(), since=100.0)
    loop.close()


def on(item: int) -> Glance:
    return Glance(pid=7, item=item, since=0.0, label="")


def test_an_item_within_its_limit(flight: Flight) -> None:
    assert flight.look(on(0), True, 101.0, LIMIT) is Step.NOTHING
    assert flight.look(on(0), True, 101.0 + LIMIT + MARGIN, LIMIT) is Step.NOTHING


def test_an_item_past_its_limit_is_killed_once(flight: Flight) -> None:
    flight.look(on(0), True, 101.0, LIMIT)
    past = 101.0 + LIMIT + MARGIN + 0.1
    assert flight.look(on(0), True, past, LIMIT) is Step.KILL
    assert flight.overdue
    assert flight.look(on(0), True, past + 1, LIMIT) is Step.NOTHING


def test_each_item_has_its_own_limit(flight: Flight) -> None:
    for item in range(3):
        assert flight.look(on(item), True, 101.0 + item * LIMIT, LIMIT) is Step.NOTHING


def test_a_worker_that_is_gone_is_lost_after_a_grace(flight: Flight) -> None:
    assert flight.look(on(1), False, 101.0, LIMIT) is Step.NOTHING
    assert flight.look(on(1), False, 101.0 + GRACE, LIMIT) is Step.NOTHING
    assert flight.look(on(1), False, 101.1 + GRACE, LIMIT) is Step.LOST


def test_a_chunk_that_is_through_has_no_worker_and_is_not_lost(flight: Flight) -> None:
    assert flight.look(on(1), False, 101.0, LIMIT) is Step.NOTHING
    assert flight.look(on(3), False, 105.0, LIMIT) is Step.NOTHING


@pytest.mark.parametrize("glance", [None, on(3)])
def test_a_pool_that_does_not_deliver(flight: Flight, glance: Glance | None) -> None:
    assert flight.look(glance, False, 101.0, LIMIT) is Step.NOTHING
    assert flight.look(glance, False, 101.0 + PATIENCE + 0.1, LIMIT) is Step.STUCK


def test_the_first_answer_counts(flight: Flight) -> None:
    flight.settle([Done(1)])
    flight.settle(Death(None))
    assert flight.answer.result() == [Done(1)]
