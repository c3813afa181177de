from __future__ import annotations

import pytest

from tallylight.journal.leases import LEASE, Owner, SoleOwner, elsewhere, is_free


@pytest.mark.parametrize(
    ("owner", "leased_until", "free"),
    [
        (None, None, True),  # nobody's
        ("me", 90.0, True),  # ours, however late we are
        ("they", 100.0 + LEASE, False),
        ("they", 100.1, False),
        ("they", 100.0, True),  # to the very moment
        ("they", 90.0, True),
        ("they", None, True),  # long dead: nothing is known of it any more
    ],
)
def test_who_may_claim_a_session(owner: str | None, leased_until: float | None, free: bool) -> None:
    assert is_free(owner, leased_until, "me", now=100.0) is free


def test_a_refusal_says_where_to_go() -> None:
    server = elsewhere("s-1", Owner(host="attic", pid=7, url="http://127.0.0.1:8710"))
    assert str(server) == (
        "Session s-1 is worked on by the server at http://127.0.0.1:8710 (process 7 on attic); give the command there."
    )
    assert server.url == "", "it listens for its own machine only"
    assert elsewhere("s-1", Owner(url="http://127.0.0.1:8710")).url == "http://127.0.0.1:8710"
    command = elsewhere("s-1", Owner(host="attic", pid=7))
    assert "which takes no commands from elsewhere; wait until it is done, or stop it there" in str(command)


def test_owners_differ_though_they_are_the_same_process() -> None:
    assert Owner().owner != Owner().owner
    assert Owner().pid == Owner().pid


def test_who_is_alone_owns_everything() -> None:
    alone = SoleOwner()
    assert alone.renew(["s-1"]) == set()
    assert alone.claim("s-1") is False
    assert alone.free(["s-1", "s-2"]) == {"s-1", "s-2"}
    alone.tell("http://127.0.0.1:8710")
    alone.release("s-1")
    alone.leave()
