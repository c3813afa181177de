from __future__ import annotations

import pytest

from tallylight.testing import ManualClock
from tallylight.web.attempts import Attempts

pytestmark = pytest.mark.anyio


async def test_after_five_wrong_tries_a_client_waits_until_the_first_is_a_minute_old() -> None:
    clock = ManualClock()
    attempts = Attempts(clock=clock)
    for _ in range(5):
        assert attempts.wait("192.0.2.1") == 0
        attempts.wrong("192.0.2.1")
        await clock.advance(1)
    assert attempts.wait("192.0.2.1") == pytest.approx(55)
    assert attempts.wait("192.0.2.2") == 0, "others need not"
    await clock.advance(55)
    assert attempts.wait("192.0.2.1") == 0
    attempts.wrong("192.0.2.1")
    assert attempts.wait("192.0.2.1") == pytest.approx(1), "one try for each that has grown old"


async def test_a_right_one_makes_up_for_the_wrong() -> None:
    attempts = Attempts(clock=ManualClock())
    for _ in range(4):
        attempts.wrong("192.0.2.1")
    attempts.right("192.0.2.1")
    attempts.wrong("192.0.2.1")
    assert attempts.wait("192.0.2.1") == 0


async def test_a_network_of_ipv6_is_one_client() -> None:
    attempts = Attempts(clock=ManualClock(), most=2)
    attempts.wrong("2001:db8:1:2::1")
    attempts.wrong("2001:db8:1:2:ffff::9")
    assert attempts.wait("2001:db8:1:2::3") > 0
    assert attempts.wait("2001:db8:1:3::3") == 0
    attempts.wrong("::ffff:192.0.2.1")
    attempts.wrong("192.0.2.1")
    assert attempts.wait("192.0.2.1") > 0
    assert attempts.wait("::ffff:192.0.2.2") == 0


async def test_its_memory_is_bounded() -> None:
    attempts = Attempts(clock=ManualClock(), most_addresses=100)
    for number in range(1000):
        for _ in range(10):
            attempts.wrong(f"10.0.{number // 256}.{number % 256}")
    assert len(attempts) == 100
    assert attempts.wait("10.0.3.231") > 0, "the newest is known"
    assert attempts.wait("10.0.0.0") == 0, "the oldest is forgotten"
