"""How fast the catalog takes files, knows them again and finds them: prints tables and writes one JSON.

    ./scripts/bench catalog [--only rescan commit alike page journal] [--files 200000] [--among 1000000]
                            [--postgres URL] [--json FILE] [--readme] [--quick]

What exactly is measured, and against what, is said where it is measured: `catalog_rescan.py`, `catalog_commit.py`,
`catalog_looking.py` (look-alikes and first pages) and `catalog_journal.py`. PostgreSQL is measured where
TALLYLIGHT_TEST_POSTGRES or `--postgres` says where one is; its schemas are made for the run and dropped afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import catalog_commit
import catalog_files
import catalog_journal
import catalog_looking
import catalog_rescan
from catalog_results import Results, table
from readme import machine, put

_LATEST: Final = Path(__file__).with_name("catalog.json")
_HEADING: Final = "Latest catalog"
_PARTS: Final = ("rescan", "commit", "alike", "page", "journal")
#: Of a run that shows that it works: nothing of it is kept.
_QUICK: Final = {"files": 2000, "among": 20_000, "committed": 1000, "rounds": 2}


def main() -> None:
    """Parse the command line, measure, report."""
    asked = _arguments()
    versions = f"{machine()}; Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    results = Results(date=f"{datetime.now(UTC):%Y-%m-%d}", machine=versions)
    with tempfile.TemporaryDirectory(prefix="tallylight-catalog-", dir=asked.scratch) as scratch:
        _measure(results, asked, Path(scratch))
    print(table(results))
    if asked.quick:
        return
    asked.json.write_text(json.dumps(results.as_json(), indent=2) + "\n")
    if asked.readme:
        put(_HEADING, table(results))


def _measure(results: Results, asked: argparse.Namespace, scratch: Path) -> None:
    _say("Reading the demo archive …")
    templates = catalog_files.templates(scratch / "demo")
    kinds = ("sqlite", "postgresql") if asked.postgres else ("sqlite",)
    if "journal" in asked.only:
        _say("Journal …")
        results.sizes.append(catalog_journal.measure(templates, asked.committed, scratch))
    for kind in kinds:
        if "commit" in asked.only:
            _say(f"Commits, {kind} …")
            given = (kind, templates, asked.committed, asked.rounds, scratch, asked.postgres)
            results.commits.append(catalog_commit.measure(*given))
        if "alike" in asked.only:
            _say(f"Look-alikes among {asked.among:,}, {kind} …")
            results.alikes.append(catalog_looking.alike(kind, asked.among, scratch, asked.postgres))
        if "page" in asked.only:
            _say(f"First pages of {asked.among:,}, {kind} …")
            results.pages.append(catalog_looking.pages(kind, templates, asked.among, scratch, asked.postgres))
    if "rescan" in asked.only:
        for files in asked.files:
            _say(f"Rescan of {files:,} files …")
            results.rescans.append(catalog_rescan.measure(templates, files, asked.rounds, scratch / str(files)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how fast the catalog takes, knows and finds files.")
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=_PARTS, help="measure these parts (default: all)")
    parser.add_argument(
        "--files", type=int, nargs="+", default=[200_000], help="files to scan again (default 200000; also 1000000)"
    )
    parser.add_argument("--among", type=int, default=1_000_000, help="hashes, and files of a preview (default 1000000)")
    parser.add_argument("--committed", type=int, default=10_000, help="files of a commit (default 10000)")
    parser.add_argument("--rounds", type=int, default=5, help="times that each is measured in turn (default 5)")
    parser.add_argument(
        "--postgres", default=os.environ.get("TALLYLIGHT_TEST_POSTGRES", ""), help="URL of a PostgreSQL"
    )
    parser.add_argument(
        "--scratch", type=Path, help="where files and databases are made (default: as for all programs)"
    )
    parser.add_argument("--json", type=Path, default=_LATEST, help="where the JSON goes (default: catalog.json)")
    parser.add_argument("--readme", action="store_true", help="write the tables to README.md too")
    parser.add_argument("--quick", action="store_true", help="a few files, to see that it works: nothing is kept")
    asked = parser.parse_args()
    if asked.quick:
        vars(asked).update(_QUICK, files=[_QUICK["files"]])
    return asked


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
