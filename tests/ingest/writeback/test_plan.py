"""Which sidecars are written, and which are left alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tallylight.catalog import USER, CommitItem
from tallylight.catalog.memory import MemoryCatalog
from tallylight.ingest.extract import xmp
from tallylight.ingest.writeback import Target, Totals, WriteBack, run
from tallylight.model import Json, Outcome, OutcomeKind
from tallylight.roots import Roots, escape

pytestmark = pytest.mark.anyio

PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{}"/></rdf:RDF></x:xmpmeta>'
)


@dataclass(frozen=True, slots=True)
class Desk:
    """A folder with committed pictures."""

    root: Path
    catalog: MemoryCatalog

    def commit(self, name: str, source: str = USER, **fields: Any) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a picture")
        provenance = {field: {"source": source, "at": 1_700_000_000.0} for field in fields}
        outcome = Outcome(root=str(self.root), file=name, kind=OutcomeKind.EXTRACTED, provenance=provenance, **fields)
        self.catalog.commit("s-1", [CommitItem(1, escape(path), outcome)], 1.0)
        return path

    async def run(self, target: Target = Target.SCORES, *, dry: bool = False) -> Totals:
        roots = Roots((str(self.root),))
        job = WriteBack(catalog=self.catalog, roots=roots, target=target, now=lambda: 9.0, dry=dry)
        return await run(job, [medium.media_id for medium in self.catalog.media(limit=10_000)])

    def files(self) -> set[str]:
        return {str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()}

    def scores(self, name: str) -> Json:
        body: Json = json.loads((self.root / ".scores" / f"{name}.json").read_text())
        return body


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "root").mkdir()
    return Desk(tmp_path / "root", MemoryCatalog())


async def test_a_dry_run_tells_and_writes_nothing(desk: Desk) -> None:
    desk.commit("a.png", score=4, favourite=True)
    totals = await desk.run(dry=True)
    (change,) = totals.changes
    assert change.as_json() == {
        "media_id": 1,
        "path": f"{desk.root}/a.png",
        "sidecar": f"{desk.root}/.scores/a.png.json",
        "is_new": True,
        "score": [None, 4],
        "favourite": [None, True],
    }
    assert desk.files() == {"a.png"}
    assert not (desk.root / ".scores").exists()


@pytest.mark.parametrize("target", list(Target))
async def test_written_once_it_is_the_same_from_then_on(desk: Desk, target: Target) -> None:
    picture = desk.commit("a.png", score=4)
    desk.commit(r"caf\xe9.png", score=-1)
    before = picture.stat()
    first, second = await desk.run(target), await desk.run(target)
    assert (first.written, first.same, second.written, second.same) == (2, 0, 0, 2)
    assert (picture.stat().st_mtime_ns, picture.read_bytes()) == (before.st_mtime_ns, b"a picture")


async def test_what_is_said_elsewhere_needs_no_sidecar(desk: Desk) -> None:
    desk.commit("in_the_file.png", "xmp", score=4)
    desk.commit("unrated.png", score=0, favourite=False)
    desk.commit("unknown.png")
    desk.commit("in_xmp.png", "xmp:sidecar", score=3)
    (desk.root / "in_xmp.png.xmp").write_text(PACKET.format(3))
    totals = await desk.run()
    assert (totals.written, totals.same, totals.total) == (0, 4, 4)


async def test_what_is_said_otherwise_is_written(desk: Desk) -> None:
    desk.commit("beside.png", "xmp", score=4)
    (desk.root / "beside.png.xmp").write_text(PACKET.format(2))
    desk.commit("gone.png", "scores:sidecar", score=5)
    desk.commit("own.png", score=0)
    (desk.root / ".scores").mkdir()
    (desk.root / ".scores" / "own.png.json").write_text('{"score": 2, "mine": 1}')
    assert (await desk.run()).written == 3
    assert desk.scores("beside.png")["score"] == 4
    assert desk.scores("gone.png")["score"] == 5
    assert desk.scores("own.png") == {"score": 0, "mine": 1, "updated": "2023-11-14T22:13:20+00:00"}


async def test_the_xmp_that_is_there_is_changed_under_its_name(desk: Desk) -> None:
    for name in ("adobe", "version", "shared", "none"):
        desk.commit(f"{name}.png", score=4)
    desk.commit("shared.jpg")
    for name in ("adobe.xmp", "version_01.png.xmp", "shared.xmp"):
        (desk.root / name).write_text(PACKET.format(1))
    totals = await desk.run(Target.XMP)
    written = {Path(change.sidecar).name: change.is_new for change in totals.changes}
    assert written == {"adobe.xmp": False, "version_01.png.xmp": False, "shared.png.xmp": True, "none.png.xmp": True}
    assert all(xmp.read((desk.root / name).read_bytes()).rating == 4 for name in written)
    assert (desk.root / "shared.xmp").read_text() == PACKET.format(1)


async def test_each_that_cannot_be_written_is_told_and_costs_no_other(desk: Desk, tmp_path: Path) -> None:
    for name in ("broken", "doctype", "huge", "link", "good"):
        desk.commit(f"{name}.png", score=4)
    desk.commit("vanished.png", score=4).unlink()
    outside = tmp_path / "outside.xmp"
    outside.write_text(PACKET.format(1))
    (desk.root / "broken.png.xmp").write_text("<x")
    (desk.root / "doctype.png.xmp").write_text("<!DOCTYPE x>" + PACKET.format(1))
    (desk.root / "huge.png.xmp").write_bytes(b" " * (5 << 20))
    (desk.root / "link.png.xmp").symlink_to(outside)
    totals = await desk.run(Target.XMP)
    assert (totals.written, totals.failed, totals.total) == (1, 5, 6)
    said = {Path(failure.path).stem: failure.message for failure in totals.failures}
    assert "is damaged" in said["broken"]
    assert "DOCTYPE" in said["doctype"]
    assert "longer than" in said["huge"]
    assert "leads out of the folders" in said["link"]
    assert "not there any more" in said["vanished"]
    assert outside.read_text() == PACKET.format(1)


async def test_files_outside_the_roots_are_left_alone(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    other = Desk(tmp_path / "elsewhere", desk.catalog)
    other.commit("a.png", score=4)
    totals = await desk.run()
    assert "outside the folders that may be written" in totals.failures[0].message
    assert other.files() == {"a.png"}
