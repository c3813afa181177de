"""What responses hold: fixed keys, whatever is known."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace

import pytest

from tallylight.facts import COMMIT_FAILED, State, Trouble
from tallylight.journal import Item, Session
from tallylight.messages import view
from tallylight.model import Json, Outcome, OutcomeKind, Parameters, Reason, Status
from tallylight.web import bodies

KEYS = {
    "seq",
    "at", "root", "file", "outcome", "code", "message", "warnings", "ms", "bytes", "media", "generation", "keywords",
    "score", "favourite", "nsfw_score", "nsfw_model", "provenance", "conflicts", "hashes", "has_thumbnail",
    "extractor_version", "tier",
}  # fmt: skip

BARE = Outcome(root="/m", file="a.png", kind=OutcomeKind.EXTRACTED)
FULL = replace(
    BARE,
    media={"width": 3},
    keywords=({"text": "x", "weight": 1.1, "source": "prompt"},),
    score=0,
    sha256="ab",
    phash="cd",
)
FAILED = replace(BARE, kind=OutcomeKind.FAILED, code=Reason.EMPTY, message="It has 0 bytes.")

BAD_FILE = Trouble(1.0, "a.png", "damaged", "It is damaged.")
REFUSED = Trouble(2.0, "b.png", COMMIT_FAILED, "Refused.")
MOVING = State(session_id="s", status=Status.COMMITTING)


@pytest.mark.parametrize("outcome", [BARE, FULL, FAILED])
def test_an_item_has_every_key_whatever_is_known(outcome: Outcome) -> None:
    body = bodies.item(Item(7, 5.0, outcome))
    assert body.keys() == KEYS
    assert json.loads(json.dumps(body, allow_nan=False)) == body


def test_an_item_says_what_is_known() -> None:
    body = bodies.item(Item(7, 5.0, FULL))
    assert (body["seq"], body["outcome"], body["score"]) == (7, "extracted", 0)
    assert body["hashes"] == {"sha256": "ab", "pixel_sha256": None, "phash": "cd", "frame_phashes": []}
    failed = bodies.item(Item(8, 5.0, FAILED))
    assert (failed["outcome"], failed["code"], failed["message"]) == ("failed", "empty", "It has 0 bytes.")


def test_the_raw_bytes_of_a_name_that_is_not_utf8_stand_beside_it() -> None:
    body = bodies.item(Item(1, 5.0, replace(BARE, file="caf\\xe9.png")))
    assert body["file"] == "caf\\xe9.png"
    assert b64decode(body["file_raw"]) == b"caf\xe9.png"


def test_a_page_has_a_next_only_where_there_is_more() -> None:
    entries = [Item(seq, 5.0, BARE) for seq in (2, 5, 9)]
    page = bodies.items(entries, 2)
    assert ([each["seq"] for each in page["items"]], page["next"]) == ([2, 5], 5)
    assert bodies.items(entries, 3)["next"] is None
    assert bodies.items([], 3) == {"items": [], "next": None}


def test_a_session_is_its_message_and_what_it_was_asked() -> None:
    state = State(session_id="s")
    entry = Session(
        session_id="s", epoch="abcdef", created_at=5.0, parameters=Parameters(directories=("/m",)), state=state
    )
    body = bodies.session(entry, view(state, 5.0))
    assert (body["session_id"], body["created_at"], body["parameters"]["directories"]) == ("s", 5.0, ["/m"])


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (replace(MOVING, status=Status.COMPLETED), ("completed", 0, [], None)),
        (
            replace(MOVING, commit_total=8, commit_done=3, commit_errors=1, troubles=(BAD_FILE, REFUSED)),
            ("committing", 50, [{"at": 2.0, "file": "b.png", "message": "Refused."}], None),
        ),
        (replace(MOVING, status=Status.COMMITTED), ("committed", 100, [], None)),
        (replace(MOVING, status=Status.COMMIT_ERROR, message="Disk full."), ("commit_error", 0, [], "Disk full.")),
        (replace(MOVING, status=Status.ERROR, message="Stopped."), ("error", 0, [], None)),
    ],
)
def test_how_a_commit_stands(state: State, told: tuple[str, int, list[Json], str | None]) -> None:
    body = bodies.commit_status(state)
    assert (body["status"], body["commit_progress"], body["commit_errors"], body["commit_error"]) == told
