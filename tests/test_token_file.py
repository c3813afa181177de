from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from tests.serving import unprivileged

from tallylight.errors import DataFolderUnusable
from tallylight.token_file import TokenFile, link


@pytest.fixture
def file(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "token.json")


def test_there_is_none_at_first(file: TokenFile) -> None:
    assert file.read() is None
    assert file.mark() == ()


def test_only_its_hash_is_kept_and_only_for_this_user(file: TokenFile) -> None:
    grant, token = file.rotate(1_000.5)
    text = file.path.read_text()
    assert token not in text
    assert json.loads(text)["sha256"] == hashlib.sha256(token.encode()).hexdigest() == grant.sha256
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.path.parent.iterdir()] == ["token.json"], "nothing is left beside it"
    assert file.read() == grant
    assert grant.made_at == 1_000.5


def test_it_fits_itself_alone(file: TokenFile) -> None:
    grant, token = file.rotate(0)
    assert grant.fits(token)
    for other in ("", token[:-1], token + "x", token.upper(), grant.sha256, "é", "\udcff", "\ud800"):
        assert not grant.fits(other)


def test_a_new_one_replaces_it_and_keeps_the_cookies_name(file: TokenFile) -> None:
    before, old = file.rotate(0)
    mark = file.mark()
    after, new = file.rotate(1)
    assert file.mark() != mark
    assert (before.cookie, before.instance) == (after.cookie, after.instance)
    assert after.cookie == f"tallylight-{after.instance}"
    assert old != new
    assert not after.fits(old)


def test_a_token_is_long_and_safe_in_an_address_and_a_cookie(file: TokenFile) -> None:
    tokens = {file.rotate(0)[1] for _ in range(20)}
    assert len(tokens) == 20
    for token in tokens:
        assert len(token) == len("tally_") + 43, "256 bits"
        assert token.replace("-", "").replace("_", "").isalnum()
    assert link("https://pics.example/tally/", "tally_x") == "https://pics.example/tally/?token=tally_x"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"instance": "a"}', '{"instance": "a;b", "sha256": "%s"}' % ("0" * 64), "\xff"]
)
def test_a_damaged_one_says_what_to_do_and_can_be_replaced(file: TokenFile, text: str) -> None:
    file.path.write_bytes(text.encode("latin-1"))
    with pytest.raises(DataFolderUnusable, match="--rotate` makes a new one"):
        file.read()
    grant, _ = file.rotate(0)
    assert file.read() == grant


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    unprivileged()
    with pytest.raises(DataFolderUnusable, match="cannot be written to"):
        TokenFile(tmp_path / "missing" / "token.json").rotate(0)
