"""Extractors of other packages: declared, examined, asked, read by."""

from __future__ import annotations

import errno
import itertools
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.distributions import distribution
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder

from tallylight.extractors import Claim, Extractor, Findings, Reason, Unreadable
from tallylight.ingest.extract import plugins
from tallylight.ingest.extract.limits import LIMITS
from tallylight.ingest.extract.plugins import Declared, Installed, declared, examine, load, recognised
from tallylight.model import Json, Outcome, OutcomeKind, Tier

SOUND = """
from tallylight.extractors import Findings

class Odd:
    name, type, suffixes = "odd", "image", {".odd"}

    def recognises(self, head):
        return head.startswith(b"ODD")

    def read(self, source, *, full, limits):
        return Findings(media={"width": 3, "height": 2})

odd = Odd()
class Holder:
    inside = odd
"""

numbers = itertools.count()


class Module:
    """Modules of a package that is on the path; each has a name of its own, since a process imports a name once."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        folder.mkdir()
        monkeypatch.syspath_prepend(folder)

    def declared(self, text: str, attribute: str = "Odd") -> Declared:
        name = f"odd_extractor_{next(numbers)}"
        (self.folder / f"{name}.py").write_text(text)
        return Declared("odd", f"{name}:{attribute}", "odd-package", "1.0")

    def installed(self, text: str) -> Installed:
        found = examine(self.declared(text))
        assert isinstance(found, Installed), found
        return found


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Module:
    return Module(tmp_path / "site", monkeypatch)


def altered(text: str, *changes: tuple[str, str]) -> str:
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return text


# --- declared and examined ---------------------------------------------------------------------------------------


def test_what_packages_declare_is_found_by_name_and_nothing_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = distribution(tmp_path / "site", "a-package", {}, {"second": "nowhere:B", "first": "nowhere.at:all"})
    monkeypatch.syspath_prepend(folder)
    assert [one for one in declared() if one.package == "a-package"] == [
        Declared("first", "nowhere.at:all", "a-package", "1.0"),
        Declared("second", "nowhere:B", "a-package", "1.0"),
    ]


@pytest.mark.parametrize("attribute", ["Odd", "odd", "Holder.inside"])
def test_a_class_or_an_object_that_keeps_the_protocol_is_installed(module: Module, attribute: str) -> None:
    one = module.declared(SOUND, attribute)
    found = examine(one)
    assert found == Installed(one, "odd", "image", frozenset({".odd"}))
    assert pickle.loads(pickle.dumps(found)) == found
    assert isinstance(load(one.value), Extractor)
    assert load(one.value) is load(one.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(
            "import nothing_like_it", "It cannot be imported: No module named 'nothing_like_it'.", id="import"
        ),
        pytest.param("1 / 0", "division by zero", id="raises"),
        pytest.param("def", "invalid syntax", id="syntax"),
        pytest.param("", "has no attribute 'Odd'", id="no such attribute"),
        pytest.param("Odd = 5", "it needs name, type, suffixes, recognises and read", id="something else"),
        pytest.param("class Odd: name = 'odd'", "it needs name, type, suffixes", id="half of it"),
        pytest.param("class Odd:\n def __init__(self, more): pass", "missing 1 required", id="arguments"),
        pytest.param(
            altered(SOUND, ('"odd", "image"', '"Odd!", "image"')), "its name 'Odd!' is not made of", id="name"
        ),
        pytest.param(altered(SOUND, ('"odd", "image"', '5, "image"')), "its name 5 is not made of", id="no name"),
        pytest.param(altered(SOUND, ('"image"', '"sound"')), "its type is 'sound'", id="type"),
        pytest.param(altered(SOUND, ('{".odd"}', "()")), "it names no suffix", id="no suffix"),
        pytest.param(altered(SOUND, ('{".odd"}', '{"odd"}')), "'odd' is no suffix", id="no dot"),
        pytest.param(altered(SOUND, ('{".odd"}', '{".ODD"}')), "'.ODD' is no suffix", id="upper case"),
        pytest.param(altered(SOUND, ('{".odd"}', '{".tar.gz"}')), "'.tar.gz' is no suffix", id="two dots"),
        pytest.param(altered(SOUND, ('{".odd"}', "{5}")), "5 is no suffix", id="number"),
        pytest.param(altered(SOUND, ('{".odd"}', "7")), "not iterable", id="no collection"),
        pytest.param(altered(SOUND, ('{".odd"}', '{".png"}')), ".png are read by Tallylight itself", id="taken"),
        pytest.param(altered(SOUND, ('head.startswith(b"ODD")', "None")), "answer True or False", id="no answer"),
        pytest.param(altered(SOUND, ('head.startswith(b"ODD")', "head[9]")), "index out of range", id="short head"),
    ],
)
def test_what_does_not_keep_the_protocol_is_told_in_a_sentence(module: Module, text: str, why: str) -> None:
    sentence = examine(module.declared(text))
    assert isinstance(sentence, str)
    assert why in sentence
    assert sentence.startswith("It ")
    assert sentence.endswith(".")


def test_one_suffix_may_be_given_as_text(module: Module) -> None:
    assert module.installed(altered(SOUND, ('{".odd"}', '".odd"'))).suffixes == {".odd"}


# --- asked -------------------------------------------------------------------------------------------------------


def test_who_is_asked_about_a_file(module: Module) -> None:
    odd = module.installed(SOUND)
    even = module.installed(altered(SOUND, ("odd", "even"), ('b"ODD"', 'b"EVEN"'), ("Odd", "Odd")))
    both = (odd, even)
    assert recognised(both, b"ODD", ".odd") is odd
    assert recognised(both, b"EVEN", ".odd") is even, "the bytes decide"
    assert recognised(both, b"EVEN", ".png") is even
    assert recognised(both, b"neither", ".odd") is None
    assert recognised(both, b"", ".odd") is None
    assert recognised((), b"ODD", ".odd") is None


def test_bytes_that_are_known_are_offered_only_under_a_promised_suffix(module: Module) -> None:
    greedy = module.installed(altered(SOUND, ('head.startswith(b"ODD")', "True")))
    assert recognised([greedy], b"II*\0 a raw file that is a TIFF", ".odd") is greedy
    assert recognised([greedy], b"II*\0", ".tif") is None
    assert recognised([greedy], b"\x89PNG\r\n\x1a\n", ".png") is None


# --- whole files -------------------------------------------------------------------------------------------------


class Behaving:
    """An extractor of this process, whose reading is given."""

    name = "odd"
    type = "image"
    suffixes = frozenset({".odd"})

    def __init__(self, reads: Callable[..., Any]) -> None:
        self.read = reads

    def recognises(self, head: bytes) -> bool:
        return head.startswith(b"ODD")


@pytest.fixture
def outcome(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """The outcome of a file that is read so."""
    one = Installed(Declared("odd", "odd:Odd", "p", "1"), "odd", "image", frozenset({".odd"}))

    def read(reads: Callable[..., Any], name: str = "a.odd", tier: Tier = Tier.FULL) -> Outcome:
        monkeypatch.setattr(plugins, "load", lambda _value: Behaving(reads))
        return folder.outcome(name, b"ODD bytes", tier, extractors=(one,))

    return read


def facts(found: Outcome) -> Json:
    """What the extractor itself told: every file has a date, if only that of its last change."""
    return {name: value for name, value in found.media.items() if not name.startswith("created_at")}


def test_what_it_finds_becomes_an_outcome_like_any_other(outcome: Callable[..., Outcome], folder: Folder) -> None:
    def reads(source: Any, *, full: bool, limits: Any) -> Findings:
        assert (source.stream().read(), source.data, full) == (b"ODD bytes", b"ODD bytes", True)
        assert limits == LIMITS
        return Findings(
            media={"width": 3000, "height": 2000, "lens": "wide", "format": "mine", "type": "mine"},
            texts=[("parameters", "a cat\nSteps: 2")],
            small=build.scene(3000, 2000),
            warnings=["a little odd"],
        )

    found = outcome(reads)
    assert found.kind is OutcomeKind.EXTRACTED
    assert facts(found) == {"type": "image", "format": "odd", "width": 3000, "height": 2000, "lens": "wide"}
    assert found.generation["prompt"] == "a cat"
    assert [keyword["text"] for keyword in found.keywords] == ["a cat", "landscape", "3000x2000"]
    assert found.warnings == ("a little odd",)
    assert found.has_thumbnail
    assert found.sha256 is not None
    with Image.open(folder.thumbnails.path(found.sha256)) as thumbnail:
        assert thumbnail.size == (256, 171)
    assert found.phash


def test_under_another_name_it_is_read_with_a_warning(outcome: Callable[..., Outcome]) -> None:
    found = outcome(lambda *_, **__: Findings(media={}), "a.png")
    assert facts(found) == {"type": "image", "format": "odd"}
    assert found.warnings == ("named .png but is an odd",)


@pytest.mark.parametrize("among", ["small", "frames"])
def test_its_pictures_are_scored_like_any_other(folder: Folder, monkeypatch: pytest.MonkeyPatch, among: str) -> None:
    picture = build.scene(900, 700)

    def reads(_source: Any, *, full: bool, limits: Any) -> Findings:
        given = picture.copy()
        return Findings(media={}, small=given, frames=[given] if among == "frames" else [])

    monkeypatch.setattr(plugins, "load", lambda _value: Behaving(reads))
    one = Installed(Declared("odd", "odd:Odd", "p", "1"), "odd", "image", frozenset({".odd"}))
    own = folder.outcome("a.png", build.png(image=picture), detect_nsfw=True)
    found = folder.outcome("a.odd", b"ODD", detect_nsfw=True, extractors=(one,))
    assert own.nsfw_score is not None
    assert (found.nsfw_score, found.nsfw_model) == (own.nsfw_score, own.nsfw_model)
    assert found.phash == own.phash
    assert folder.outcome("a.odd", extractors=(one,)).nsfw_score is None


def test_without_a_picture_there_is_no_score(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "load", lambda _value: Behaving(lambda *_, **__: Findings(media={})))
    one = Installed(Declared("odd", "odd:Odd", "p", "1"), "odd", "image", frozenset({".odd"}))
    found = folder.outcome("a.odd", b"ODD", detect_nsfw=True, extractors=(one,))
    assert (found.kind, found.nsfw_score, found.warnings) == (OutcomeKind.EXTRACTED, None, ())


def test_in_tier_metadata_nothing_is_decoded_or_hashed(outcome: Callable[..., Outcome]) -> None:
    def reads(source: Any, *, full: bool, limits: Any) -> Findings:
        assert not full
        assert source.data is None
        return Findings(media={"width": 1, "height": 1})

    assert outcome(reads, tier=Tier.METADATA).sha256 is None


@pytest.mark.parametrize("type_", ["image", "video"])
def test_tier_index_knows_its_type_by_the_suffix(folder: Folder, module: Module, type_: str) -> None:
    one = module.installed(altered(SOUND, ('"image"', f'"{type_}"')))
    assert folder.outcome("a.ODD", tier=Tier.INDEX, extractors=(one,)).media == {"type": type_}


def test_kinds_that_are_known_never_come_to_it(outcome: Callable[..., Outcome], folder: Folder) -> None:
    def never(*_: Any, **__: Any) -> Findings:
        raise AssertionError("asked")

    outcome(never)
    one = Installed(Declared("odd", "odd:Odd", "p", "1"), "odd", "image", frozenset({".odd"}))
    found = folder.outcome("b.odd", build.png(), extractors=(one,))
    assert (found.media["format"], found.warnings) == ("png", ("named .odd but is a PNG",))


def raising(error: BaseException) -> Callable[..., Any]:
    def reads(*_: Any, **__: Any) -> Any:
        raise error

    return reads


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (Unreadable(Reason.TOO_LARGE, "It is too large."), Reason.TOO_LARGE, "It is too large."),
        (ValueError("a bad number"), Reason.DAMAGED, "The extractor 'odd' could not read it: a bad number."),
        (KeyError(), Reason.DAMAGED, "The extractor 'odd' could not read it: KeyError."),
        (RecursionError(), Reason.DAMAGED, "could not read it: RecursionError"),
        (OSError("image file is truncated"), Reason.DAMAGED, "image file is truncated"),
        (OSError(errno.EINVAL, "Invalid argument"), Reason.DAMAGED, "Invalid argument"),
        (FileNotFoundError(errno.ENOENT, "No such file"), Reason.DAMAGED, "No such file"),
        (OSError(errno.EIO, "Input/output error"), Reason.IO_ERROR, "Input/output error"),
        (ValueError("\0\ud800" + "x" * 10_000), Reason.DAMAGED, "could not read it"),
    ],
)
def test_what_it_raises_is_a_reason(
    outcome: Callable[..., Outcome], error: Exception, code: Reason, message: str
) -> None:
    found = outcome(raising(error))
    assert (found.kind, found.code) == (OutcomeKind.FAILED, code)
    assert message in found.message
    assert len(found.message) <= 500
    found.message.encode()


def test_memory_is_for_the_engine_to_judge(outcome: Callable[..., Outcome]) -> None:
    with pytest.raises(MemoryError):
        outcome(raising(MemoryError()))


def test_a_file_that_it_stumbles_over_when_asked_is_damaged(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stumbling(Behaving):
        def recognises(self, head: bytes) -> bool:
            raise IndexError("head too short")

    monkeypatch.setattr(plugins, "load", lambda _value: Stumbling(raising(AssertionError())))
    one = Installed(Declared("odd", "odd:Odd", "p", "1"), "odd", "image", frozenset({".odd"}))
    found = folder.outcome("a.odd", b"??", extractors=(one,))
    assert (found.code, found.message) == (
        Reason.DAMAGED,
        "The extractor 'odd' could not read it: head too short.",
    )
    assert folder.outcome("b.png", build.png(), extractors=(one,)).kind is OutcomeKind.EXTRACTED


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (None, "it gave NoneType instead of Findings"),
        ({"media": {}}, "it gave dict instead of Findings"),
        (Findings(media={}, small=b"pixels"), "it gave bytes instead of a picture"),  # type: ignore[arg-type]
        (Findings(media={}, texts=[("a", 5)]), "it gave int where a text belongs"),  # type: ignore[list-item]
        (Findings(media={}, warnings=[None]), "it gave NoneType where a text belongs"),  # type: ignore[list-item]
        (Findings(media={}, claims=["x"]), "it gave str instead of a claim"),  # type: ignore[list-item]
        (Findings(media={}, xmp=["<x/>"]), "too long, or no bytes"),  # type: ignore[list-item]
        (Findings(media={}, iptc=b"x" * (LIMITS.chunk + 1)), "too long, or no bytes"),
        (Findings(media={}, pixel_sha256="ABC"), "no SHA-256"),
        (Findings(media={"x": ["y" * 100_000] * 50}), "more facts than a file may have"),
        (Findings(media=5), "not iterable"),  # type: ignore[arg-type]
    ],
)
def test_findings_that_are_none_are_a_damaged_file(outcome: Callable[..., Outcome], found: Any, why: str) -> None:
    failed = outcome(lambda *_, **__: found)
    assert (failed.kind, failed.code) == (OutcomeKind.FAILED, Reason.DAMAGED)
    assert why in failed.message


def test_findings_are_cleaned_and_kept_within_the_limits(outcome: Callable[..., Outcome]) -> None:
    found = outcome(
        lambda *_, **__: Findings(
            media={
                "width": -5,
                "height": "12",
                "duration": float("nan"),
                "created_at": 5,
                "deep": {7: "\0\ud800", "a": None},
            },
            texts=[("k" * 200, "\ud800text")] + [("same", str(number)) for number in range(LIMITS.texts + 5)],
            warnings=["one\0\nline"] + [str(number) for number in range(50)],
            frames=[build.scene()] * 9,
            claims=[Claim("score\0", {"a": float("inf")}, "odd", float("nan"))],
        )
    )  # fmt: skip
    assert facts(found) == {"type": "image", "format": "odd", "height": 12, "deep": {"7": "\ufffd", "a": None}}
    assert len(found.texts) == LIMITS.texts
    assert len(found.warnings) == LIMITS.warnings
    assert found.warnings[0] == "one line"


def test_an_extractor_that_left_since_the_start_is_a_damaged_file(folder: Folder) -> None:
    gone = Installed(Declared("odd", "gone_since_the_start:Odd", "p", "1"), "odd", "image", frozenset({".odd"}))
    found = folder.outcome("a.odd", b"ODD", extractors=(gone,))
    assert found.code is Reason.DAMAGED
    assert "gone_since_the_start" in found.message


def test_all_a_worker_needs_travels_by_name(module: Module, folder: Folder) -> None:
    one = module.installed(SOUND)
    options = pickle.loads(pickle.dumps(folder.options(extractors=(one,))))
    assert options == folder.options(extractors=(one,))
    assert replace(options.extractors[0], name="other") != one
