"""Installed packages that are none: a folder on the path, with the metadata that an installer would leave."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "extractor_plugin.py"


def distribution(folder: Path, name: str, modules: dict[str, str], extractors: dict[str, str]) -> Path:
    """A package `name` 1.0 with these modules and these entry points for extractors; put `folder` on the path."""
    metadata = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    points = "".join(f"{point} = {value}\n" for point, value in extractors.items())
    (metadata / "entry_points.txt").write_text(f"[tallylight.extractors]\n{points}")
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)
    return folder


def example_distribution(folder: Path) -> Path:
    """The package that docs/how-to/write-an-extractor.md makes."""
    page = (ROOT / "docs" / "how-to" / "write-an-extractor.md").read_text()
    (table,) = re.findall(r'^\[project\.entry-points\."tallylight\.extractors"\]\n(\w+) = "(\w+):(\w+)"$', page, re.M)
    point, module, attribute = table
    return distribution(folder, "tallylight-farbfeld", {module: EXAMPLE.read_text()}, {point: f"{module}:{attribute}"})
