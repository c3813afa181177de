"""The folders that faults are shown on: a seed decides every file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from random import Random

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tallylight.samples.damage import ERROR_PAGE, cut

#: Matches what the earlier session takes.
EARLY = "early_*"
_FOLDERS = ("", "day_1", "day_1/raw", "day_2", "späte Bilder 📷", "a\\xff b")
#: A moment long ago; the files changed later get another one.
_WRITTEN = 1_700_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A tree of a few hundred tiny pictures, some of which can never be read."""

    root: Path
    names: tuple[str, ...]  #: of all candidates, below the root
    early: int  #: how many of them an earlier session has committed
    changed: tuple[str, ...]  #: those of the early ones that were rewritten since
    bad: tuple[str, ...]  #: those that fail, none of them early

    @property
    def left(self) -> int:
        """Candidates of the session that a fault strikes."""
        return len(self.names) - self.early + len(self.changed)

    @property
    def good(self) -> int:
        """Those of them that are extracted."""
        return self.left - len(self.bad)


def build(root: Path, seed: int) -> Corpus:
    """Make the tree, as the earlier session finds it: `rewrite` then changes what is to be changed."""
    rng = Random(seed)
    early = [_name(rng, f"early_{number:03}.png") for number in range(rng.randint(40, 80))]
    late = [_name(rng, f"late_{number:03}.png") for number in range(rng.randint(280, 340))]
    for number, name in enumerate((*early, *late)):
        # Every twentieth has the bytes of one before it.
        _picture(root / name, number - number % 20 if number % 20 == 19 else number)
    bad = rng.sample(late, 12)
    for number, name in enumerate(bad):
        _spoil(root / name, number)
    for name in rng.sample([name for name in late if name not in bad], 10):
        _sidecar(root / name, rng.randint(1, 5))
    changed = tuple(sorted(rng.sample(early, 15)))
    return Corpus(root=root, names=(*early, *late), early=len(early), changed=changed, bad=tuple(bad))


def rewrite(corpus: Corpus) -> None:
    """Give the changed files new contents and times."""
    for number, name in enumerate(corpus.changed, 10_000):
        _picture(corpus.root / name, number)


def _name(rng: Random, name: str) -> str:
    return os.path.join(rng.choice(_FOLDERS), name)  # noqa: PTH118 (an empty folder must not become a dot)


def _picture(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = PngInfo()
    texts.add_text("parameters", f"a lighthouse, fog, number {number}\nSteps: 20, Seed: {number}, Size: 8x8")
    Image.new("RGB", (8, 8), (number % 256, number // 256, 90)).save(path, pnginfo=texts)
    os.utime(path, (_WRITTEN + number, _WRITTEN + number))


def _spoil(path: Path, number: int) -> None:
    contents = (b"", ERROR_PAGE, cut(path.read_bytes(), 0.3))
    path.write_bytes(contents[number % 3])


def _sidecar(path: Path, stars: int) -> None:
    path.with_suffix(".xmp").write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{stars}"/></rdf:RDF></x:xmpmeta>',
        encoding="utf-8",
    )
