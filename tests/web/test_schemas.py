"""What requests may hold, and how each mistake is named."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tallylight.errors import BadFolder, BadParameters
from tallylight.model import Parameters, Tier
from tallylight.roots import Roots, escape
from tallylight.web.schemas import CommitRequest, Folders, ProcessRequest


def parameters(roots: Roots, **asked: Any) -> Parameters:
    return ProcessRequest.model_validate({"parameters": asked}).parameters.to_parameters(roots)


def mistake(**asked: Any) -> str:
    """Where and why these parameters are refused."""
    with pytest.raises(ValidationError) as caught:
        ProcessRequest.model_validate({"parameters": asked})
    (error,) = caught.value.errors()
    return f"{'.'.join(map(str, error['loc']))}: {error['msg']}"


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    for name in ("media/a/inner", "media/b", "media/ab", "outside"):
        (tmp_path / name).mkdir(parents=True)
    return Roots.of(tmp_path / "media")


@pytest.fixture
def media(tmp_path: Path) -> str:
    return str((tmp_path / "media").resolve())


def test_defaults_are_those_of_the_model(roots: Roots, media: str) -> None:
    assert parameters(roots, directory=f"{media}/a") == Parameters(directories=(f"{media}/a",))


def test_every_field_arrives(roots: Roots, media: str) -> None:
    assert parameters(
        roots,
        directories=[f"{media}/a", f"{media}/b"],
        pattern="*.png",
        tier="metadata",
        enable_nsfw_detection=True,
        nsfw_threshold=1,
        extract_metadata=False,
        extract_keywords=False,
        import_scores=False,
        skip_existing=False,
        max_files=0,
    ) == Parameters(
        directories=(f"{media}/a", f"{media}/b"),
        pattern="*.png",
        tier=Tier.METADATA,
        enable_nsfw_detection=True,
        nsfw_threshold=1.0,
        extract_metadata=False,
        extract_keywords=False,
        import_scores=False,
        skip_existing=False,
        max_files=0,
    )


def test_directory_and_directories_are_both_scanned_and_no_file_twice(roots: Roots, media: str) -> None:
    asked = parameters(
        roots,
        directory=f"{media}/a/inner",
        directories=[f"{media}/b", f"{media}/a", f"{media}/ab", f"{media}/b/", f"{media}/a/../b"],
    )
    assert asked.directories == (f"{media}/b", f"{media}/a", f"{media}/ab")


def test_a_link_inside_the_roots_is_the_folder_it_names(roots: Roots, media: str) -> None:
    (Path(media) / "link").symlink_to("a")
    assert parameters(roots, directories=[f"{media}/link", f"{media}/a"]).directories == (f"{media}/a",)


def test_a_name_that_is_not_utf8_travels_escaped(roots: Roots, media: str) -> None:
    odd = Path(media) / "caf\udce9"
    odd.mkdir()
    assert parameters(roots, directory=escape(odd)).directories == (f"{media}/caf\\xe9",)


@pytest.mark.parametrize("asked", [{}, {"directory": None}, {"directories": []}])
def test_no_folder_at_all(roots: Roots, asked: dict[str, Any]) -> None:
    with pytest.raises(BadParameters, match="name at least one"):
        parameters(roots, **asked)


@pytest.mark.parametrize("folder", ["/media/../outside", "/media/missing", "/media/\0", "relative"])
def test_a_folder_that_cannot_be_scanned(roots: Roots, tmp_path: Path, folder: str) -> None:
    with pytest.raises(BadFolder):
        parameters(roots, directory=f"{tmp_path}{folder}" if folder.startswith("/") else folder)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"max_file": 3}, "parameters: has no field max_file; did you mean max_files?"),
        ({"zzz": 3}, "parameters: has no field zzz; known are directory, directories, pattern"),
        ({"\ud800": 3}, "parameters: has no field \\ud800; known are"),
        ({"max_files": -1}, "parameters.max_files: Input should be greater than or equal to 0"),
        ({"max_files": 1.5}, "parameters.max_files:"),
        ({"max_files": "7"}, "parameters.max_files:"),
        ({"max_files": True}, "parameters.max_files:"),
        ({"max_files": 2**60}, "parameters.max_files:"),
        ({"skip_existing": "yes"}, "parameters.skip_existing:"),
        ({"skip_existing": None}, "parameters.skip_existing:"),
        ({"extract_metadata": 1}, "parameters.extract_metadata:"),
        ({"tier": "deep"}, "parameters.tier: Input should be 'index', 'metadata' or 'full'"),
        ({"directory": 7}, "parameters.directory:"),
        ({"directory": ""}, "parameters.directory: String should have at least 1 character"),
        ({"directory": "/" + "x" * 20_000}, "parameters.directory:"),
        ({"directories": "/media"}, "parameters.directories:"),
        ({"directories": ["/x"] * 101}, "parameters.directories:"),
        ({"directories": ["/x", None]}, "parameters.directories.1:"),
        ({"directory": "/\ud800"}, "parameters.directory: Input should be a valid string, unable to parse"),
        ({"pattern": "*" * 1001}, "parameters.pattern:"),
    ],
)
def test_a_mistake_is_named_where_it_is(asked: dict[str, Any], told: str) -> None:
    assert mistake(**asked).startswith(told)


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan"), float("inf"), "0.5", True, None])
def test_the_threshold_is_a_number_from_0_to_1(threshold: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        ProcessRequest.model_validate({"parameters": {"nsfw_threshold": threshold}})
    assert {error["loc"][:2] for error in caught.value.errors()} == {("parameters", "nsfw_threshold")}


@settings(deadline=None, max_examples=50)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_a_request_or_a_validation_error(body: Any) -> None:
    for model in (ProcessRequest, CommitRequest):
        for sent in (body, {"parameters": body}, {"session_id": body}):
            with suppress(ValidationError):
                assert model.model_validate(sent).model_fields_set <= {"parameters", "session_id"}


def test_a_commit_names_its_session() -> None:
    assert CommitRequest.model_validate({"session_id": "x"}).session_id == "x"
    for wrong in ({}, {"session_id": ""}, {"session_id": 7}, {"session_id": "x", "force": True}):
        with pytest.raises(ValidationError):
            CommitRequest.model_validate(wrong)


def test_file_types_are_asked_for_with_a_bare_list() -> None:
    folders: TypeAdapter[list[str]] = TypeAdapter(Folders)
    assert folders.validate_python(["/a"]) == ["/a"]
    for wrong in ([], "/a", [7], {"folders": ["/a"]}, ["/a"] * 101, ["/\udfff"]):
        with pytest.raises(ValidationError):
            folders.validate_python(wrong)


def test_the_schema_tells_what_each_field_is_for() -> None:
    schema = ProcessRequest.model_json_schema()
    fields = schema["$defs"]["ProcessParameters"]["properties"]
    assert all(field.get("description") for field in fields.values())
    assert schema["$defs"]["ProcessParameters"]["additionalProperties"] is False
    json.dumps(schema)
