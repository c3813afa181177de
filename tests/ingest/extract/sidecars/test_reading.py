"""Sidecars as they lie beside files, and what an outcome tells of them."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder

from tallylight.ingest.extract import sidecars
from tallylight.ingest.extract.limits import Limits
from tallylight.ingest.extract.sidecars.neighbours import neighbours
from tallylight.model import ConflictRule, Outcome, OutcomeKind, Tier
from tallylight.roots import Roots

PICTURE = build.png()
INFOTEXT = "a lighthouse, night\nNegative prompt: fog\nSteps: 20, Sampler: Euler a, Seed: 7, Size: 96x64"
TAKEN = {"photoTakenTime": {"timestamp": "1258375918"}}


def packet(attributes: str = 'xmp:Rating="4"', inner: str = "") -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f"{attributes}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def read(folder: Folder, name: str = "a.png", **options: Any) -> Outcome:
    outcome = folder.outcome(name, PICTURE, tier=Tier.METADATA, **options)
    assert outcome.kind is OutcomeKind.EXTRACTED
    return outcome


def words(outcome: Outcome, source: str) -> list[str]:
    return [keyword["text"] for keyword in outcome.keywords if keyword["source"] == source]


def warned(outcome: Outcome) -> str:
    [warning] = outcome.warnings
    return warning


def listing(folder: Folder) -> list[str]:
    return sorted(str(path.relative_to(folder.path)) for path in folder.path.rglob("*"))


# -- scores ----------------------------------------------------------------------------------------------------------


def test_a_score_lies_in_a_folder_beside_the_file(folder: Folder) -> None:
    folder.put(".scores/a.png.json", b'\xef\xbb\xbf{"score": 3, "favourite": true, "updated": "2024-06-18T20:15:00Z"}')
    outcome = read(folder)
    assert (outcome.score, outcome.favourite) == (3, True)
    assert outcome.provenance["score"] == {"source": "scores:sidecar", "at": 1718741700.0}


def test_no_sidecar_is_no_score_and_nothing_is_created(folder: Folder) -> None:
    outcome = read(folder)
    assert (outcome.score, outcome.favourite, outcome.warnings) == (None, None, ())
    assert outcome.provenance == {"created_at": {"source": "file"}}
    folder.put("b/.scores", b"a file")
    assert read(folder, "b/a.png").score is None
    assert listing(folder) == ["a.png", "b", "b/.scores", "b/a.png"]


@pytest.mark.parametrize("raw", [b"{", b"", b"\xff\xfe", b"[" * 60_000, b'{"score": ' + b"9" * 5000 + b"}"])
def test_a_score_that_cannot_be_read_is_a_warning(folder: Folder, raw: bytes) -> None:
    folder.put(".scores/a.png.json", raw)
    outcome = read(folder)
    assert outcome.score is None
    assert "sidecar" in warned(outcome)


# -- trouble ---------------------------------------------------------------------------------------------------------


def test_a_sidecar_that_is_too_long_is_a_warning(folder: Folder) -> None:
    folder.put("a.png.xmp", packet() + b" " * 2000)
    assert read(folder, limits=Limits(sidecar=5000)).score == 4
    outcome = read(folder, limits=Limits(sidecar=2000))
    assert outcome.score is None
    assert warned(outcome) == "the sidecar 'a.png.xmp' was ignored: it is longer than 2,000 bytes"


@pytest.mark.parametrize(
    ("raw", "limits", "why"),
    [
        (b'{"score": 3}', Limits(json_size=5), "its JSON is longer than 5 characters (json_size)"),
        (b"[" * 60_000, Limits(), "its JSON is nested far deeper than 100 levels (json_depth)"),
        (b'{"score": ' + b"9" * 5000 + b"}", Limits(), "its JSON holds a number of more than 4,300 digits"),
        (b"{", Limits(), "it holds no JSON"),
    ],
)
def test_json_beyond_a_limit_is_told_so(folder: Folder, raw: bytes, limits: Limits, why: str) -> None:
    folder.put(".scores/a.png.json", raw)
    assert warned(read(folder, limits=limits)) == f"the sidecar 'a.png.json' was ignored: {why}"


def test_a_sidecar_that_leads_out_of_the_roots_is_a_warning(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "secret.xmp").write_bytes(packet())
    (folder.path / "a.png.xmp").symlink_to(tmp_path / "secret.xmp")
    outcome = read(folder)
    assert outcome.score is None
    assert "leads out of the roots" in warned(outcome)


def test_a_fifo_is_a_warning_and_nothing_waits_for_it(folder: Folder) -> None:
    os.mkfifo(folder.path / "a.txt")
    assert "is no file" in warned(read(folder))


def test_a_sidecar_that_may_not_be_read_is_a_warning(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.put("a.png.xmp", packet())
    opened = Roots.open

    def refuse(self: Roots, path: str) -> Any:
        if path.endswith(".xmp"):
            raise PermissionError(13, "Permission denied")
        return opened(self, path)

    monkeypatch.setattr(Roots, "open", refuse)
    assert warned(read(folder)) == "the sidecar 'a.png.xmp' was ignored: Permission denied"


def test_a_folder_that_cannot_be_listed_is_a_warning(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Roots, "names", refuse)
    assert warned(read(folder)) == "sidecars could not be looked for: Permission denied"


@pytest.mark.parametrize("leaves", ["before the folder is looked at", "before what lies in it is opened"])
def test_a_file_that_is_gone_before_its_sidecars_were_read_has_vanished(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, leaves: str
) -> None:
    folder.put(".scores/a.png.json", b'{"score": 3}')
    look = neighbours

    def unplugged(roots: Roots, beside: str, limits: Limits) -> Any:
        if leaves == "before the folder is looked at":
            folder.path.rename(f"{folder.path} away")
            return look(roots, beside, limits)
        found = look(roots, beside, limits)
        folder.path.rename(f"{folder.path} away")
        return found

    monkeypatch.setattr(f"{sidecars.read.__module__}.neighbours", unplugged)
    outcome = folder.outcome("a.png", PICTURE, tier=Tier.METADATA)
    assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, "vanished"), "its score would be lost without a word"


def test_trouble_nobody_foresaw_is_a_warning_too(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("odd")

    monkeypatch.setattr(sidecars, "read", fail)
    assert warned(read(folder)) == "the sidecars could not be read: 'odd'"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.sampled_from(
        [".scores/a.png.json", "a.png.xmp", "a.xmp", "a.png.json", "a.json", "a.txt", "a.caption", "a.png.txt"]
    ),
    st.binary(max_size=200)
    | st.sampled_from([packet(), INFOTEXT.encode(), b'{"tags": [1]}', b'{"nodes": [], "links": 1}']),
    st.integers(0, 200),
)
def test_no_sidecar_fails_a_file(folder: Folder, name: str, raw: bytes, cut: int) -> None:
    folder.put(name, raw[:cut] or raw)
    outcome = read(folder)
    json.dumps([outcome.media, outcome.keywords, outcome.provenance, outcome.conflicts], allow_nan=False).encode()
    (folder.path / name).unlink()


# -- XMP -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.png.xmp", "a_01.png.xmp", "a_07.png.xmp", "a.xmp", "a.XMP", "a.png.XMP"])
def test_xmp_by_every_scheme(folder: Folder, name: str) -> None:
    folder.put(name, packet('xmp:Rating="4" xmp:Label="Red" xmp:MetadataDate="2024-01-02T03:04:05Z"'))
    outcome = read(folder)
    assert (outcome.score, outcome.media["label"]) == (4, "Red")
    assert outcome.provenance["score"] == {"source": "xmp:sidecar", "at": 1704164645.0}


def test_the_xmp_that_names_a_file_most_exactly_counts(folder: Folder) -> None:
    for rating, name in enumerate(("a.png.xmp", "a_01.png.xmp", "a_02.png.xmp", "a.xmp"), 1):
        folder.put(name, packet(f'xmp:Rating="{rating}"'))
    for rating, name in enumerate(("a.png.xmp", "a_01.png.xmp", "a_02.png.xmp", "a.xmp"), 1):
        outcome = read(folder)
        assert (outcome.score, outcome.warnings) == (rating, ())
        (folder.path / name).unlink()
        os.utime(folder.path, (rating, rating))  # the same clock tick must not hide the change


def test_the_xmp_of_a_file_that_looks_like_a_version_is_its_own(folder: Folder) -> None:
    folder.put("a_01.png.xmp", packet())
    folder.put("a_01.png", PICTURE)
    assert read(folder).score is None
    assert read(folder, "a_01.png").score == 4


@pytest.mark.parametrize("other", ["a.jpg", "a.CR2", "a.heic", "a.mp4"])
def test_xmp_whose_name_several_files_share_is_a_warning(folder: Folder, other: str) -> None:
    folder.put("a.xmp", packet())
    folder.put(other, b"")
    outcome = read(folder)
    assert outcome.score is None
    assert "'a.xmp' was ignored: several files share its name" in warned(outcome)


def test_xmp_gives_keywords_and_facts(folder: Folder) -> None:
    inner = "<dc:subject><rdf:Bag><rdf:li>Sea</rdf:li><rdf:li>sea</rdf:li></rdf:Bag></dc:subject>"
    folder.put("a.xmp", packet('dc:description="At dusk"', inner))
    outcome = read(folder)
    assert words(outcome, "xmp") == ["sea"]
    assert outcome.media["description"] == "At dusk"
    assert outcome.score is None


# -- Takeout ---------------------------------------------------------------------------------------------------------


def test_takeout(folder: Folder) -> None:
    body = {
        **TAKEN,
        "title": "a.png",
        "description": "At the lake",
        "geoData": {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0},
        "geoDataExif": {"latitude": 30.5, "longitude": 104.25, "altitude": 0.0},
        "favorited": True,
        "archived": True,
        "people": [{"name": "Ada"}, {"name": 5}, "x"],
    }
    folder.put("a.png.supplemental-metadata.json", json.dumps(body).encode())
    outcome = read(folder)
    assert outcome.favourite is True
    assert outcome.media["description"] == "At the lake"
    assert outcome.media["gps"] == {"latitude": 30.5, "longitude": 104.25}
    assert (outcome.media["archived"], "trashed" in outcome.media, "title" in outcome.media) == (True, False, False)
    assert words(outcome, "takeout") == ["ada"]
    assert outcome.provenance["favourite"] == {"source": "takeout:sidecar"}


def test_the_json_of_an_album_is_nobody_s(folder: Folder) -> None:
    folder.put("metadata.json", b'{"title": "Holidays", "date": {"timestamp": "1"}}')
    outcome = read(folder, "metadata.png")
    assert (outcome.provenance, outcome.warnings) == ({"created_at": {"source": "file"}}, ())


def test_the_likeliest_json_that_is_takeout_s_counts(folder: Folder) -> None:
    folder.put("a.png.json", b'{"tags": "sea sky"}')
    folder.put("a.json", json.dumps({**TAKEN, "description": "here"}).encode())
    outcome = read(folder)
    assert outcome.media["description"] == "here"
    assert words(outcome, "caption") == ["sea", "sky"]


# -- texts, graphs and tags ------------------------------------------------------------------------------------------


def test_parameters_beside_a_file_that_has_none(folder: Folder) -> None:
    folder.put("a.txt", INFOTEXT.encode())
    outcome = read(folder)
    assert (outcome.generation["seed"], outcome.generation["negative_prompt"]) == (7, "fog")
    assert outcome.provenance["generation"] == {"source": "text:sidecar"}
    assert words(outcome, "prompt") == ["a lighthouse", "night"]
    [text] = outcome.texts
    assert (text.key, zlib.decompress(text.zlib).decode()) == ("sidecar:parameters", INFOTEXT)


def test_parameters_inside_a_file_count_before_those_beside_it(folder: Folder) -> None:
    folder.put("a.txt", INFOTEXT.encode())
    outcome = folder.outcome("a.png", build.png({"parameters": "a cat\nSteps: 5, Seed: 1"}), tier=Tier.METADATA)
    assert outcome.generation["seed"] == 1
    assert [text.key for text in outcome.texts] == ["parameters"]
    assert outcome.provenance["generation"] == {"source": "parameters"}


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.txt", b"1girl, long hair, hatsune_miku_\\(vocaloid\\)", ["1girl", "long hair", "hatsune_miku_(vocaloid)"]),
        ("a.caption", "猫，夜".encode(), ["猫", "夜"]),
        ("a.png.txt", b"creator:ada\r\nblue sky\r\n\r\n", ["creator:ada", "blue sky"]),
        ("a.txt", "\ufeffsea".encode("utf-16-le"), ["sea"]),
        ("a.TXT", b"\xef\xbb\xbfSea", ["sea"]),
        ("a.txt", b"", []),
        ("a.txt", b" ,,\n , ", []),
    ],
)
def test_captions(folder: Folder, name: str, text: bytes, found: list[str]) -> None:
    folder.put(name, text)
    outcome = read(folder)
    assert words(outcome, "caption") == found
    assert outcome.texts == ()


def test_what_is_no_caption_gives_nothing_long(folder: Folder) -> None:
    folder.put("a.txt", b"x" * 1000 + b", " + b"sea. " * 100)
    assert all(len(word) <= 200 for word in words(read(folder), "caption"))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"tags": ["Sea", "blue sky", 5]}, ["sea", "blue sky"]),
        ({"tags": "sea sky"}, ["sea", "sky"]),
        ({"tag_string": "sea, blue sky"}, ["sea", "blue sky"]),
        ({"tags": {"general": ["sea"], "artist": "ada bob", "odd": {"x": ["y"]}}}, ["sea", "ada", "bob"]),
        (["sea", None], ["sea"]),
        ({"tags": None}, []),
        ({"tags": 5}, []),
        (5, []),
    ],
)
def test_tags_of_downloaders(folder: Folder, body: Any, found: list[str]) -> None:
    folder.put("a.png.json", json.dumps(body).encode())
    outcome = read(folder)
    assert words(outcome, "caption") == found
    assert outcome.warnings == ()


GRAPH = {
    "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lighthouse"}},
    "2": {
        "class_type": "KSampler",
        "inputs": {"seed": 9, "steps": 4, "cfg": 1.0, "positive": ["1", 0], "negative": ["1", 0]},
    },
}


@pytest.mark.parametrize("name", ["a.json", "a.png.json", ".workflows/a_workflow.json"])
def test_a_graph_beside_a_file_that_has_none(folder: Folder, name: str) -> None:
    folder.put(name, json.dumps(GRAPH).encode())
    outcome = read(folder)
    assert outcome.generation["seed"] == 9
    assert [text.key for text in outcome.texts] == ["prompt"]
    assert outcome.provenance["generation"] == {"source": "workflow:sidecar"}


def test_a_saved_workflow_keeps_its_key(folder: Folder) -> None:
    folder.put("a.json", b'{"last_node_id": 1, "nodes": [{"id": 1, "type": "Note"}], "links": []}')
    assert [text.key for text in read(folder).texts] == ["workflow"]


# -- what was asked for ----------------------------------------------------------------------------------------------


def test_options_say_what_is_taken(folder: Folder) -> None:
    folder.put(".scores/a.png.json", b'{"score": 5}')
    folder.put("a.png.xmp", packet('xmp:Rating="4" dc:description="At dusk"'))
    folder.put("a.txt", b"sea")
    no_scores = read(folder, import_scores=False)
    assert (no_scores.score, no_scores.conflicts, no_scores.media["description"]) == (None, (), "At dusk")
    no_keywords = read(folder, extract_keywords=False)
    assert (no_keywords.keywords, no_keywords.score) == ((), 5)
    no_facts = read(folder, extract_metadata=False)
    assert (no_facts.media, no_facts.score, words(no_facts, "caption")) == (
        {"type": "image", "format": "png"},
        5,
        ["sea"],
    )
    assert no_facts.provenance.keys() == {"score"}


def test_where_nothing_was_asked_for_nothing_is_opened(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise AssertionError("looked")

    folder.put("a.txt", b"sea")
    monkeypatch.setattr(sidecars, "read", forbidden)
    assert read(folder, extract_metadata=False, extract_keywords=False, import_scores=False).warnings == ()


@pytest.mark.parametrize(
    ("rule", "score", "source"),
    [
        (ConflictRule.NEWEST, 2, "xmp:sidecar"),
        (ConflictRule.HIGHEST, 5, "scores:sidecar"),
        (ConflictRule.SIDECAR, 2, "xmp:sidecar"),
        (ConflictRule.DATABASE, 2, "xmp:sidecar"),
    ],
)
def test_the_rule_decides_between_sidecars(folder: Folder, rule: ConflictRule, score: int, source: str) -> None:
    folder.put(".scores/a.png.json", b'{"score": 5, "updated": "2024-01-01T00:00:00Z"}')
    folder.put("a.xmp", packet('xmp:Rating="2" xmp:MetadataDate="2024-01-02T00:00:00Z"'))
    outcome = read(folder, conflict_rule=rule)
    assert (outcome.score, outcome.provenance["score"]["source"]) == (score, source)
    [conflict] = outcome.conflicts
    assert (conflict["field"], conflict["rule"], conflict["chosen"]) == ("score", rule.value, score)
    assert {entry["value"] for entry in conflict["values"]} == {2, 5}


def test_index_opens_nothing(folder: Folder) -> None:
    folder.put(".scores/a.png.json", b'{"score": 5}')
    assert folder.outcome("a.png", PICTURE, tier=Tier.INDEX).score is None


def test_names_that_are_not_utf8(folder: Folder) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    folder.put(name, PICTURE)
    folder.put(f"{name}.xmp", packet())
    folder.put(f".scores/{name}.json", b'{"score": 4}')
    folder.put(os.fsdecode(b"caf\xe9.txt"), b"sea")
    outcome = folder.outcome(name, tier=Tier.METADATA)
    assert (outcome.score, words(outcome, "caption"), outcome.conflicts) == (4, ["sea"], ())


def test_what_is_no_text_is_a_warning(folder: Folder) -> None:
    folder.put("a.txt", b"\x89PNG\0\1\2")
    outcome = read(folder)
    assert words(outcome, "caption") == []
    assert warned(outcome) == "the sidecar 'a.txt' was ignored: it holds no text"


def test_a_graph_nested_without_end_costs_only_itself(folder: Folder) -> None:
    folder.put("a.json", b'{"nodes": [], "links": ' + b"[" * 50_000 + b"]" * 50_000 + b"}")
    folder.put("a.txt", b"sea")
    outcome = read(folder)
    assert words(outcome, "caption") == ["sea"]
    assert (
        warned(outcome)
        == "the sidecar 'a.json' was ignored: its JSON is nested far deeper than 100 levels (json_depth)"
    )
