"""Commands to sessions of another server. That they arrive is shown by two servers, in tests/faults."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.in_process import Site, problem, site

from tallylight.asking import PASSED_ON
from tallylight.errors import OwnedElsewhere

pytestmark = pytest.mark.anyio

#: Nothing listens there.
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as it:
        yield it


def owned(it: Site, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    async def refuse(_session_id: str) -> None:
        raise OwnedElsewhere("Session s-1 is worked on by the server on the attic.", url)

    monkeypatch.setattr(it.services.supervisor, "pause", refuse)


async def test_an_owner_that_cannot_be_reached_from_here_is_named(it: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    owned(it, monkeypatch, "")
    told = problem(await it.client.post("/api/ingest/pause/s-1"), 409, "owned_elsewhere")
    assert told["detail"] == "Session s-1 is worked on by the server on the attic."


async def test_an_owner_that_does_not_answer_is_said_to_be_replaced(it: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    owned(it, monkeypatch, NOWHERE)
    told = problem(await it.client.post("/api/ingest/pause/s-1"), 409, "owned_elsewhere")
    assert "It does not answer just now; if it is gone, another server takes the session over" in told["detail"]


async def test_what_was_passed_on_is_not_passed_on_again(it: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    owned(it, monkeypatch, NOWHERE)
    told = problem(await it.client.post("/api/ingest/pause/s-1", headers={PASSED_ON: "1"}), 409, "owned_elsewhere")
    assert "does not answer" not in told["detail"], "nobody was asked"
